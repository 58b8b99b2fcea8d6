package msrc

import (
	"regexp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// catalogPage shows where to get an update (doc/contract.md, section 4).
const catalogPage = "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB"

// urlOf returns where to get an update; "" for none.
func urlOf(id string) string {
	if id == "" {
		return ""
	}
	return catalogPage + id
}

// idOf reads the number of a KB article; "" if a text is none: "Release Notes", "Click to Run", "Commit", or
// nothing.
func idOf(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > 2 && strings.EqualFold(text[:2], "kb") {
		text = strings.TrimSpace(text[2:])
	}
	const shortest, longest = 5, 9 // digits; real ones have 6 or 7, and two have 8
	if len(text) < shortest || len(text) > longest || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}

// idsOf reads the numbers in a text that lists several, by whatever marks: "5022728;5026958",
// "4018309<br><br>4011703".
func idsOf(text string) []string {
	var ids []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '.')
	}) {
		if id := idOf(word); id != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// cveID finds ids of CVEs in a text. Microsoft's lists have some in other spellings: "cve-2012-0159",
// "CVE20163247", "CVE-2015-2442CVE-2015-2446".
var cveID = regexp.MustCompile(`(?i)CVE-?([0-9]{4})-?([0-9]{4,})`)

// cvesOf returns the ids of CVEs in a text.
func cvesOf(text string) []string {
	if intel.IsCVE(text) {
		return []string{text}
	}
	var ids []string
	for _, part := range cveID.FindAllStringSubmatch(text, -1) {
		if id := "CVE-" + part[1] + "-" + part[2]; intel.IsCVE(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// productOf returns the words for a product with one blank between them.
func productOf(text string) string { return strings.Join(strings.Fields(text), " ") }

// isDistribution reports whether a product is Microsoft's Linux distribution or a package of it.
func isDistribution(product string) bool {
	return strings.Contains(product, "Mariner") || strings.Contains(product, "Azure Linux")
}
