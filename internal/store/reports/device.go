package reports

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
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
	wanted_group, named_group, pinned_group, ` + PublishedGroup + `, first_seen, last_seen, received, revision, device.hash,
	named_by, claims, admitted`

// PublishedGroup is the group under which the newest snapshot shows a device: that
// of the newest generation, unless the device was put there by one that is not
// published, or not yet. So publishing changes no device.
const PublishedGroup = `
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
		&d.WantedGroup, &d.NamedGroup, &pinned, &published, &first, &last, &received, &d.Revision, (*database.Hash)(&d.Hash),
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
	d.FirstSeen, d.LastSeen, d.Received, d.Admitted = database.FromMillis(first), database.FromMillis(last), database.FromMillis(received), database.FromMillis(admitted)
	if d.Tags, err = DecodeTags(tags); err == nil {
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

// nameKey is what names are compared by.
func nameKey(name string) string { return inventory.NameKey(name) }

// DecodeTags is the inverse of encodeTags.
func DecodeTags(text string) (tags []string, err error) {
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

// deviceByID selects one device.
const deviceByID = `SELECT ` + deviceColumns + ` FROM device WHERE organization = $1 AND id = $2`

// DeviceIn returns a device as a transaction sees it.
func DeviceIn(ctx context.Context, tx *sql.Tx, org, id string) (d Device, known bool, err error) {
	rows, err := tx.QueryContext(ctx, deviceByID, org, id)
	found, err := database.Collect(rows, err, scanDevice)
	if err != nil || len(found) == 0 {
		return Device{}, false, err
	}
	return found[0], true, nil
}

// CheckDevice says how a device differs from what was stored of it: its hash
// covers its identity and the hashes of its documents, and those their content,
// which package inventory checks.
func CheckDevice(d Device, documents []SourceDocument) error {
	hashes := documentHashes{}
	for _, doc := range documents {
		hashes[documentKey{doc.Source, doc.Section}] = doc.Hash
	}
	if sum, _ := hashDevice(d.Device, hashes); sum != d.Hash {
		return database.Damaged("device %q does not have its hash", d.ID)
	}
	return nil
}

// inNumbers is a condition on a column, that it is one of some numbers. They
// stand in the text, as a statement takes only so many parameters.
func inNumbers(numbers []int64) string {
	condition := []byte(" IN (NULL") // which nothing is equal to: the list is never empty
	for _, n := range numbers {
		condition = strconv.AppendInt(append(condition, ", "...), n, 10)
	}
	return string(append(condition, ')'))
}
