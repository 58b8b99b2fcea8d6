package rule

import (
	"slices"
	"sort"
	"strings"

	"github.com/muster-project/muster/internal/version"
)

// Order places versions among those named by a subject's rules. A place is an integer: 2i+1 is the
// i-th of these versions, and the even numbers are the gaps between. A range of versions is then a
// closed interval of places.
type Order struct {
	scheme version.Scheme
	// count is the number of versions, ascending and distinct; at returns the i-th: its key if the
	// scheme is generic, else as written.
	count int
	at    func(i int) string
	// places, if not nil, caches the places of versions.
	places map[string]uint32
}

// NewOrder returns the order of a subject's versions, in the form of Compiled.
func NewOrder(scheme version.Scheme, versions []string) Order {
	return Order{scheme: scheme, count: len(versions), at: func(i int) string { return versions[i] }}
}

// The places before and after everything.
const (
	PlaceFirst = 0
	PlaceLast  = ^uint32(0)
)

// sortVersions returns the distinct versions of texts in the form and sequence of an order.
// Versions that cannot be compared are left out.
func sortVersions(scheme version.Scheme, texts []string) []string {
	slices.Sort(texts)
	texts = slices.Compact(texts)
	if scheme == version.Generic {
		return genericVersions(texts)
	}
	parsed := make([]parsedVersion, 0, len(texts))
	for _, text := range texts {
		if v, err := version.Parse(scheme, text); err == nil {
			parsed = append(parsed, parsedVersion{text, v})
		}
	}
	slices.SortStableFunc(parsed, parsedVersion.compare)
	parsed = slices.CompactFunc(parsed, func(a, b parsedVersion) bool { return a.compare(b) == 0 })
	versions := make([]string, len(parsed))
	for i, v := range parsed {
		versions[i] = v.text
	}
	return versions
}

func genericVersions(texts []string) []string {
	keys := make([]string, 0, len(texts))
	for _, text := range texts {
		if version.Orderable(text) {
			keys = append(keys, string(version.Key(text)))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

type parsedVersion struct {
	text string
	version.Version
}

// compare treats versions that cannot be compared as equal. Parsed versions of one scheme can be
// compared.
func (v parsedVersion) compare(w parsedVersion) int {
	c, err := v.Version.Compare(w.Version)
	if err != nil {
		return 0
	}
	return c
}

// Place returns the place of a version; ok is false if it cannot be compared.
func (o Order) Place(text string) (place uint32, ok bool) {
	if place, ok = o.places[text]; ok {
		return place, true
	}
	if place, ok = o.search(text); ok && o.places != nil {
		o.places[text] = place
	}
	return place, ok
}

func (o Order) search(text string) (place uint32, ok bool) {
	if !version.Orderable(text) {
		return 0, false
	}
	if o.scheme == version.Generic {
		key := string(version.Key(text))
		return placeOf(sort.Find(o.count, func(i int) int { return strings.Compare(key, o.at(i)) })), true
	}
	v, err := version.Parse(o.scheme, o.withEpoch(text))
	if err != nil {
		return 0, false
	}
	ok = true
	i, found := sort.Find(o.count, func(i int) int {
		c, err := v.Compare(o.parsed(i))
		ok = ok && err == nil
		return c
	})
	return placeOf(i, found), ok
}

// withEpoch returns a version whose epoch is not known with that of the newest version: an epoch only ever rises.
func (o Order) withEpoch(text string) string {
	rest, unknown := strings.CutPrefix(text, version.UnknownEpoch)
	if !unknown || o.count == 0 {
		return rest
	}
	if epoch, _, ok := strings.Cut(o.at(o.count-1), ":"); ok {
		return epoch + ":" + rest
	}
	return rest
}

// parsed returns the i-th version. If a damaged catalog contains one that does not parse, it is
// the zero Version, which compares with nothing.
func (o Order) parsed(i int) version.Version {
	v, err := version.Parse(o.scheme, o.at(i))
	if err != nil {
		return version.Version{}
	}
	return v
}

func placeOf(i int, found bool) uint32 {
	if found {
		return uint32(2*i + 1)
	}
	return uint32(2 * i)
}
