package collect

import (
	"net"
	"net/netip"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// networkInterface is an interface of a machine with its addresses.
type networkInterface struct {
	net.Interface
	addresses []netip.Addr
}

// hostInterfaces lists the interfaces of this machine. Nothing is sent.
func hostInterfaces() ([]networkInterface, error) {
	listed, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var all []networkInterface
	for _, i := range listed {
		found, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		one := networkInterface{Interface: i}
		for _, address := range found {
			if prefix, err := netip.ParsePrefix(address.String()); err == nil {
				one.addresses = append(one.addresses, prefix.Addr())
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// addressesOf lists the addresses by which others reach a machine: those of interfaces that are up,
// without loopback. IPv4 comes first, then IPv6, then what counts only on its link; within these in the
// order of interfaces, in which systems list built-in hardware before what is set up later.
func addressesOf(interfaces []networkInterface) []inventory.Address {
	type ranked struct {
		inventory.Address
		rank, index int
	}
	var found []ranked
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, ip := range i.addresses {
			ip = ip.Unmap().WithZone("")
			if rank, ok := inventory.RankAddress(ip); ok {
				found = append(found, ranked{inventory.Address{IP: ip.String(), MAC: hardware(i.HardwareAddr)}, rank, i.Index})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return a.index - b.index
	})
	all := []inventory.Address{}
	for _, f := range found[:min(len(found), inventory.MaxAddresses)] {
		all = append(all, f.Address)
	}
	return all
}

// hardware returns a hardware address; "" if it is none that a report may have, as of tunnels.
func hardware(address net.HardwareAddr) string {
	switch len(address) {
	case 6, 8, 20:
		return address.String()
	}
	return ""
}
