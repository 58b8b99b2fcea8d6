package catalog

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// One name may mean two products, of which one is installed on devices: a server and its client, or
// two programs of different makers. A name alone does not decide (matching.md, 1.5; decision 63).

// accepts reports whether an entry with a pair's name may be the pair's product: the pair is
// curated, or feeds know it on this platform, or its versions are plausible for the entry. A pair
// that calls itself a server is none of an entry that does not, unless feeds know it on this
// platform.
func (c resolver) accepts(r *Component, number uint32, title string) bool {
	if c.curated.ByPair(alias.Pair{Subject: c.subjectKey(number)}) != nil {
		return true
	}
	all := drafter(c).whole(number)
	plausible := r.Version == "" || all.history().plausible(r.Version)
	if plausible && !isOtherRole(productOf(c.subjectKey(number)), title) {
		return true
	}
	return all.isKnownOn(subject.PlatformOf(r.OSPlatform, r.OSVersion))
}

// isOtherRole reports whether a pair's product has a word for a server that a title lacks.
func isOtherRole(product, title string) bool {
	for _, word := range words(product) {
		if isServerWord(word) && !strings.Contains(title, word) {
			return true
		}
	}
	return false
}

// isServerWord reports whether a word of a product's name says that it serves others or is no
// program of a device.
func isServerWord(word string) bool {
	switch word {
	case "server", "servers", "appliance", "cloud", "cluster", "controller", "firmware", "gateway", "saas":
		return true
	}
	return false
}

// isKnownOn reports whether a feed says of a pair that it is affected on some platforms, of which
// this is one.
func (l *layout) isKnownOn(on subject.Platforms) bool {
	for _, rule := range l.rules {
		if rule.platforms != subject.Everywhere && rule.platforms&on != subject.Nowhere && !rule.unaffected {
			return true
		}
	}
	return false
}

// client returns the pair of the same maker that says it is the client of a pair: "desktop" or
// "nextcloud_desktop" of "nextcloud_server". It is meant by an entry of a personal computer whose
// name says neither.
func (c resolver) client(r *Component, number uint32, title string) (uint32, bool) {
	if r.Kind != kindWindows && r.Kind != "macos" || strings.HasPrefix(r.OSPlatform, "WindowsServer") ||
		slices.ContainsFunc(words(subject.JoinWords(title)), isServerWord) {
		return 0, false
	}
	vendor, product, _ := strings.Cut(strings.TrimPrefix(c.subjectKey(number), "a:"), ":")
	base := strings.TrimSuffix(product, "_server")
	if product == "server" {
		base = vendor
	}
	for _, word := range [...]string{"desktop", "desktop_client", "client", "desktop_app"} {
		names := []string{base + "_" + word, base + "-" + word}
		if base == vendor {
			names = append(names, word)
		}
		for _, name := range names {
			other, known := c.findSubject(subject.CPE("a", vendor, name))
			if known && c.isDesktop(other) && (r.Version == "" || drafter(c).whole(other).history().plausible(r.Version)) {
				return other, true
			}
		}
	}
	return 0, false
}

// confirms reports whether feeds name versions of a pair with the same first number as an
// entry's, or with a year where the entry's is one, too: a CPE whose vendor is its product is what
// tools make of a name, and a hint only.
func (l *layout) confirms(installed string) bool {
	first, ok := version.FirstNumber(version.Key(installed))
	if !ok || installed == "" {
		return false
	}
	for _, key := range l.versions {
		if named, ok := namedNumber(key); ok && (named == first || named >= years && first >= years) {
			return true
		}
	}
	return false
}

// history is what feeds show of a product's versions: the least and greatest first number, and how
// many there are, up to complete.
type history struct {
	least, greatest uint64
	count           int
}

const (
	// complete is the number of first numbers from which on a history is taken for complete.
	complete = 4
	// near is how much less an entry's first number may be than the least of a complete history.
	// Another says nothing: one bound may be of any release.
	near = 1
	// years is where first numbers are years.
	years = 1000
)

// history returns the history of a pair.
func (l *layout) history() history {
	var h history
	for _, key := range l.versions { // ascending
		named, ok := namedNumber(key)
		if !ok || h.count > 0 && named == h.greatest {
			continue
		}
		if h.count++; h.count == 1 {
			h.least = named
		}
		if h.greatest = named; h.count == complete {
			break
		}
	}
	for i := len(l.versions) - 1; i >= 0 && h.count == complete; i-- {
		if named, ok := namedNumber(l.versions[i]); ok {
			h.greatest = named
			break
		}
	}
	return h
}

// plausible reports whether a version may be of a product with this history: it is not long before
// everything that is known, and years are not compared with counted releases.
func (h history) plausible(installed string) bool {
	first, ok := version.FirstNumber(version.Key(installed))
	if !ok || h.count == 0 {
		return true
	}
	return (h.count < complete || first+near >= h.least) && (first < years || h.greatest >= years)
}

// longestVersion bounds the keys that are taken for versions, in bytes: longer ones are mostly
// hashes of commits.
const longestVersion = 28

// namedNumber returns the first number of a version that a feed names, by its key. Versions that
// stand for "from the first" have none: nobody says that such a version exists.
func namedNumber(key string) (number uint64, ok bool) {
	if len(key) > longestVersion || key == firstKey("0") || key == firstKey("1") {
		return 0, false
	}
	return version.FirstNumber([]byte(key))
}

func firstKey(v string) string { return string(version.Key(v)) }

// productOf returns the product of a CPE pair's key.
func productOf(key string) string { return key[strings.LastIndexByte(key, ':')+1:] }

// words splits a product's name.
func words(product string) []string {
	return strings.FieldsFunc(product, func(r rune) bool { return r == '_' || r == '-' || r == '.' })
}
