package intel

import (
	"bytes"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/version"
)

// Record is the content of one document of a feed. A document may have several kinds of content;
// every field but Source may be absent.
type Record struct {
	// Source names the document inside its feed ("CVE-2024-9680",
	// "ALSA-2024:9315"), for explanations.
	Source string
	// Publisher is the name of the feed that publishes documents like this one, as far as the
	// document shows it: "overrides", "cvelistV5". Empty: the usual one of its kind.
	Publisher string
	// Published is when the record was made, Modified when it was last changed; zero if it does not
	// say.
	Published, Modified time.Time
	// Listing is the document that lists the record beside others; nil if there is none. Records of
	// one document share it.
	Listing *Listing
	// CVE has facts about one CVE.
	CVE *CVE
	// Affected are statements on products identified by CPEs or vendor names.
	Affected []Affected
	// Aliases are vendor and product spellings seen beside a CPE pair.
	Aliases []Alias
	// Packages are statements on packages of an ecosystem (OSV, CVE records).
	Packages []Package
	// Updates are a maker's own updates and the CVEs that they fix.
	Updates []Update
	// Lifecycle is one product's release cycles (endoflife.date).
	Lifecycle *Lifecycle
	// Likelihood is how likely the CVE that Source names is to be exploited.
	Likelihood *Likelihood
	// Titles is a file of software titles (package titles).
	Titles string
	// Checks is a file of checks of settings, after a line with its name (package checks).
	Checks string
}

// Likelihood is a score of the Exploit Prediction Scoring System (https://www.first.org/epss/model).
type Likelihood struct {
	// Score is the probability that exploitation is seen in the next 30 days, Percentile the share of
	// scored CVEs with the same score or a lower one; both from 0 to 1.
	Score, Percentile float64
	// Day is when the scores were made, Model the version of the model ("v2026.06.15"); zero and empty
	// if the source does not say.
	Day   time.Time
	Model string
}

// Listing is what a document says about the list of records in it, before the list.
type Listing struct {
	// Total is how many records the publisher has, Here how many of them are in this document; 0 if
	// it does not say. A page of NVD's API has Here of Total, a file that is complete says Total alone,
	// or the same number twice.
	Total, Here int
	// Released is when the document was made; zero if it does not say.
	Released time.Time
	// Repository, Branch and Origin are what a list of a distribution's security fixes is of: the name of the
	// repository of packages, the release, and where packages are published.
	Repository, Branch, Origin string
}

// MaxRules bounds the rules that a catalog may have to make from one record. The largest real
// ones, of Linux kernels, need about 10,000.
const MaxRules = 500_000

// Rules returns how many rules a catalog may have to make from the record; an update is one.
func (r *Record) Rules() int {
	n := 0
	for i := range r.Affected {
		n += max(1, rules(r.Affected[i].Versions))
	}
	for i := range r.Packages {
		p := &r.Packages[i]
		n += max(1, len(p.CVEs)) * max(1, len(p.Ranges)+len(p.Versions))
	}
	return n + len(r.Updates)
}

// rules returns how many rules versions may become: each affected range is cut by each unaffected
// one.
func rules(versions []Range) int {
	ranges, sound := 0, 0
	for i := range versions {
		switch {
		case versions[i].Unaffected:
			sound++
		case versions[i].Exact == "":
			ranges++
		}
	}
	return len(versions) + ranges*sound
}

// CVE is what one source says about one CVE, or one vulnerability without a CVE, whatever it affects.
type CVE struct {
	ID       string
	Rejected bool
	// Published and Updated are the dates of the CVE's record; zero if the source does not say.
	Published, Updated time.Time
	// Scores are base scores with their sources; the catalog chooses one (matching.md, 3.4).
	Scores []Score
	// Severity is the record's own word.
	Severity Severity
	Exploit  Exploit
	// Words are for people; they never decide whether something is affected.
	Words Words
	// KEV is the CVE's entry in CISA's catalog of known exploited vulnerabilities; nil if the source
	// shows none.
	KEV *Exploited
}

// Words is what a source says about a CVE in words. Every field may be empty.
type Words struct {
	By                 Authority
	Title, Description string
	// ExploitURLs are the addresses of references that the source tags as exploits.
	ExploitURLs []string
}

// IsEmpty reports whether nothing is said.
func (w *Words) IsEmpty() bool {
	return w.Title == "" && w.Description == "" && len(w.ExploitURLs) == 0
}

// Exploited is an entry in CISA's catalog of known exploited vulnerabilities.
type Exploited struct {
	// Added is when the entry was made, Due until when agencies of the United States have to act; zero
	// if the source does not say.
	Added, Due time.Time
	// Ransomware says that ransomware is known to use it.
	Ransomware bool
	// Copied marks what another publisher says of the entry, which may lag behind.
	Copied bool
}

// Score is one CVSS base score.
type Score struct {
	// Version is "3.1", "3.0", "4.0" or "2.0".
	Version string
	// Vector is the CVSS vector; the score is recomputed from it.
	Vector string
	Base   float64
	By     Authority
}

// Authority is the author of a statement; a lower value is trusted more.
type Authority uint8

// The authorities, in order of trust for scores.
const (
	ByNVD Authority = iota
	ByCNA
	ByADP
	ByDistribution
	ByOther
)

// Exploit is how far an exploit is known to exist; the highest of all sources counts.
type Exploit uint8

// The levels of Exploit.
const (
	NoExploit Exploit = iota
	ExploitPublic
	ExploitVerified
	ExploitInKit
)

// Affected says which versions of one product a CVE affects.
type Affected struct {
	CVE string
	// Part is "a" or "o" ("h" is never matched); Vendor and Product are the CPE pair in lower
	// case. For a CVE 5 entry without a CPE, Part is empty and Vendor and Product are the texts as
	// written: the catalog attaches them to a known pair or drops them.
	Part, Vendor, Product string
	// TargetSW is the CPE's target_sw ("" for any): "wordpress", "iphone_os".
	TargetSW string
	// SWEdition is the CPE's sw_edition ("" for any): "esr", "enterprise".
	SWEdition string
	// Versions are the affected versions and, with Unaffected, the unaffected ones: a version is
	// affected if some affected range and no unaffected range of the same statement contains it.
	// Never empty.
	Versions []Range
	// Requires are platform conditions of AND nodes: the finding only holds where one of them is
	// present. Empty: anywhere.
	Requires []Platform
	// RequiresAlso are further conditions, which are rare: one of each list must be present, too.
	RequiresAlso [][]Platform
	By           Authority
	// Doubtful says that the source contradicts itself about the bounds, or is known to shorten them:
	// any other source's bounds count first.
	Doubtful bool
	// Assigner is the CNA's short name ("chrome", "microsoft"), if known.
	Assigner string
	Fix      Fix
}

// Range is a set of versions [Low, High), [Low, High] or exactly Exact; the
// zero Range is every version. A CPE's update follows its version after a
// colon: "1.8.0:update381".
type Range struct {
	// Exact, if not empty, is the only version; the bounds are then empty.
	Exact string
	// Low is "" for "from the first"; LowExcluded excludes it.
	Low         string
	LowExcluded bool
	// High is "" for an open end; HighIncluded includes it.
	High         string
	HighIncluded bool
	// Unaffected marks a statement that these versions are not affected.
	Unaffected bool
}

// IsEmpty reports whether a range of two dotted numbers ends before it begins. Of bounds in other
// spellings, the order depends on the product.
func (r Range) IsEmpty() bool {
	const dotted = "0123456789."
	if r.Low == "" || r.High == "" || strings.Trim(r.Low, dotted) != "" || strings.Trim(r.High, dotted) != "" {
		return false
	}
	c := bytes.Compare(version.Key(r.Low), version.Key(r.High))
	return c > 0 || c == 0 && (r.LowExcluded || !r.HighIncluded)
}

// SameVersion reports whether two bounds mean the same version, by the order of versions of no
// ecosystem: "7.0" and "7.0.0".
func SameVersion(a, b string) bool { return bytes.Equal(version.Key(a), version.Key(b)) }

// Platform is a product named as a condition ("o", "microsoft", "windows").
type Platform struct{ Part, Vendor, Product string }

// Alias is a vendor and product text that a source wrote beside a CPE pair.
type Alias struct {
	VendorText, ProductText string
	Part, Vendor, Product   string
	TargetSW                string
}

// Package says which versions of one ecosystem's package an advisory affects.
type Package struct {
	// CVEs are the CVE ids the advisory names (aliases, upstream or related). If it names none, they are
	// the name of a vulnerability without a CVE, or nothing.
	CVEs []string
	// Advisory is the advisory's own id ("ALSA-2024:9315", "GO-2024-2687").
	Advisory string
	// Ecosystem is OSV's name, including the release ("AlmaLinux:9", "Debian:12", "Go").
	Ecosystem string
	Name      string
	PURL      string
	// Binaries are the packages that are built from the package, which is a source; not all
	// publishers list them.
	Binaries []string
	// Ranges and Versions are a union; GIT ranges are left out.
	Ranges   []Range
	Versions []string
	// Module is the module stream of the package ("nodejs:18"), if the source states it; else it is looked for in
	// the title of the fix.
	Module string
	// Branch says that Ecosystem stands for the builds for one minor release: what is Unaffected there is
	// unaffected whatever is said of the builds of the whole release (doc/decision/0124).
	Branch bool
	// Severity is the advisory's own word, for this package.
	Severity Severity
	// By is the author of a statement in a CVE record, ByCNA or ByADP. Otherwise the statement is an
	// advisory of the ecosystem's own database, which is trusted most.
	By Authority
	// Own says that the statement is from a feed that the ecosystem's publisher makes itself. What it says of a
	// package and a CVE counts whole, in place of what copies say of the same (doc/decision/0121). A range that
	// is Unaffected and has no bounds says that no version is affected.
	Own bool
	Fix Fix
}

// Fix is the recommended update, if the source names one.
type Fix struct {
	Title, ID, URL string
	// Available is true if a fixed version, patch or advisory is known.
	Available bool
	// State is what the publisher says of a fix that is not available.
	State FixState
	// Severity is the word of the advisory that names the update; SeverityUnknown if it has none.
	Severity Severity
}

// Update is one update of a maker for one of its products, and one CVE that it fixes there. The same update
// may fix other CVEs, and serve other products, in other Updates: (Product, ID) names an update, never ID
// alone.
type Update struct {
	// CVE is what is fixed; empty for an update that only replaces others.
	CVE string
	// Product is what it is for, in the maker's words with the architecture ("Windows 11 Version 23H2 for
	// x64-based Systems").
	Product string
	// ID is the update's number without letters ("5065429"), the name of a KB article.
	ID string
	// Title names the release that the update belongs to ("September 2025 Security Updates"), URL is where
	// to get it; both may be empty.
	Title, URL string
	// Published is the day of the update; zero if the source does not say.
	Published time.Time
	// Supersedes are the IDs of updates for the same product that it replaces, one step back.
	Supersedes []string
	// FixedBuild is the first version that has the fix ("10.0.22631.5909"); empty if the source does not say.
	FixedBuild string
	// Severity is the maker's word for the CVE in this product.
	Severity Severity
}

// Lifecycle is the release cycles of one product.
type Lifecycle struct {
	// Product is endoflife.date's slug ("python").
	Product string
	// CPEs are vendor:product pairs, PURLs package URLs without version.
	CPEs   [][2]string
	PURLs  []string
	Cycles []Cycle
}

// Cycle is one release line and the end of its support.
type Cycle struct {
	// Name is the release line ("3.12", "11-24h2-e").
	Name string
	// Latest is the newest release's version in it, if known.
	Latest string
	// Ended says that support has ended, with or without a date. EndsAt is zero if no date is
	// known.
	Ended  bool
	EndsAt time.Time
	// Discontinued says that the maker no longer sells or makes it (mostly devices), which does
	// not end support.
	Discontinued bool
}
