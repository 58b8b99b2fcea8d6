package assess

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/row"
)

// updateOf returns the recommended update of a finding as rows name it. What Apple and Mozilla call an update is an
// article, whose address is that of the batch (contract.md, section 4).
func updateOf(vendor string, h *catalog.Hit) row.Update {
	u := row.Update{Title: h.Fix.Title, ID: h.Fix.ID, URL: h.Fix.URL}
	if hasArticles(vendor) {
		u.URL = ""
	}
	return u
}

func hasArticles(vendor string) bool { return vendor == "apple" || vendor == "mozilla" }

// batchOf returns title and address of the batch that a CVE was published in (contract.md, section 4): of
// Microsoft's products the month of the update that fixes it, which not all feeds know, else the month of the CVE. An
// advisory without a CVE has none.
func batchOf(vendor, name string, h *catalog.Hit) (title, url string) {
	if !intel.IsCVE(h.CVE) {
		return "", ""
	}
	switch {
	case vendor == "microsoft":
		if intel.IsReleaseTitle(h.Fix.Title) {
			title = "Microsoft " + h.Fix.Title
		}
		if strings.HasPrefix(name, "edge") {
			return title, "https://msrc.microsoft.com/update-guide/vulnerability/" + h.CVE
		}
		return title, "https://portal.msrc.microsoft.com/en-US/security-guidance/advisory/" + h.CVE
	case h.Published != 0 && vendor != "":
		title = raised(vendor) + " " + h.Published.String() + " Vulnerabilities"
	}
	if hasArticles(vendor) && h.Fix.URL != "" {
		return title, h.Fix.URL
	}
	return title, "https://nvd.nist.gov/vuln/detail/" + h.CVE
}

// raised returns a vendor with a capital at its beginning: "Notepad_plus_plus".
func raised(vendor string) string {
	first, size := utf8.DecodeRuneInString(vendor)
	return string(unicode.ToUpper(first)) + vendor[size:]
}
