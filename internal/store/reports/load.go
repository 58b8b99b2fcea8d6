package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Devices returns the devices of a pinned group with ids in [lo, hi), in id order; an empty hi is
// no end. It is meant for ranges of a few thousand devices.
func (s *Store) Devices(ctx context.Context, org string, group int64, lo, hi string) ([]Device, error) {
	query, args := s.devicesFrom, []any{org, group, lo}
	if hi != "" {
		query, args = s.devicesBetween, append(args, hi)
	}
	rows, err := query.QueryContext(ctx, args...)
	all, err := database.Collect(rows, err, scanDevice)
	if err != nil {
		return nil, fmt.Errorf("reading devices of group %d from %q to %q: %w", group, lo, hi, err)
	}
	return all, nil
}

// DeviceFilter says which devices ListDevices returns.
type DeviceFilter struct {
	// After returns only ids greater than this one; empty begins with the first.
	After string
	// Name must be part of the device's name, in any case; empty matches all devices.
	Name string
	// Claims: only devices that claim something that no manager has accepted.
	Claims bool
	// AllGroups selects the devices of every group, hidden ones included. Otherwise only devices
	// whose Device.Group is in Groups are returned; 0 is no group.
	AllGroups bool
	Groups    []int64
}

// ListDevices returns up to limit devices in id order, for lists that people page through.
func (s *Store) ListDevices(ctx context.Context, org string, filter DeviceFilter, limit int) ([]Device, error) {
	query := `
		SELECT ` + deviceColumns + ` FROM device
		WHERE organization = $1 AND device.id > $2 AND name_key LIKE $3 ESCAPE '!' AND ` + filter.inGroups() + filter.claiming() + `
		ORDER BY device.id LIMIT $4`
	pattern := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(nameKey(filter.Name)) + "%"
	rows, err := s.db.Reader().QueryContext(ctx, query, org, filter.After, pattern, limit)
	all, err := database.Collect(rows, err, scanDevice)
	if err != nil {
		return nil, fmt.Errorf("listing devices after %q: %w", filter.After, err)
	}
	return all, nil
}

// inGroups returns the SQL condition on a device's group.
func (f *DeviceFilter) inGroups() string {
	if f.AllGroups {
		return "1 = 1"
	}
	return "coalesce(pinned_group, wanted_group)" + inNumbers(f.Groups)
}

// claiming returns the SQL condition on a device's claims.
func (f *DeviceFilter) claiming() string {
	if f.Claims {
		return " AND claims <> ''"
	}
	return ""
}

// CountDevices counts the stored devices, hidden ones included.
func (s *Store) CountDevices(ctx context.Context, org string) (n int64, err error) {
	const query = `SELECT count(*) FROM device WHERE organization = $1`
	if err := s.db.Reader().QueryRowContext(ctx, query, org).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting devices: %w", database.Explain(err))
	}
	return n, nil
}

// Load returns a device and all its documents as of one moment, ordered by source and section. An
// unknown device is ErrNotFound.
func (s *Store) Load(ctx context.Context, org, id string) (Device, []SourceDocument, error) {
	device, documents, _, err := s.LoadUpTo(ctx, org, id, math.MaxInt64)
	return device, documents, err
}

// LoadUpTo is Load with a limit of most bytes of documents. If there are more, whole is false and
// the last documents are missing.
func (s *Store) LoadUpTo(ctx context.Context, org, id string,
	most int64) (device Device, documents []SourceDocument, whole bool, err error) {
	whole = true
	err = s.loadEach(ctx, org, id, func(known Device, doc *SourceDocument) bool {
		device = known
		if doc == nil {
			return true
		}
		if most -= int64(len(doc.Data)); most < 0 {
			whole = false
			return false
		}
		documents = append(documents, *doc)
		return true
	})
	return device, documents, whole, err
}

// Documents yields the documents of a device one by one, ordered by source and section. An unknown
// device is ErrNotFound. Each iteration reads anew.
func (s *Store) Documents(ctx context.Context, org, id string) iter.Seq2[SourceDocument, error] {
	return func(yield func(SourceDocument, error) bool) {
		err := s.loadEach(ctx, org, id, func(_ Device, doc *SourceDocument) bool { return doc == nil || yield(*doc, nil) })
		if err != nil {
			yield(SourceDocument{}, err)
		}
	}
}

// loadEach reads a device and its documents as of one moment and calls use for each document until
// use returns false. For a device without documents use gets nil.
func (s *Store) loadEach(ctx context.Context, org, id string, use func(Device, *SourceDocument) bool) error {
	rows, err := s.load.QueryContext(ctx, org, id)
	found := false
	_, err = database.Collect(rows, err, func(rows *sql.Rows) (_ struct{}, err error) {
		device, doc, err := scanDocument(rows)
		found = true
		if err == nil && !use(device, doc) {
			err = errEnough
		}
		return struct{}{}, err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if err == nil && !found {
		err = database.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("loading device %q: %w", id, err)
	}
	return nil
}

// errEnough stops the reading of rows.
var errEnough = errors.New("enough was read")

// scanDocument reads a row of loadDevice.
func scanDocument(rows *sql.Rows) (Device, *SourceDocument, error) {
	var source sql.NullString
	var section, writer sql.NullInt64
	var hash, data []byte
	device, err := scanDeviceAnd(rows, &source, &section, &hash, &data, &writer)
	if err != nil || !source.Valid {
		return device, nil, err
	}
	doc := &SourceDocument{Source: source.String}
	doc.Section, doc.Data, doc.Own = inventory.Section(section.Int64), data,
		trust.Writer(writer.Int64) == trust.OfCredential
	return device, doc, (*database.Hash)(&doc.Hash).Scan(hash)
}

// DeviceGroup returns the Device.Group of a device. An unknown device is ErrNotFound.
func (s *Store) DeviceGroup(ctx context.Context, org, id string) (group int64, err error) {
	const query = `SELECT coalesce(pinned_group, wanted_group) FROM device WHERE organization = $1 AND id = $2`
	if err := s.db.Reader().QueryRowContext(ctx, query, org, id).Scan(&group); err != nil {
		return 0, fmt.Errorf("reading the group of device %q: %w", id, database.Explain(err))
	}
	return group, nil
}

// RemoveDevice removes a device, its documents and its credential; its receipts stay. A later
// report makes the device anew. An unknown device is ErrNotFound.
func (s *Store) RemoveDevice(ctx context.Context, org, id string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		err := access.RemoveDeviceClient(ctx, tx, org, id)
		if err == nil || errors.Is(err, database.ErrNotFound) {
			err = database.One(tx.ExecContext(ctx, `DELETE FROM device WHERE organization = $1 AND id = $2`, org, id))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("removing device %q: %w", id, err)
	}
	return nil
}
