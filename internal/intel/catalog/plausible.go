package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
)

// One name may mean two products, of which one is installed on devices: a server and its client, or
// two programs of different makers. A name alone does not decide (matching.md, 1.5; decision 63).

// accepts reports whether an entry with a pair's name may be the pair's product: the pair is curated, or feeds know it
// on this platform, or its versions are plausible for the entry. A pair that calls itself a server is none of an entry
// that does not, unless feeds know it on this platform.
func (c resolver) accepts(r *Component, number uint32, title string) bool {
	if c.curated.ByPair(alias.Pair{Subject: c.subjectKey(number)}) != nil {
		return true
	}
	all := drafter(c).whole(number)
	plausible := r.Version == "" || rule.HistoryOf(all.versions).Plausible(r.Version)
	if plausible && !subject.Serves(productOf(c.subjectKey(number)), title) {
		return true
	}
	return all.isKnownOn(subject.PlatformOf(r.OSPlatform, r.OSVersion))
}

// isKnownOn reports whether a feed says of a pair that it is affected on some platforms, of which this is one.
func (l *layout) isKnownOn(on subject.Platforms) bool {
	for _, rule := range l.rules {
		if rule.platforms != subject.Everywhere && rule.platforms&on != subject.Nowhere && !rule.unaffected {
			return true
		}
	}
	return false
}

// client returns the pair of the same maker that says it is the client of a pair: "desktop" or "nextcloud_desktop" of
// "nextcloud_server". It is meant by an entry of a personal computer whose name says neither.
func (c resolver) client(r *Component, number uint32, title string) (uint32, bool) {
	if r.Kind != kindWindows && r.Kind != "macos" || strings.HasPrefix(r.OSPlatform, "WindowsServer") ||
		subject.NamesServer(title) {
		return 0, false
	}
	vendor, product, _ := strings.Cut(strings.TrimPrefix(c.subjectKey(number), "a:"), ":")
	for _, name := range subject.Clients(vendor, product) {
		other, known := c.findSubject(subject.CPE("a", vendor, name))
		if known && c.isDesktop(other) && (r.Version == "" ||
			rule.HistoryOf(drafter(c).whole(other).versions).Plausible(r.Version)) {
			return other, true
		}
	}
	return 0, false
}

// productOf returns the product of a CPE pair's key.
func productOf(key string) string { return key[strings.LastIndexByte(key, ':')+1:] }
