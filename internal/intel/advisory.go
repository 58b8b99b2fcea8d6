package intel

import "strings"

// maxAdvisoryID bounds the id of an advisory, in bytes; the longest real ones have about 30.
const maxAdvisoryID = 64

// IsAdvisory reports whether id may be that of an advisory, in the form of the OSV schema (field "id"):
// the prefix of a database, "-", and what the database likes (GHSA-5j5w-g665-5m35, MAL-2022-7421,
// ALSA-2024:2950). It has no "_", which separates the parts of a row's id.
func IsAdvisory(id string) bool {
	prefix, rest, ok := strings.Cut(id, "-")
	if !ok || prefix == "" || rest == "" || len(id) > maxAdvisoryID || !isLetters(prefix) {
		return false
	}
	return strings.IndexFunc(rest, func(r rune) bool {
		return !isLetter(r) && (r < '0' || r > '9') && r != '-' && r != '.' && r != ':'
	}) < 0
}

// IsVulnerability reports whether id names a vulnerability: a CVE, or an advisory that names no CVE.
func IsVulnerability(id string) bool {
	return IsCVE(id) || IsAdvisory(id) && !strings.HasPrefix(id, "CVE-")
}

// CanonicalID returns the id of a vulnerability in the case in which databases write it: GitHub's have
// lower-case letters after their prefix, all others are left alone unless they have no capital at all.
func CanonicalID(id string) string {
	const github = "GHSA-"
	switch upper := strings.ToUpper(id); {
	case strings.HasPrefix(upper, github):
		return github + strings.ToLower(id[len(github):])
	case strings.HasPrefix(upper, "CVE-"), strings.ToLower(id) == id:
		return upper
	}
	return id
}

func isLetters(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !isLetter(r) }) < 0
}

func isLetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80 }
