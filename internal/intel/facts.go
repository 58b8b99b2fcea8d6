package intel

import (
	"net/url"
	"strings"
	"time"
)

// ParseTime parses the spellings of time in feeds: RFC 3339, the same without a zone (UTC), and a
// date alone. Other text gives the zero time.
func ParseTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// IsCVE reports whether id is a CVE identifier.
func IsCVE(id string) bool {
	rest, ok := strings.CutPrefix(id, "CVE-")
	if !ok || len(id) > 24 {
		return false
	}
	year, number, ok := strings.Cut(rest, "-")
	return ok && len(year) == 4 && len(number) >= 4 && isDigits(year) && isDigits(number)
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// ShowsExploit reports whether a reference leads to an exploit: its source says so with a tag, or it is a page of
// Exploit-DB (matching.md, 3.4).
func ShowsExploit(address string, tags []string) bool {
	for _, tag := range tags {
		if strings.EqualFold(tag, "exploit") {
			return true
		}
	}
	const site, folder = "exploit-db.com", "/exploits/"
	if !strings.Contains(address, folder) {
		return false
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	number, ok := strings.CutPrefix(strings.TrimSuffix(u.Path, "/"), folder)
	return ok && number != "" && isDigits(number) && strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") == site
}

// ExploitOf parses the decision point "exploitation" of SSVC, "none", "poc" or "active" in either
// case (matching.md, 3.4).
func ExploitOf(ssvc string) Exploit {
	switch strings.ToLower(ssvc) {
	case "poc":
		return ExploitPublic
	case "active":
		return ExploitVerified
	}
	return NoExploit
}
