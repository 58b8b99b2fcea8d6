package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// collected is a report of a source that names its collector.
func collected(source, text, program, version string) reports.Incoming {
	in := software("host", text)
	in.Source, in.Collector = source, inventory.Collector{Name: program, Version: version}
	return in
}

func TestCollectorsAreThoseOfTheNewestReports(t *testing.T) {
	s := storetest.Open(t, store.Config{})
	id := receive(t, s, collected("collect", "a", "muster", "v1.0.0"), noon).DeviceID
	before, _ := load(t, s, id)
	check := func(step string, want ...reports.SourceCollector) {
		t.Helper()
		got, err := s.Reports.Collectors(t.Context(), org, id, "nobody")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got[id]); diff != "" || len(got) > 1 {
			t.Errorf("%s: collectors (-want +got):\n%s", step, diff)
		}
	}
	ours := func(version string) reports.SourceCollector {
		return reports.SourceCollector{Source: "collect", Collector: inventory.Collector{Name: "muster", Version: version}}
	}
	check("one report", ours("v1.0.0"))

	again := receive(t, s, collected("collect", "a", "muster", "v1.1.0"), noon.Add(time.Hour))
	after, _ := load(t, s, id)
	if again.Changed || after.Hash != before.Hash || after.Revision != before.Revision {
		t.Errorf("another version changes the device: %+v", again)
	}
	check("a newer agent", ours("v1.1.0"))

	receive(t, s, collected("collect", "b", "", ""), noon.Add(2*time.Hour))
	check("a report that does not tell", ours("v1.1.0"))

	silent := collected("other", "", "muster", "v9")
	silent.Documents = nil
	receive(t, s, silent, noon.Add(3*time.Hour))
	check("a report without sections", ours("v1.1.0"))

	receive(t, s, collected("audit", "c", "lynis", ""), noon.Add(4*time.Hour))
	check("another source", reports.SourceCollector{Source: "audit", Collector: inventory.Collector{Name: "lynis"}},
		ours("v1.1.0"))

	if none, err := s.Reports.Collectors(t.Context(), org); err != nil || len(none) > 0 {
		t.Errorf("of no device: %v, %v", none, err)
	}
	must(t, s.Reports.RemoveDevice(t.Context(), org, id))
	check("removed")
}

// A report that its sender may not write does not change the collector, either.
func TestCollectorOfARefusedReportIsNotNoted(t *testing.T) {
	s := storetest.Open(t, store.Config{})
	id := receive(t, s, software("host", "a"), noon).DeviceID
	own := trust.Sender{Role: trust.Own, Device: id, Name: "host"}
	if _, err := s.Reports.Receive(t.Context(), org, own,
		[]reports.Incoming{collected("agent", "a", "muster", "v1.0.0")}, noon); err != nil {
		t.Fatal(err)
	}
	fleet := trust.Sender{Role: trust.Fleet}
	in := collected("agent", "b", "muster", "v0.1.0")
	if _, err := s.Reports.Receive(t.Context(), org, fleet, []reports.Incoming{in},
		noon); !errors.Is(err, trust.ErrRefused) {
		t.Fatal(err)
	}
	got, err := s.Reports.Collectors(t.Context(), org, id)
	if err != nil || len(got[id]) != 1 || got[id][0].Version != "v1.0.0" {
		t.Errorf("collectors %v, %v", got, err)
	}
}

// A page with the largest number of sources on each device.
func TestCollectorsOfAPage(t *testing.T) {
	s := storetest.Open(t, store.Config{})
	var batch []reports.Incoming
	for i := range 200 {
		in := collected("collect", "a", "muster", fmt.Sprintf("v1.0.%d", i))
		in.Device.Name = fmt.Sprint("host-", i)
		batch = append(batch, in)
	}
	receipts, err := s.Reports.Receive(t.Context(), org, manager, batch, noon)
	must(t, err)
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = fmt.Sprintf("%040d", i)
	}
	for i, r := range receipts {
		ids[5*i] = r.DeviceID
	}
	got, err := s.Reports.Collectors(t.Context(), org, ids...)
	must(t, err)
	for i, r := range receipts {
		if all := got[r.DeviceID]; len(all) != 1 || all[0].Version != fmt.Sprintf("v1.0.%d", i) {
			t.Errorf("device %d: %v", i, all)
		}
	}
}
