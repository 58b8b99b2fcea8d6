package coverage

import (
	"slices"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// Limits are the ages beyond which feeds are too old to judge by.
type Limits struct {
	// Records is that of CVE records (cve5, nvd), Advisories of osv and of publishers' own, Exploited of kev,
	// Support of eol, Likely of epss, Updates of msrc, Releases of sofa, Exploits of metasploit, exploitdb and
	// nuclei. Zero: none.
	Records, Advisories, Exploited, Support, Likely, Updates, Releases, Exploits time.Duration
}

const day = 24 * time.Hour

// DefaultLimits returns a week for what changes daily, and a month for what changes seldom (decision
// 66). Microsoft's updates come every month, at most five weeks apart.
func DefaultLimits() Limits {
	return Limits{Records: 7 * day, Advisories: 7 * day, Exploited: 30 * day, Support: 30 * day, Likely: 7 * day,
		Updates: 45 * day, Releases: 30 * day, Exploits: 30 * day}
}

// Of returns the limit of a kind; zero for none.
func (l Limits) Of(kind intel.Kind) time.Duration {
	if kind.Advises() {
		return l.Advisories
	}
	switch kind {
	case intel.CVE5, intel.NVD:
		return l.Records
	case intel.KEV:
		return l.Exploited
	case intel.EOL:
		return l.Support
	case intel.EPSS:
		return l.Likely
	case intel.MSRC:
		return l.Updates
	case intel.SOFA:
		return l.Releases
	case intel.Metasploit, intel.ExploitDB, intel.Nuclei:
		return l.Exploits
	}
	return 0
}

// Judges reports whether software is assessed by feeds of a kind. Of others the age and the extent change no
// answer: KEV, EPSS and lists of exploits say more about CVEs that are known, and endoflife.date when support ends.
func Judges(kind intel.Kind) bool {
	switch kind {
	case intel.CVE5, intel.NVD, intel.MSRC, intel.SOFA:
		return true
	}
	return kind.Advises()
}

// Dated says how current a feed is.
type Dated struct {
	Feed
	// Fetched is when its source was last asked with success; zero if it was imported by hand.
	// Imported is when it was imported.
	Fetched, Imported time.Time
	// Failures is how many refreshes in a row failed.
	Failures int64
}

// AsOf returns the day up to which the feed knows: when its source was last asked, else its newest
// date. A newest date in the future, or of ecosystems so small that nothing may change for months, says
// nothing: then the import counts.
func (d *Dated) AsOf(now time.Time) time.Time {
	switch {
	case !d.Fetched.IsZero():
		return d.Fetched
	case d.Newest.IsZero() || d.Newest.After(now) || d.isQuiet():
		return d.Imported
	}
	return d.Newest
}

// isQuiet reports whether all ecosystems of a feed are small.
func (f *Feed) isQuiet() bool {
	return f.Kind.Advises() && !slices.ContainsFunc(f.Ecosystems, func(e Ecosystem) bool {
		_, whole := listed(e.Name)
		return whole.records > quiet
	})
}

// IsOld reports whether a feed is older than the limit of its kind. One of which no day is known is not old.
func (d *Dated) IsOld(now time.Time, limits Limits) bool {
	limit, asOf := limits.Of(d.Kind), d.AsOf(now)
	return limit > 0 && !asOf.IsZero() && now.Sub(asOf) > limit
}

// Old lists the names of the feeds that are older than the limit of their kind, ascending.
func Old(feeds []Dated, now time.Time, limits Limits) []string {
	var names []string
	for i := range feeds {
		if feeds[i].IsOld(now, limits) {
			names = append(names, feeds[i].Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Aged returns an answer while some feeds, ascending by name, are too old: what was assessed by one of
// them is partly assessed, since nobody looked for what is newer. Another reason for a part stays, since
// a newer feed would not change it.
func (a Answer) Aged(old []string) Answer {
	if a.State != Assessed {
		return a
	}
	for _, name := range a.Feeds {
		if _, ok := slices.BinarySearch(old, name); ok {
			a.State, a.Reason = Partly, FeedOld
		}
	}
	return a
}
