package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/storetest"
)

const org = store.DefaultOrganization

// noon is the time of the first event of each test.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// document makes a section that says text.
func document(section inventory.Section, text string) inventory.Document {
	return inventory.Document{Section: section, Hash: sha256.Sum256([]byte(text)), Data: []byte(text)}
}

// software makes a report of a device by name, with one section.
func software(name, text string) store.Incoming {
	return store.Incoming{
		Device:    inventory.Device{Name: name},
		Source:    "collect",
		Seen:      noon,
		Documents: []inventory.Document{document(inventory.SectionSoftware, text)},
	}
}

// receive stores one report that must be accepted.
func receive(t testing.TB, s *store.Store, in store.Incoming, now time.Time) store.Receipt {
	t.Helper()
	receipts, err := s.Receive(t.Context(), org, []store.Incoming{in}, now)
	if err != nil {
		t.Fatal(err)
	}
	return receipts[0]
}

// load reads a device that must be there.
func load(t testing.TB, s *store.Store, id string) (store.Device, []store.SourceDocument) {
	t.Helper()
	device, documents, err := s.Load(t.Context(), org, id)
	if err != nil {
		t.Fatal(err)
	}
	return device, documents
}

// equal fails the test where two values differ.
func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// isError fails the test unless err is want and names what it is about.
func isError(t testing.TB, err, want error, names string) {
	t.Helper()
	if !errors.Is(err, want) || !bytes.Contains([]byte(fmt.Sprint(err)), []byte(names)) {
		t.Errorf("error %v, want %v naming %q", err, want, names)
	}
}

func TestReceiveKeepsWhatItAcknowledges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := store.Incoming{
			Device: inventory.Device{
				ID: inventory.DeriveID("machine", ""), Name: "Host.Example.com",
				OSPlatform: "Linux", OSVersion: "debian_linux_12", OSArchitecture: "x64", Tags: []string{"prod"},
			},
			Source:    "collect",
			Seen:      noon.Add(-time.Minute),
			Documents: []inventory.Document{document(inventory.SectionFacts, "f"), document(inventory.SectionSoftware, "s")},
		}
		receipt := receive(t, s, in, noon)
		device, documents := load(t, s, in.Device.ID)
		equal(t, "receipt", receipt, store.Receipt{
			ID: receipt.ID, DeviceID: in.Device.ID, Source: "collect", Revision: 1, Received: noon, Changed: true,
		})
		equal(t, "device", device, store.Device{
			Device: in.Device, FirstSeen: in.Seen, LastSeen: in.Seen, Received: noon, Revision: 1, Hash: device.Hash,
		})
		equal(t, "documents", documents, []store.SourceDocument{
			{Source: "collect", Document: document(inventory.SectionSoftware, "s")},
			{Source: "collect", Document: document(inventory.SectionFacts, "f")},
		})
	})
}
