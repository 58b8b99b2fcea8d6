package xccdf

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// maxPlatforms bounds the platforms of a machine that are kept.
const maxPlatforms = 64

// machine is what a document says of a machine.
type machine struct {
	target, full, host string
	// platforms are CPE names of systems that it was found to be.
	platforms []string
	addresses []inventory.Address
	scanner   inventory.Collector
}

// is adds a platform.
func (m *machine) is(cpe string) {
	if len(m.platforms) < maxPlatforms && len(cpe) <= inventory.MaxName && !slices.Contains(m.platforms, cpe) {
		m.platforms = append(m.platforms, cpe)
	}
}

// reached adds an address, if others can reach the machine by it.
func (m *machine) reached(text string) {
	ip, err := netip.ParseAddr(text)
	if err != nil || !ip.IsGlobalUnicast() || len(m.addresses) == inventory.MaxAddresses {
		return
	}
	if a := (inventory.Address{IP: ip.WithZone("").String()}); !slices.Contains(m.addresses, a) {
		m.addresses = append(m.addresses, a)
	}
}

// name returns the name of the machine, the full one if it is told: the target, unless that is no name of a device,
// such as localhost, an address or the URL of a container image; then what facts and assets say.
func (m *machine) name(asset *machine) string {
	names := []string{m.target, m.full, m.host, asset.full, asset.host}
	names = slices.DeleteFunc(names, func(name string) bool { return !isName(name) })
	if len(names) == 0 {
		return ""
	}
	for _, name := range names {
		if len(name) > len(names[0]) && strings.HasPrefix(inventory.NameKey(name), inventory.NameKey(names[0])+".") {
			return name
		}
	}
	return names[0]
}

// isName reports whether a text may name a device.
func isName(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return false
	}
	key := inventory.NameKey(text)
	switch key {
	case "", "localhost", "unknown", "none":
		return false
	}
	return !strings.HasPrefix(key, "localhost.") && !strings.Contains(text, "://")
}
