package api_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
)

// Addresses that a machine reports are in its object, in lists and filters, and in GET /v1/devices; a
// machine that reports none has null.
func TestAddressesOfMachines(t *testing.T) {
	n := street(t)
	found := every[defender.Machine](n.lab, "/api/machines?$filter=lastIpAddress+eq+'10.0.0.6'")
	if len(found) != 1 || *found[0].ComputerDNSName != "Front.example.com" {
		t.Fatalf("%d machines have the address", len(found))
	}
	mac := "0011223344AA"
	want := []defender.MachineAddress{{IPAddress: "10.0.0.6", MACAddress: &mac, OperationalStatus: "Unknown"},
		{IPAddress: "2001:db8::6", OperationalStatus: "Unknown"}}
	one := single[defender.Machine](n.lab, "/api/machines/front.example.com")
	for _, m := range []defender.Machine{found[0], one} {
		if diff := cmp.Diff(want, m.IPAddresses); diff != "" || *m.LastIPAddress != "10.0.0.6" {
			t.Errorf("address %q (-want +got):\n%s", *m.LastIPAddress, diff)
		}
	}
	bare := single[defender.Machine](n.lab, "/api/machines/bare.example.com")
	if bare.LastIPAddress != nil || bare.IPAddresses == nil || len(bare.IPAddresses) != 0 {
		t.Errorf("a machine that reports no address has %v, %v", bare.LastIPAddress, bare.IPAddresses)
	}
	var shown control.DeviceReport
	n.decode(n.get("/v1/devices/"+found[0].ID), http.StatusOK, &shown)
	told := []inventory.Address{{IP: "10.0.0.6", MAC: mac}, {IP: "2001:db8::6"}}
	if diff := cmp.Diff(told, shown.Addresses); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
}
