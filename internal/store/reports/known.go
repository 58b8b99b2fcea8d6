package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// How many sources may report documents of one device. The device's own credential may have
// maxSources, and all others together as many. Scoped senders may use only maxScopedSources of
// these, so that no sender keeps out a more trusted one. A device with more, from before there was
// a limit, keeps them and gets no others.
const (
	maxSources       = 64
	maxScopedSources = 48
)

// ErrTooManySources: a report is of a new source of the device, which has the largest number of
// sources already.
var ErrTooManySources = errors.New("the device has its largest number of sources")

// sourcesFor returns how many sources of its kind a sender may give a device.
func sourcesFor(sender *trust.Sender) int {
	if sender.Role == trust.Scoped {
		return maxScopedSources
	}
	return maxSources
}

// knownDevices holds the devices of a slice's reports. What is stored of each device is read once,
// and reports are compared in memory.
type knownDevices struct {
	org     string
	devices map[string]*knownDevice
	// kept is what is known of all devices beforehand; nil: it is read.
	kept *kept
	work *Commit
}

// knownDevice holds the hashes of a device's documents.
type knownDevice struct {
	hashes  documentHashes
	sources map[string]trust.Writer
	// added are new sources, which were not read.
	added  []string
	hashed bool
	// late is the device as stored last, if its hash was not stored with it; else nil.
	late *inventory.Device
}

func newKnown(org string, work *Commit) *knownDevices {
	return &knownDevices{org: org, devices: map[string]*knownDevice{}, work: work}
}

// device reads the hashes of a device's documents; a new device has none.
func (k *knownDevices) device(ctx context.Context, st receiveStatements, id string) (*knownDevice, error) {
	before := k.devices[id]
	if before != nil && before.hashes != nil {
		return before, nil
	}
	all, err := k.documents(ctx, st, id)
	if err != nil {
		return nil, err
	}
	d := &knownDevice{hashes: documentHashes{}, sources: map[string]trust.Writer{}}
	for _, one := range all {
		d.hashes[one.documentKey], d.sources[one.source] = one.hash, one.writer
		k.work.Read++
	}
	if before != nil {
		d.added = before.added
		for _, source := range before.added {
			if _, read := d.sources[source]; !read {
				d.sources[source] = before.sources[source]
			}
		}
	}
	k.devices[id] = d
	return d, nil
}

// documents returns the stored documents of a device.
func (k *knownDevices) documents(ctx context.Context, st receiveStatements, id string) ([]keptDocument, error) {
	if k.kept != nil {
		return k.kept.documents[id], nil
	}
	rows, err := st.documentHashes.QueryContext(ctx, k.org, id)
	return database.Collect(rows, err, func(rows *sql.Rows) (d keptDocument, err error) {
		return d, rows.Scan(&d.source, &d.section, &d.hash, &d.writer)
	})
}

// forget drops what was read and keeps the new sources, which cannot be read yet. So the memory
// for checking a call depends on its own reports, not on how much is stored of their devices.
func (k *knownDevices) forget() {
	for id, d := range k.devices {
		if len(d.added) == 0 {
			delete(k.devices, id)
			continue
		}
		kept := make(map[string]trust.Writer, len(d.added))
		for _, source := range d.added {
			kept[source] = d.sources[source]
		}
		k.devices[id] = &knownDevice{sources: kept, added: d.added}
	}
}

// reports reports whether a credential wrote one of the sources.
func (d *knownDevice) reports() bool {
	for _, writer := range d.sources {
		if writer == trust.OfCredential {
			return true
		}
	}
	return false
}

// sourcesLike counts the sources of the credential, or those of others.
func (d *knownDevice) sourcesLike(w trust.Writer) (n int) {
	for _, writer := range d.sources {
		if (writer == trust.OfCredential) == (w == trust.OfCredential) {
			n++
		}
	}
	return n
}

// written is what a report writes of a source.
type written struct {
	source string
	writer trust.Writer
	// taken says that the source belonged to nobody before.
	taken bool
	// fresh are the documents whose content has changed.
	fresh []inventory.Document
}

// admit returns the writer of a source once the sender has written it, or an error if the sender
// may not write it. A report without sections does not change the writer.
func (d *knownDevice) admit(sender *trust.Sender, source string, says bool) (w written, known bool, err error) {
	was, known := d.sources[source]
	if !known {
		return written{source: source, writer: sender.NewSource()}, false, nil
	}
	then, err := sender.MayReplace(source, was)
	return written{source: source, writer: then, taken: says && then != was}, true, err
}

// take replaces the documents of a source, if the sender may write it. Of two documents for one
// section the last counts.
func (d *knownDevice) take(sender *trust.Sender, source string,
	documents []inventory.Document) (w written, err error) {
	w, known, err := d.admit(sender, source, len(documents) > 0)
	if err != nil || len(documents) == 0 {
		return w, err
	}
	if !known {
		if n := d.sourcesLike(w.writer); n >= sourcesFor(sender) {
			return written{}, fmt.Errorf("%w: %d, and %q is a new one", ErrTooManySources, n, source)
		}
		d.added = append(d.added, source)
	}
	d.sources[source] = w.writer
	for i, doc := range documents {
		again := func(other inventory.Document) bool { return other.Section == doc.Section }
		if slices.ContainsFunc(documents[i+1:], again) {
			continue
		}
		key := documentKey{source, doc.Section}
		if old, known := d.hashes[key]; !known || old != doc.Hash {
			w.fresh = append(w.fresh, doc)
		}
		d.hashes[key] = doc.Hash
	}
	return w, nil
}

// hash returns the hash to be stored with a changed device. If many reports of a slice change one
// device, hashing all its documents for each would be wasteful: from the second report on the hash
// stays as it is until settle.
func (k *knownDevices) hash(changed Device) [32]byte {
	d := k.devices[changed.ID]
	if d.hashed {
		d.late = &changed.Device
		return changed.Hash
	}
	d.hashed = true
	return k.hashNow(changed.Device, d)
}

func (k *knownDevices) hashNow(device inventory.Device, d *knownDevice) [32]byte {
	sum, size := hashDevice(device, d.hashes)
	k.work.Hashed += int64(size)
	return sum
}

// settle stores the hashes that are late.
func (k *knownDevices) settle(ctx context.Context, st receiveStatements) error {
	for id, d := range k.devices {
		if d.late == nil {
			continue
		}
		hash := k.hashNow(*d.late, d)
		if _, err := st.rehashDevice.ExecContext(ctx, hash[:], k.org, id); err != nil {
			return fmt.Errorf("storing device %q: %w", id, err)
		}
	}
	return nil
}
