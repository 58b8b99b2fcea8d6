package osv

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// maxTitle cuts an advisory's summary, in bytes.
const maxTitle = 256

// fix is the update an advisory stands for. A record about one CVE
// ("UBUNTU-CVE-…") knows that there is one, and no advisory's name.
func (a *advisory) fix() intel.Fix {
	if strings.Contains(a.ID, "CVE-") {
		return intel.Fix{Available: true}
	}
	return intel.Fix{ID: a.ID, URL: a.url(), Title: title(a.Summary), Available: true}
}

func title(summary string) string {
	if len(summary) > maxTitle {
		summary = strings.ToValidUTF8(summary[:maxTitle], "")
	}
	return strings.TrimSpace(summary)
}

// url is the advisory's page: the link that carries its id, with the colon as a
// hyphen where need be, else the page its publisher is known to keep.
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
