package osv

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
)

// maxTitle bounds an advisory's summary, in bytes; the rest is cut off.
const maxTitle = 256

// fix returns the update of an advisory. A record about one CVE ("UBUNTU-CVE-…") only says that
// there is one, without an advisory's name.
func (a *advisory) fix() intel.Fix {
	if strings.Contains(a.ID, "CVE-") {
		return intel.Fix{Available: true}
	}
	return intel.Fix{ID: a.ID, URL: a.url(), Title: title(a.Summary), Available: true}
}

// subscribed returns a package's fix, which says so if it needs a subscription.
func subscribed(p *intel.Package, fix intel.Fix) intel.Fix {
	subscription := ecosystem.Subscription(p.Ecosystem)
	if subscription == "" {
		return fix
	}
	what := fix.Title
	for _, r := range p.Ranges {
		if what == "" && r.High != "" && !r.HighIncluded {
			what = p.Name + " " + r.High
		}
	}
	fix.Title = title(subscription + ": " + what)
	return fix
}

func title(summary string) string {
	if len(summary) > maxTitle {
		summary = strings.ToValidUTF8(summary[:maxTitle], "")
	}
	return strings.TrimSpace(summary)
}

// url returns the advisory's page: the link that contains its id, if need be with a hyphen for the
// colon, else the known page of its publisher.
func (a *advisory) url() string {
	hyphened := strings.ReplaceAll(a.ID, ":", "-")
	for _, l := range a.Links {
		if l.Type == "ADVISORY" && (strings.Contains(l.URL, a.ID) || strings.Contains(l.URL, hyphened)) {
			return l.URL
		}
	}
	prefix, _, _ := strings.Cut(a.ID, "-")
	switch prefix {
	case "DSA", "DLA":
		return "https://security-tracker.debian.org/tracker/" + a.ID
	case "USN":
		return "https://ubuntu.com/security/notices/" + a.ID
	case "GO":
		return "https://pkg.go.dev/vuln/" + a.ID
	case "GHSA":
		return "https://github.com/advisories/" + a.ID
	}
	return ""
}
