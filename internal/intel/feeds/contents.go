package feeds

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
)

const (
	// maxEcosystemName bounds what is kept of an ecosystem's name, in bytes; the longest real ones have
	// about 80.
	maxEcosystemName = 200
	// maxCounted bounds the ecosystems that are told apart. Real feeds have some hundreds.
	maxCounted = 100_000
)

// ErrUnnamed says that records do not tell what their feed is to be called.
var ErrUnnamed = errors.New("the records do not say which feed they are")

// Contents finds out what the records of one feed are about. The zero value has seen none.
type Contents struct {
	// Until is when the feed is read: later dates are mistakes and do not count.
	Until time.Time

	records           int64
	placed            int64
	withoutCVE        int64
	ecosystems        map[string]int64 // the number of records that name it
	owners            map[string]int64 // by the part of ecosystems before the colon
	publishers        map[string]int64
	first, last       int
	oldest, newest    time.Time
	namesOf, ownersOf map[string]bool // of one record
}

// Add adds a record.
func (c *Contents) Add(r *intel.Record) {
	if c.ecosystems == nil {
		c.ecosystems, c.owners, c.publishers = map[string]int64{}, map[string]int64{}, map[string]int64{}
		c.namesOf, c.ownersOf = map[string]bool{}, map[string]bool{}
	}
	c.records++
	c.publishers[r.Publisher]++
	clear(c.namesOf)
	clear(c.ownersOf)
	for i := range r.Packages {
		name := r.Packages[i].Ecosystem
		c.namesOf[strings.ToValidUTF8(name[:min(len(name), maxEcosystemName)], "\uFFFD")] = true
	}
	for name := range c.namesOf {
		add(c.ecosystems, name)
		c.ownersOf[owner(name)] = true
	}
	for name := range c.ownersOf {
		add(c.owners, name)
	}
	c.placed += int64(min(1, len(c.namesOf)))
	if len(r.Packages) > 0 && !slices.ContainsFunc(r.Packages, func(p intel.Package) bool {
		return slices.ContainsFunc(p.CVEs, intel.IsCVE)
	}) {
		c.withoutCVE++
	}
	c.addYear(yearOf(r))
	c.addTime(cmp.Or(r.Modified, r.Published))
}

// add counts a name, unless there are too many.
func add(counted map[string]int64, name string) {
	if _, known := counted[name]; known || len(counted) < maxCounted {
		counted[name]++
	}
}

func (c *Contents) addYear(year int) {
	if year == 0 {
		return
	}
	c.last = max(c.last, year)
	if c.first == 0 || year < c.first {
		c.first = year
	}
}

func (c *Contents) addTime(t time.Time) {
	if t.IsZero() || t.After(c.Until) {
		return
	}
	if c.oldest.IsZero() || t.Before(c.oldest) {
		c.oldest = t
	}
	if t.After(c.newest) {
		c.newest = t
	}
}

// yearOf returns the year in the id of a CVE, else the year in which an advisory was published; 0 if
// neither is known.
func yearOf(r *intel.Record) int {
	if intel.IsCVE(r.Source) {
		year, _ := strconv.Atoi(r.Source[len("CVE-"):][:4])
		return year
	}
	if r.Lifecycle != nil || r.Published.IsZero() {
		return 0
	}
	return r.Published.Year()
}

// owner returns the part of an ecosystem's name before its release: "Debian" of "Debian:12".
func owner(ecosystem string) string {
	name, _, _ := strings.Cut(ecosystem, ":")
	return name
}

// Sum returns what the records are about.
func (c *Contents) Sum() counts.FeedContents {
	s := counts.FeedContents{Ecosystems: []counts.EcosystemRecords{}, EcosystemCount: len(c.ecosystems),
		Placed: c.placed, WithoutCVE: c.withoutCVE, FirstYear: c.first, LastYear: c.last}
	names := slices.Sorted(maps.Keys(c.ecosystems))
	// Those that every record names are listed, however many others there are.
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(c.ecosystems[b], c.ecosystems[a]) })
	names = names[:min(len(names), counts.MaxEcosystems)]
	slices.Sort(names)
	for _, name := range names {
		s.Ecosystems = append(s.Ecosystems, counts.EcosystemRecords{Name: name, Records: c.ecosystems[name]})
	}
	if !c.newest.IsZero() {
		s.OldestTime, s.NewestTime = &c.oldest, &c.newest
	}
	return s
}

// Name returns what a feed of a kind is called by its records: for advisories the one ecosystem that every
// record names, else the one publisher of ecosystems; for other kinds the publisher of the records,
// with the year if all are of one. A refresh fetches under the same names.
func (c *Contents) Name(kind intel.Kind) (string, error) {
	if kind.Advises() {
		if name := c.publisher(""); name != "" {
			return name, nil
		}
		return c.ecosystem(kind)
	}
	switch kind {
	case intel.CVE5:
		return c.ofYear(c.publisher("cvelistV5")), nil
	case intel.NVD:
		return c.ofYear(c.publisher("nvd")), nil
	case intel.KEV:
		return "kev", nil
	case intel.EOL:
		return "endoflife", nil
	case intel.EPSS:
		return "epss", nil
	case intel.MSRC:
		return c.publisher("msrc"), nil
	case intel.Metasploit:
		return c.publisher("metasploit"), nil
	case intel.SOFA, intel.ExploitDB, intel.Nuclei, intel.Titles, intel.Checks:
		return string(kind), nil
	}
	return "", fmt.Errorf("kind %q: %w", kind, ErrUnnamed)
}

// ecosystem returns the name of a feed of advisories on packages.
func (c *Contents) ecosystem(kind intel.Kind) (string, error) {
	for name, records := range c.owners { // whose own feed has all releases, even if these records share one
		if e, ok := ecosystem.Of(name); ok && records == c.placed && e.Own == string(kind) && !e.OwnByRelease {
			return name, nil
		}
	}
	for _, all := range []map[string]int64{c.ecosystems, c.owners} {
		var common []string
		for name, records := range all {
			if records == c.placed {
				common = append(common, name)
			}
		}
		if len(common) == 1 {
			return common[0], nil
		}
	}
	if c.placed == 0 {
		return "", fmt.Errorf("no record names an ecosystem: %w", ErrUnnamed)
	}
	owners := slices.Sorted(maps.Keys(c.owners))
	return "", fmt.Errorf("%d records of ecosystems of %d publishers (%s): %w", c.placed, len(owners), some(owners), ErrUnnamed)
}

// some lists the first of some names, which come from outside.
func some(names []string) string {
	const most = 5
	var listed []string
	for _, name := range names[:min(len(names), most)] {
		listed = append(listed, fmt.Sprintf("%.80q", name))
	}
	if len(names) > most {
		listed = append(listed, "…")
	}
	return strings.Join(listed, ", ")
}

// publisher returns the publisher whose name all records show, else the usual one of the kind.
func (c *Contents) publisher(usual string) string {
	for name, records := range c.publishers {
		if name != "" && records == c.records {
			return name
		}
	}
	return usual
}

// ofYear adds the year, if all records are of one. NVD's file of 2002 holds all CVEs before, too.
func (c *Contents) ofYear(name string) string {
	const oldest = 2002
	if c.last == 0 || c.first != c.last && c.last > oldest {
		return name
	}
	return fmt.Sprintf("%s-%d", name, c.last)
}
