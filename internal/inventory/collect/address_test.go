package collect

import (
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
)

// on is an interface with addresses.
func on(index int, flags net.Flags, hardware string, ips ...string) networkInterface {
	i := networkInterface{Interface: net.Interface{Index: index, Flags: flags}}
	i.HardwareAddr, _ = net.ParseMAC(hardware)
	for _, ip := range ips {
		i.addresses = append(i.addresses, netip.MustParseAddr(ip))
	}
	return i
}

// TestAddressesOf: the first address is the one that names the machine, and none is another machine's.
func TestAddressesOf(t *testing.T) {
	const up = net.FlagUp | net.FlagBroadcast
	got := addressesOf([]networkInterface{
		on(1, net.FlagUp|net.FlagLoopback, "", "127.0.0.1", "::1"),
		on(9, up, "02:42:00:00:00:01", "172.17.0.1"),
		on(2, up, "00:11:22:33:44:aa", "fe80::1%eth0", "2001:db8::6", "10.0.0.6"),
		on(3, net.FlagBroadcast, "00:11:22:33:44:bb", "10.9.9.9"),
		on(4, up, "", "::ffff:10.1.1.1", "169.254.3.4"),
	})
	want := []inventory.Address{{IP: "10.0.0.6", MAC: "00:11:22:33:44:aa"}, {IP: "10.1.1.1"},
		{IP: "172.17.0.1", MAC: "02:42:00:00:00:01"}, {IP: "2001:db8::6", MAC: "00:11:22:33:44:aa"},
		{IP: "fe80::1", MAC: "00:11:22:33:44:aa"}, {IP: "169.254.3.4"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
	if none := addressesOf(nil); none == nil || len(none) != 0 {
		t.Errorf("a machine without addresses has %v", none)
	}
}

// TestManyAddresses: a machine with more addresses than a report may have still reports.
func TestManyAddresses(t *testing.T) {
	many := on(1, net.FlagUp, "00:11:22:33:44:aa")
	for ip := netip.MustParseAddr("10.0.0.1"); len(many.addresses) < 1000; ip = ip.Next() {
		many.addresses = append(many.addresses, ip)
	}
	r := inventory.Report{Device: inventory.Device{Name: "a"}, Addresses: addressesOf([]networkInterface{many})}
	if err := r.Validate(); err != nil || len(r.Addresses) != inventory.MaxAddresses || r.Addresses[0].IP != "10.0.0.1" {
		t.Errorf("%d addresses from %v, %v", len(r.Addresses), r.Addresses[0], err)
	}
}

// TestHostAddresses: what this machine has can be reported, whatever it is.
func TestHostAddresses(t *testing.T) {
	interfaces, err := hostInterfaces()
	if err != nil {
		t.Skip(err)
	}
	r := inventory.Report{Device: inventory.Device{Name: "a"}, Addresses: addressesOf(interfaces)}
	if err := r.Validate(); err != nil {
		t.Errorf("addresses %v: %v", r.Addresses, err)
	}
}
