package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// addressed is a report of a source with addresses.
func addressed(source, text string, ips ...string) reports.Incoming {
	in := software("host", text)
	in.Source, in.Addresses = source, []inventory.Address{}
	for _, ip := range ips {
		in.Addresses = append(in.Addresses, inventory.Address{IP: ip, MAC: "0011223344AA"})
	}
	return in
}

// checkAddresses compares the addresses of a device.
func checkAddresses(t *testing.T, s *store.Store, id, step string, want ...string) {
	t.Helper()
	found, err := s.Reports.Addresses(t.Context(), org, "nobody", id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range found[id] {
		got = append(got, a.IP)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(found) > 1 {
		t.Errorf("%s: addresses (-want +got):\n%s", step, diff)
	}
}

// Addresses are those of the newest reports, and no content.
func TestAddressesAreThoseOfTheNewestReports(t *testing.T) {
	s := storetest.Open(t, store.Config{})
	id := receive(t, s, addressed("collect", "a", "10.0.0.6", "10.0.0.5"), noon).DeviceID
	before, _ := load(t, s, id)
	checkAddresses(t, s, id, "one report", "10.0.0.6", "10.0.0.5")

	again := receive(t, s, addressed("collect", "a", "10.0.0.7"), noon.Add(time.Hour))
	after, _ := load(t, s, id)
	if again.Changed || after.Hash != before.Hash || after.Revision != before.Revision {
		t.Errorf("another address changes the device: %+v", again)
	}
	checkAddresses(t, s, id, "another network", "10.0.0.7")

	silent := addressed("collect", "b")
	silent.Addresses = nil
	receive(t, s, silent, noon.Add(2*time.Hour))
	checkAddresses(t, s, id, "a report that does not tell", "10.0.0.7")

	empty := addressed("other", "", "10.9.9.9")
	empty.Documents = nil
	receive(t, s, empty, noon.Add(3*time.Hour))
	checkAddresses(t, s, id, "a report without sections", "10.0.0.7")

	receive(t, s, addressed("audit", "c", "10.0.0.8", "10.0.0.7"), noon.Add(4*time.Hour))
	checkAddresses(t, s, id, "another source", "10.0.0.8", "10.0.0.7")
	receive(t, s, addressed("audit", "c"), noon.Add(5*time.Hour))
	checkAddresses(t, s, id, "none any more", "10.0.0.7")

	must(t, s.Reports.RemoveDevice(t.Context(), org, id))
	checkAddresses(t, s, id, "removed")
}

// What a device's own credential says comes first, and nobody else can replace it.
func TestOwnAddressesComeFirst(t *testing.T) {
	s := storetest.Open(t, store.Config{})
	id := receive(t, s, addressed("a", "a", "10.0.0.1"), noon).DeviceID
	own := trust.Sender{Role: trust.Own, Device: id, Name: "host"}
	_, err := s.Reports.Receive(t.Context(), org, own, []reports.Incoming{addressed("b", "b", "10.0.0.2")}, noon)
	must(t, err)
	checkAddresses(t, s, id, "two senders", "10.0.0.2", "10.0.0.1")
	_, err = s.Reports.Receive(t.Context(), org, trust.Sender{Role: trust.Fleet},
		[]reports.Incoming{addressed("b", "b", "10.6.6.6")}, noon)
	if !errors.Is(err, trust.ErrRefused) {
		t.Fatal(err)
	}
	checkAddresses(t, s, id, "a refused report", "10.0.0.2", "10.0.0.1")
}
