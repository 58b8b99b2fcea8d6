package alias

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
)

// Entry is a piece of software as a device reports it, as far as titles decide.
type Entry struct {
	Kind, Vendor, Name, Version string
	// ID is a macOS bundle id, a package family of Windows or an MSI upgrade code; PURL a package URL.
	ID, PURL string
}

// Seen is an example of a title, as it was seen.
type Seen struct {
	Entry
	// True is the version that is compared.
	True string
	line int
}

// cleaned returns the title of an example as patterns see it.
func cleaned(s Seen) string { return subject.CleanName(s.Name, "") }

// packageID returns the key of an id of winget or Homebrew, from a package URL; "" if it is none.
func packageID(purl string) string {
	name, _, _ := strings.Cut(strings.ToLower(purl), "@")
	if id, ok := strings.CutPrefix(name, "pkg:winget/"); ok {
		return wingetKey(strings.ReplaceAll(id, "/", "."))
	}
	if id, ok := strings.CutPrefix(name, "pkg:brew/"); ok {
		return brewKey(id)
	}
	return ""
}

func wingetKey(id string) string  { return "winget:" + strings.ToLower(id) }
func brewKey(token string) string { return "brew:" + strings.ToLower(token) }
