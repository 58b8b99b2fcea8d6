package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// TestMain lets the test's program be started again as the process to be killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(victimPath); path != "" {
		os.Exit(runVictim(path))
	}
	os.Exit(m.Run())
}

const org = organization.Default

// sender is one of several fleet senders.
func sender(id string) trust.Sender { return trust.Sender{Role: trust.Manager, ID: id} }

// manager sends the reports of tests about something else.
var manager = trust.Sender{Role: trust.Manager}

// noon is the time of the first event of each test.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// document makes a section that contains text.
func document(section inventory.Section, text string) inventory.Document {
	return inventory.Document{Section: section, Hash: sha256.Sum256([]byte(text)), Data: []byte(text)}
}

// software makes a report of a device by name, with one section.
func software(name, text string) reports.Incoming {
	return reports.Incoming{
		Device:    inventory.Device{Name: name},
		Source:    "collect",
		Seen:      noon,
		Documents: []inventory.Document{document(inventory.SectionSoftware, text)},
	}
}

// receive stores one report that must be accepted.
func receive(t testing.TB, s *store.Store, in reports.Incoming, now time.Time) reports.Receipt {
	t.Helper()
	receipts, err := s.Reports.Receive(t.Context(), org, manager, []reports.Incoming{in}, now)
	if err != nil {
		t.Fatal(err)
	}
	return receipts[0]
}

// load reads a device that must be there.
func load(t testing.TB, s *store.Store, id string) (reports.Device, []reports.SourceDocument) {
	t.Helper()
	device, documents, err := s.Reports.Load(t.Context(), org, id)
	if err != nil {
		t.Fatal(err)
	}
	return device, documents
}

// must stops the test if a step that has to work fails.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// equal fails the test where two values differ.
func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// isError fails the test unless err is want and contains names.
func isError(t testing.TB, err, want error, names string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(fmt.Sprint(err), names) {
		t.Errorf("error %v, want %v naming %q", err, want, names)
	}
}

// pinned counts the devices that are pinned in a group.
func pinned(t testing.TB, s *store.Store, group int64) (n int64) {
	t.Helper()
	all, err := s.Reports.ListDevices(t.Context(), org, reports.DeviceFilter{AllGroups: true}, 10_000)
	must(t, err)
	for _, d := range all {
		if d.Assigned && d.Group == group {
			n++
		}
	}
	return n
}
