package reports

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// Device is a device as stored.
type Device struct {
	inventory.Device
	// Group is the RBAC group that the newest generation pinned. Before the first generation,
	// while Assigned is false, it is WantedGroup.
	Group    int64
	Assigned bool
	// WantedGroup is the group that the rules gave when the device reported last, or when a
	// generation applied new rules. NamedGroup is the group that its reports named, which may not
	// exist.
	WantedGroup int64
	NamedGroup  string
	// PublishedGroup is the group under which the newest snapshot shows the device; it is valid
	// only if Published.
	PublishedGroup int64
	Published      bool
	// FirstSeen and LastSeen are times of reports, clamped; Received is the server's time of the
	// last report. All are in milliseconds.
	FirstSeen, LastSeen, Received time.Time
	// Revision is the revision of the last report that changed anything.
	Revision int64
	// Rank tells who named the device. Claims is what it says of itself that no manager has
	// accepted yet.
	Rank   trust.Rank
	Claims Claims
	// Admitted is the time until which a manager lets the device be enrolled; zero if not.
	Admitted time.Time
	// Hash covers identity and documents: equal hashes, equal content.
	Hash [32]byte
}

// deviceColumns are the columns for scanDevice. The organization is the first parameter of every
// query with them, so that its newest snapshot is looked up once.
const deviceColumns = `
	device.id, name, os_platform, os_version, os_architecture, tags,
	wanted_group, named_group, pinned_group, ` + PublishedGroup + `, first_seen, last_seen, received, revision, device.hash,
	named_by, claims, admitted`

// PublishedGroup selects the group under which the newest snapshot shows a device: that of the
// newest generation, unless that generation moved the device and is not published. So publishing
// writes no device.
const PublishedGroup = `
	CASE WHEN pinned_by <= (SELECT coalesce(max(s.number), 0) FROM snapshot s WHERE s.organization = $1)
		THEN pinned_group ELSE published_group END`

func scanDevice(rows *sql.Rows) (Device, error) { return scanDeviceAnd(rows) }

// scanDeviceAnd scans deviceColumns and the columns after them.
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
	d.FirstSeen, d.LastSeen, d.Received, d.Admitted = database.FromMillis(first), database.FromMillis(last),
		database.FromMillis(received), database.FromMillis(admitted)
	if d.Tags, err = DecodeTags(tags); err == nil {
		err = d.Claims.decode(claims)
	}
	if err != nil {
		return Device{}, fmt.Errorf("device %q: %w", d.ID, err)
	}
	return d, nil
}

// presentGroup is Device.PresentGroup in SQL. Its spelling must equal the one in the index of
// names, or the index is not used.
const presentGroup = `(CASE WHEN coalesce(pinned_group, -1) = -1 THEN wanted_group ELSE pinned_group END)`

// PresentGroup is the group that decides who may write the device's reports: the current group,
// for a hidden device the group that it was hidden from.
func (d *Device) PresentGroup() int64 {
	if d.Group == rbac.HiddenGroup {
		return d.WantedGroup
	}
	return d.Group
}

// nameKey returns the key by which names are compared.
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

// DeviceIn returns a device as the transaction sees it.
func DeviceIn(ctx context.Context, tx *sql.Tx, org, id string) (d Device, known bool, err error) {
	rows, err := tx.QueryContext(ctx, deviceByID, org, id)
	found, err := database.Collect(rows, err, scanDevice)
	if err != nil || len(found) == 0 {
		return Device{}, false, err
	}
	return found[0], true, nil
}

// CheckDevice checks a device against its stored hash, which covers its identity and the hashes of
// its documents. Package inventory checks the documents against theirs.
func CheckDevice(d Device, documents []SourceDocument) error {
	hashes := documentHashes{}
	for _, doc := range documents {
		hashes[documentKey{doc.Source, doc.Section}] = doc.Hash
	}
	if sum, _ := hashDevice(d.Device, hashes); sum != d.Hash {
		return database.Damaged("device %q does not match its hash", d.ID)
	}
	return nil
}

// inNumbers returns the SQL condition that a column has one of some numbers. They are part of the
// text, because the number of parameters of a statement is limited.
func inNumbers(numbers []int64) string {
	condition := []byte(" IN (NULL") // equal to nothing, so that the list is never empty
	for _, n := range numbers {
		condition = strconv.AppendInt(append(condition, ", "...), n, 10)
	}
	return string(append(condition, ')'))
}

// places returns the placeholders of so many arguments, from a number on.
func places(first, count int) string {
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(all, ", ")
}
