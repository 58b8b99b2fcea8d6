package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// If all devices of a folder were received in the future, its clock was ahead. Publishing says
// so, in its message and status; --allow-shrink ends the doubt.
func TestPublishInDoubt(t *testing.T) {
	s := newSite(t)
	s.report(&inventory.Report{Device: inventory.Device{Name: "first"},
		Software: []inventory.Software{{Name: "tool", Version: "1.0"}}})
	ahead, err := store.Open(t.Context(),
		store.Config{Database: database.Config{Path: filepath.Join(s.data, node.StoreFile)}})
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().AddDate(1, 0, 0)
	if _, err := ahead.Clock.Watch(t.Context(), organization.Default, later, true); err != nil {
		t.Fatal(err)
	}
	for i := range 25 {
		in := reports.Incoming{Device: inventory.Device{Name: fmt.Sprint("device-", i)}, Source: "test"}
		if _, err := ahead.Reports.Receive(t.Context(), organization.Default, trust.Sender{Role: trust.Manager},
			[]reports.Incoming{in}, later); err != nil {
			t.Fatal(err)
		}
	}
	if err := ahead.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"publish"}, {"publish", "--json"}, {"publish", "--rebuild"}} {
		said := s.refuses(console.StatusDoubt, args...)
		if !strings.Contains(said, "the clock reads "+time.Now().UTC().Format("2006")) ||
			!strings.Contains(said, "--allow-shrink") {
			t.Errorf("%v says %q", args, said)
		}
	}
	s.muster("publish", "--allow-shrink")
	s.muster("publish")
}
