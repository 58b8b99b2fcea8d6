package inventory

import (
	"cmp"
	"net/netip"
	"strings"
)

// normalizeAddresses brings addresses into one spelling. Each is kept once, in the order given, since
// the first is the one by which people know the device. A nil list stays nil.
func normalizeAddresses(all []Address) []Address {
	seen := make(map[string]int, len(all))
	kept := all[:0]
	for _, a := range all {
		ip, err := netip.ParseAddr(strings.TrimSpace(a.IP))
		if err != nil {
			continue // validate has refused it
		}
		a = Address{IP: ip.Unmap().String(), MAC: spellMAC(a.MAC)}
		if at, ok := seen[a.IP]; ok {
			kept[at].MAC = cmp.Or(kept[at].MAC, a.MAC)
			continue
		}
		seen[a.IP] = len(kept)
		kept = append(kept, a)
	}
	return kept
}

// RankAddress orders addresses by how well they name a device, 0 being best: IPv4, IPv6, those that count only
// on their link. ok is false for one by which no other device reaches it.
func RankAddress(ip netip.Addr) (rank int, ok bool) {
	switch {
	case !ip.IsValid() || ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast():
		return 0, false
	case ip.IsLinkLocalUnicast():
		return 2, true
	case ip.Is4():
		return 0, true
	}
	return 1, true
}

// spellMAC returns a hardware address in the form of the wire contract, without separators.
func spellMAC(text string) string {
	return strings.ToUpper(strings.NewReplacer(":", "", "-", "", ".", "").Replace(strings.TrimSpace(text)))
}
