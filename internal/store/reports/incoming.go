package reports

import (
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// Incoming is one report, checked and normalised, on its way into the store.
type Incoming struct {
	// Device may lack its ID, and all but the name of a new device. Empty fields (nil for Tags)
	// keep their stored value.
	Device inventory.Device
	// Source distinguishes the reports about one device.
	Source string
	// Collector is the program that made the report, if the report names it.
	Collector inventory.Collector
	// Addresses are those that the report says; nil keeps those that its source said before.
	Addresses []inventory.Address
	// Seen is the report's own time, clamped; zero means the time of receipt.
	Seen time.Time
	// Said is the report's own time, unclamped; zero if it had none. It only tells whether the
	// device's clock agrees with ours.
	Said time.Time
	// Documents replace those of the same source and section. Absent sections keep their
	// documents.
	Documents []inventory.Document
	// Group names the device's RBAC group. If the sender may place devices, it counts where no
	// rule matches (doc/decision/0018), until another is named. Empty keeps the last named group.
	Group string
}

// bytes returns the size of a report's documents.
func (in *Incoming) bytes() (n int64) {
	for _, doc := range in.Documents {
		n += int64(len(doc.Data))
	}
	return n
}

// Commit describes one transaction with reports, for measuring how much work senders make.
type Commit struct {
	// Slices are the stored parts of calls, in order.
	Slices []Slice
	// Read counts documents whose hashes were read. Hashed counts the bytes hashed to compare
	// devices.
	Read, Hashed int64
}

// Slice is a part of a call of Receive.
type Slice struct {
	Organization, Caller string
	Reports              int
}

// Receipt is what a sender gets for one report.
type Receipt struct {
	// ID is a UUID of version 7.
	ID, DeviceID, Source string
	// Revision orders all reports of an organization.
	Revision int64
	// Received is the server's time, in milliseconds.
	Received time.Time
	// Changed says whether the report contained anything new.
	Changed bool
	// NotCounted names the fields of identity that the report gave and its sender may not decide.
	// It is returned once and not stored.
	NotCounted trust.Fields
}
