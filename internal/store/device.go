package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// Device is a device as the store knows it.
type Device struct {
	inventory.Device
	// Group is the RBAC group that the newest generation pinned. Until
	// Assigned, when a first generation has begun, it is WantedGroup.
	Group    int64
	Assigned bool
	// WantedGroup is the group that the rules said when the device reported
	// last, or a generation began with new ones; NamedGroup is what its reports
	// named, and may be no group.
	WantedGroup int64
	NamedGroup  string
	// PublishedGroup is the group under which the newest snapshot shows the
	// device; it means nothing until Published.
	PublishedGroup int64
	Published      bool
	// FirstSeen and LastSeen are clamped times of reports; Received is the
	// server's time of the last one. All in milliseconds.
	FirstSeen, LastSeen, Received time.Time
	// Revision is that of the last report that changed anything.
	Revision int64
	// Rank is who named it. Claims is what it says of itself and nobody has
	// accepted yet.
	Rank   trust.Rank
	Claims Claims
	// Admitted is until when a manager lets it be enrolled; zero for not at all.
	Admitted time.Time
	// Hash is over identity and documents: equal hashes, equal content.
	Hash [32]byte
}

// deviceColumns are what scanDevice scans. The organization is the first parameter
// of every query of them, so that its newest snapshot is looked for once.
const deviceColumns = `
	device.id, name, os_platform, os_version, os_architecture, tags,
	wanted_group, named_group, pinned_group, ` + publishedGroup + `, first_seen, last_seen, received, revision, device.hash,
	named_by, claims, admitted`

// publishedGroup is the group under which the newest snapshot shows a device: that
// of the newest generation, unless the device was put there by one that is not
// published, or not yet. So publishing changes no device.
const publishedGroup = `
	CASE WHEN pinned_by <= (SELECT coalesce(max(s.number), 0) FROM snapshot s WHERE s.organization = $1)
		THEN pinned_group ELSE published_group END`

func scanDevice(rows *sql.Rows) (Device, error) { return scanDeviceAnd(rows) }

// scanDeviceAnd scans deviceColumns and what follows them in the query.
func scanDeviceAnd(rows *sql.Rows, more ...any) (d Device, err error) {
	var tags, claims string
	var first, last, received, admitted int64
	var pinned, published sql.NullInt64
	into := []any{
		&d.ID, &d.Name, &d.OSPlatform, &d.OSVersion, &d.OSArchitecture, &tags,
		&d.WantedGroup, &d.NamedGroup, &pinned, &published, &first, &last, &received, &d.Revision, (*hash256)(&d.Hash),
		&d.Rank, &claims, &admitted,
	}
	if err := rows.Scan(append(into, more...)...); err != nil {
		return Device{}, err
	}
	d.Group, d.Assigned = d.WantedGroup, pinned.Valid
	if d.Assigned {
		d.Group = pinned.Int64
	}
	d.PublishedGroup, d.Published = published.Int64, published.Valid
	d.FirstSeen, d.LastSeen, d.Received, d.Admitted = fromMillis(first), fromMillis(last), fromMillis(received), fromMillis(admitted)
	if d.Tags, err = decodeTags(tags); err == nil {
		err = d.Claims.decode(claims)
	}
	if err != nil {
		return Device{}, fmt.Errorf("device %q: %w", d.ID, err)
	}
	return d, nil
}

// presentGroup is Device.PresentGroup in SQL. It is spelled as in the index of
// names, which serves no other spelling.
const presentGroup = `(CASE WHEN coalesce(pinned_group, -1) = -1 THEN wanted_group ELSE pinned_group END)`

// PresentGroup is the group that the device is in at the moment, for who may
// write its reports: of a hidden one, the group that it is hidden from.
func (d *Device) PresentGroup() int64 {
	if d.Group == rbac.HiddenGroup {
		return d.WantedGroup
	}
	return d.Group
}

// A range is compared as (group, id), because SQLite would else take the index
// of all ids and read every other group's devices too. Two texts, because no
// index is searched for "no end, or before hi".
const (
	devicesFrom = `
		SELECT ` + deviceColumns + ` FROM device
		WHERE organization = $1 AND (pinned_group, device.id) >= ($2, $3) AND pinned_group <= $2
		ORDER BY pinned_group, device.id`
	devicesBetween = `
		SELECT ` + deviceColumns + ` FROM device
		WHERE organization = $1 AND (pinned_group, device.id) >= ($2, $3) AND (pinned_group, device.id) < ($2, $4)
		ORDER BY pinned_group, device.id`
)

// Devices returns the devices of a pinned group with ids in [lo, hi), in id
// order; an empty hi is no end. It is meant for ranges of a few thousand.
func (s *Store) Devices(ctx context.Context, org string, group int64, lo, hi string) ([]Device, error) {
	query, args := s.devicesFrom, []any{org, group, lo}
	if hi != "" {
		query, args = s.devicesBetween, append(args, hi)
	}
	rows, err := query.QueryContext(ctx, args...)
	all, err := collect(rows, err, scanDevice)
	if err != nil {
		return nil, fmt.Errorf("reading devices of group %d from %q to %q: %w", group, lo, hi, err)
	}
	return all, nil
}

// DeviceFilter says which devices ListDevices returns.
type DeviceFilter struct {
	// After is the id that all ids come after; empty begins with the first.
	After string
	// Name is part of the device's name, whatever the case; empty is part of
	// all.
	Name string
	// AllGroups takes the devices of every group, hidden ones too. Else Groups
	// are those whose devices count, by Device.Group; 0 is that of devices in
	// none.
	AllGroups bool
	Groups    []int64
}

// ListDevices returns up to limit devices in id order, for people to page
// through.
func (s *Store) ListDevices(ctx context.Context, org string, filter DeviceFilter, limit int) ([]Device, error) {
	query := `
		SELECT ` + deviceColumns + ` FROM device
		WHERE organization = $1 AND device.id > $2 AND name_key LIKE $3 ESCAPE '!' AND ` + filter.inGroups() + `
		ORDER BY device.id LIMIT $4`
	pattern := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(nameKey(filter.Name)) + "%"
	rows, err := s.reader.QueryContext(ctx, query, org, filter.After, pattern, limit)
	all, err := collect(rows, err, scanDevice)
	if err != nil {
		return nil, fmt.Errorf("listing devices after %q: %w", filter.After, err)
	}
	return all, nil
}

// inGroups is a condition on a device's group.
func (f *DeviceFilter) inGroups() string {
	if f.AllGroups {
		return "1 = 1"
	}
	return "coalesce(pinned_group, wanted_group)" + inNumbers(f.Groups)
}

// CountDevices counts the devices that are stored, hidden ones included.
func (s *Store) CountDevices(ctx context.Context, org string) (n int64, err error) {
	const query = `SELECT count(*) FROM device WHERE organization = $1`
	if err := s.reader.QueryRowContext(ctx, query, org).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting devices: %w", explain(err))
	}
	return n, nil
}

// loadDevice reads a device and its documents in one statement, and so at one
// moment, on every database.
const loadDevice = `
	SELECT ` + deviceColumns + `, document.source, document.section, document.hash, document.data, document.writer
	FROM device LEFT JOIN document ON document.organization = device.organization AND document.device = device.id
	WHERE device.organization = $1 AND device.id = $2
	ORDER BY document.source, document.section`

// Load returns a device and all its documents as they were at one moment,
// ordered by source and section. ErrNotFound if there is no such device.
func (s *Store) Load(ctx context.Context, org, id string) (Device, []SourceDocument, error) {
	device, documents, _, err := s.LoadUpTo(ctx, org, id, math.MaxInt64)
	return device, documents, err
}

// LoadUpTo is Load as long as the documents have so many bytes in all; whole is
// false where they have more, and the last of them are missing.
func (s *Store) LoadUpTo(ctx context.Context, org, id string, most int64) (device Device, documents []SourceDocument, whole bool, err error) {
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

// Documents yields the documents of a device one by one, ordered by source and
// section; ErrNotFound if there is no such device. Going through them again gives
// what there is then.
func (s *Store) Documents(ctx context.Context, org, id string) iter.Seq2[SourceDocument, error] {
	return func(yield func(SourceDocument, error) bool) {
		err := s.loadEach(ctx, org, id, func(_ Device, doc *SourceDocument) bool { return doc == nil || yield(*doc, nil) })
		if err != nil {
			yield(SourceDocument{}, err)
		}
	}
}

// loadEach reads a device and its documents at one moment, as long as use wants
// more; of a device without documents use sees none.
func (s *Store) loadEach(ctx context.Context, org, id string, use func(Device, *SourceDocument) bool) error {
	rows, err := s.load.QueryContext(ctx, org, id)
	found := false
	_, err = collect(rows, err, func(rows *sql.Rows) (_ struct{}, err error) {
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
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("loading device %q: %w", id, err)
	}
	return nil
}

// errEnough ends the reading of rows.
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
	doc.Section, doc.Data, doc.Own = inventory.Section(section.Int64), data, trust.Writer(writer.Int64) == trust.OfCredential
	return device, doc, (*hash256)(&doc.Hash).Scan(hash)
}

// DeviceGroup returns the group of a device: its Device.Group. ErrNotFound if
// there is no such device.
func (s *Store) DeviceGroup(ctx context.Context, org, id string) (group int64, err error) {
	const query = `SELECT coalesce(pinned_group, wanted_group) FROM device WHERE organization = $1 AND id = $2`
	if err := s.reader.QueryRowContext(ctx, query, org, id).Scan(&group); err != nil {
		return 0, fmt.Errorf("reading the group of device %q: %w", id, explain(err))
	}
	return group, nil
}

// RemoveDevice forgets a device, its documents and its credential; its receipts
// stay. A later report makes it anew. ErrNotFound if there is no such device.
func (s *Store) RemoveDevice(ctx context.Context, org, id string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		err := removeDeviceClient(ctx, tx, org, id)
		if err == nil || errors.Is(err, ErrNotFound) {
			err = one(tx.ExecContext(ctx, `DELETE FROM device WHERE organization = $1 AND id = $2`, org, id))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("removing device %q: %w", id, err)
	}
	return nil
}

// nameKey is what names are compared by.
func nameKey(name string) string { return inventory.NameKey(name) }

// decodeTags is the inverse of encodeTags.
func decodeTags(text string) (tags []string, err error) {
	if text == "null" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &tags); err != nil {
		return nil, fmt.Errorf("stored tags: %w", err)
	}
	return tags, nil
}

func encodeTags(tags []string) (string, error) {
	text, err := json.Marshal(tags)
	if err != nil {
		return "", fmt.Errorf("writing tags: %w", err)
	}
	return string(text), nil
}

// deviceIn returns a device as a transaction sees it.
func deviceIn(ctx context.Context, tx *sql.Tx, org, id string) (d Device, known bool, err error) {
	rows, err := tx.QueryContext(ctx, deviceByID, org, id)
	found, err := collect(rows, err, scanDevice)
	if err != nil || len(found) == 0 {
		return Device{}, false, err
	}
	return found[0], true, nil
}
