package coverage

import "strings"

// The facts in this file say what publishers list. They are lower bounds: publishers add, and
// hardly ever remove, so that next year's growth is no false alarm. They tell a sample or a part
// from a feed, and nothing finer.

// published are the CVEs by the year of their ids that were published and not rejected on 16
// August 2026: FIRST's EPSS scores every one of them, and this is a count of its file of that day
// (https://epss.empiricalsecurity.com/epss_scores-2026-08-16.csv.gz).
var published = [...]struct{ year, cves int }{
	{1999, 1540}, {2000, 1236}, {2001, 1537}, {2002, 2357}, {2003, 1504}, {2004, 2644}, {2005, 4627},
	{2006, 6995}, {2007, 6458}, {2008, 7005}, {2009, 4921}, {2010, 5074}, {2011, 4646}, {2012, 5488},
	{2013, 6221}, {2014, 8427}, {2015, 8111}, {2016, 9367}, {2017, 14762}, {2018, 16188}, {2019, 16095},
	{2020, 19386}, {2021, 22591}, {2022, 26429}, {2023, 30602}, {2024, 38434}, {2025, 43368}, {2026, 44129},
}

// publishedCVEs returns how many they are together.
func publishedCVEs() (all int) {
	for _, p := range published {
		all += p.cves
	}
	return all
}

// listing is what osv.dev lists of an ecosystem, or of one release of it.
type listing struct {
	name string
	// records are its advisories, withdrawn ones included.
	records int
	// issues says that the publisher has a record for each CVE, fixed or not, beside its advisories:
	// without these nothing is known of what has no fix.
	issues bool
}

// listings are the ecosystems, with the numbers beside their names on https://osv.dev/list in
// spring 2026, and the releases of AlmaLinux by https://github.com/AlmaLinux/osv-database of 21
// August 2026. What other ecosystems have is not known.
var listings = [...]listing{
	{name: "AlmaLinux", records: 4260}, {name: "AlmaLinux:8", records: 3237}, {name: "AlmaLinux:9", records: 1783},
	{name: "AlmaLinux:10", records: 660}, {name: "Alpaquita", records: 8025}, {name: "Alpine", records: 3930},
	{name: "Android", records: 3139}, {name: "BellSoft Hardened Containers", records: 297},
	{name: "Bitnami", records: 6332}, {name: "Chainguard", records: 33524}, {name: "CRAN", records: 12},
	{name: "crates.io", records: 1930}, {name: "Debian", records: 51948, issues: true},
	{name: "Echo", records: 2611}, {name: "GHC", records: 3}, {name: "GitHub Actions", records: 37},
	{name: "Go", records: 5276}, {name: "Hackage", records: 27}, {name: "Hex", records: 45},
	{name: "Julia", records: 332}, {name: "Linux", records: 22914}, {name: "Mageia", records: 5781},
	{name: "Maven", records: 6115}, {name: "MinimOS", records: 9135}, {name: "npm", records: 214060},
	{name: "NuGet", records: 1508}, {name: "openEuler", records: 5734}, {name: "openSUSE", records: 10316},
	{name: "OSS-Fuzz", records: 3741}, {name: "Packagist", records: 5569}, {name: "Pub", records: 10},
	{name: "PyPI", records: 17546}, {name: "Red Hat", records: 18007}, {name: "Rocky Linux", records: 2577},
	{name: "RubyGems", records: 1843}, {name: "SUSE", records: 17069}, {name: "SwiftURL", records: 42},
	{name: "Ubuntu", records: 49714, issues: true}, {name: "VSCode", records: 15}, {name: "Wolfi", records: 16798},
}

const (
	// knownExploited are the entries of CISA's catalog of 25 August 2025, supported the products of
	// endoflife.date on 22 August 2026, by the files' own counts.
	knownExploited = 1404
	supported      = 464
	// updated are the CVEs of which Microsoft lists products since April 2016, when its months begin, by
	// WES-NG's definitions of 28 June 2026.
	updated = 11924
	// fixedInMacOS are the fixes in macOS 12 to 26 that SOFA lists on 22 August 2026.
	fixedInMacOS = 4807
	// inMetasploit are the CVEs with a module, by msfdb-list of 7 August 2026; inExploitDB the exploits with a CVE of July
	// 2026, and inNuclei the templates about CVEs of early 2026, by what is written of them.
	inMetasploit = 3090
	inExploitDB  = 30637
	inNuclei     = 3587
)

// The shares, in percent, below which a feed is a part.
const (
	// shareOfCVEs is of the CVEs of a year, shareOfList of KEV, endoflife.date, Microsoft's updates and
	// lists of exploits, which are complete lists.
	shareOfCVEs, shareOfList = 85, 85
	// shareOfEcosystem is of the advisories of an ecosystem: withdrawn ones are not read, and
	// publishers count differently.
	shareOfEcosystem = 50
	// shareOfReleases is of the fixes in macOS: the oldest major version leaves the list when a new one comes.
	shareOfReleases = 50
	// shareOfRelease is of the advisories of a distribution for one of its releases: a new one has
	// few.
	shareOfRelease = 5
	// shareOfIssues is of the records of a publisher that has one for each CVE.
	shareOfIssues = 25
	// shareOfTotal is of the total that a feed's own files name. It leaves out a few odd records.
	shareOfTotal = 99
	// quiet is the number of advisories below which an ecosystem may get none for months.
	quiet = 3000
)

// listed returns what is listed of an ecosystem, and of the ecosystem without its release.
func listed(name string) (own, whole listing) {
	base, _, _ := strings.Cut(name, ":")
	for _, l := range listings {
		if l.name == name {
			own = l
		}
		if l.name == base {
			whole = l
		}
	}
	return own, whole
}

// isShare reports whether held is at least a share, in percent, of all.
func isShare(held, all, percent int) bool { return held*100 >= all*percent }

// Listed returns how many advisories osv.dev lists of an ecosystem, with or without its release, and
// whether there is a record for each CVE among them, fixed or not; 0 if that is not known. It is a
// lower bound.
func Listed(name string) (advisories int, open bool) {
	own, whole := listed(name)
	if own.records > 0 {
		return own.records, whole.issues
	}
	return whole.records, whole.issues
}
