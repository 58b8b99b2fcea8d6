package reports

import (
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// Incoming is one report, checked and normalised, on its way into the store.
type Incoming struct {
	// Device may lack its ID, and anything but the name of a new device:
	// what is empty (nil for Tags) stays as it was known.
	Device inventory.Device
	// Source tells one device's reports apart.
	Source string
	// Collector is what made the report, as far as it said so.
	Collector inventory.Collector
	// Seen is the report's own time, clamped; zero means the time of receipt.
	Seen time.Time
	// Said is the report's own time as it stood there, zero if it had none: it
	// tells whether the device's clock agrees with ours, and nothing else.
	Said time.Time
	// Documents replace those of the same source and section. Sections that
	// are absent stay.
	Documents []inventory.Document
	// Group names the device's RBAC group. As far as the sender may place
	// devices it counts where no rule matches (doc/decision/0018), and until
	// another is named; empty leaves the one named before.
	Group string
}

// bytes is the size of a report's documents.
func (in *Incoming) bytes() (n int64) {
	for _, doc := range in.Documents {
		n += int64(len(doc.Data))
	}
	return n
}

// Commit tells what one transaction with reports did, for those who watch how
// much work senders make.
type Commit struct {
	// Slices are the parts of calls that it stored, in their order.
	Slices []Slice
	// Read counts documents whose hashes were read, Hashed the bytes that were
	// hashed to compare devices.
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
	// Changed says whether the report told anything new.
	Changed bool
	// NotCounted is what the report said of its device's identity and its
	// sender may not decide. It is told once and not kept.
	NotCounted trust.Fields
}
