package notice

import (
	"net/url"
	"strings"

	"github.com/muster-project/muster/defender"
)

// Linked returns notices with links to the dashboard of a server. base is its address, such as
// https://muster.example.com; if it is empty, they have none.
func Linked(base string, all []Notice) []Notice {
	linked := make([]Notice, len(all))
	for i := range all {
		linked[i] = all[i]
		if base != "" {
			linked[i].Link = strings.TrimSuffix(base, "/") + all[i].Page()
		}
	}
	return linked
}

// Page returns the address of the page of the dashboard that is about a notice, below that of the server.
func (n *Notice) Page() string {
	switch n.Event {
	case Finding, Exploited, Fixed:
		switch {
		case n.CVECount == 1 && len(n.CVEs) == 1:
			return "/vulnerabilities/" + url.PathEscape(n.CVEs[0].ID)
		case n.ProductCount == 1 && len(n.Products) == 1:
			return "/software/" + url.PathEscape(n.Products[0].Vendor+defender.IDSeparator+n.Products[0].Name)
		}
		return "/vulnerabilities"
	case More:
		return "/vulnerabilities"
	case Coverage:
		return "/coverage"
	case Silent:
		if n.DeviceCount == 1 && len(n.Devices) == 1 {
			return "/devices/" + url.PathEscape(n.Devices[0].ID)
		}
		return "/devices?silent=true"
	case Feed:
		return "/intelligence"
	case Exception:
		if n.Exception != nil {
			return "/exceptions/" + url.PathEscape(n.Exception.ID)
		}
		return "/exceptions"
	case Test:
		return "/notices"
	}
	return "/"
}
