package coverage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/table"
)

// Feed says what a feed holds of what its publisher lists.
type Feed struct {
	Name string
	// Kind is empty if it is not known; then nothing is said about parts.
	Kind    intel.Kind
	Records int
	// Products counts the products that it states versions of, by CPE pair or in words.
	Products int
	// FirstYear and LastYear are those of CVE ids, or of the publication of advisories; 0 if unknown.
	FirstYear, LastYear int
	// Newest is the latest date in the feed; zero if unknown. It may be a mistake.
	Newest time.Time
	// Part says, for people, which part the feed is: "CVE records of 2024 only". Empty if it is whole,
	// as far as is known.
	Part string
	// Ecosystems are those of its advisories on packages, by name.
	Ecosystems []Ecosystem

	cves map[int]int // by year
}

// Ecosystem says what a feed holds of an ecosystem.
type Ecosystem struct {
	Name    string
	Records int
	// Usable counts the advisories that state versions, and not only commits.
	Usable              int
	FirstYear, LastYear int
	Newest              time.Time
	// Part is as in Feed: "37 of about 52,000 advisories".
	Part string
}

// Describe compares what a feed's table holds with what its publisher lists.
func Describe(name string, t *table.Table) Feed {
	e := &t.Extent
	f := Feed{Name: name, Kind: e.Kind, Records: t.Records, Newest: table.Time(e.Newest)}
	if e.Kind.Advises() {
		f.describeEcosystems(t)
	}
	switch e.Kind {
	case intel.CVE5, intel.NVD:
		f.Products = productsOf(t)
		f.describeCVEs(e)
	case intel.KEV:
		f.Part = partOf(t.Records, max(e.Listed, knownExploited), shareOfList, "entries")
	case intel.EOL:
		f.Part = partOf(t.Records, max(e.Listed, supported), shareOfList, "products")
	case intel.EPSS:
		f.Part = partOf(len(t.Likely.CVE), publishedCVEs(), shareOfList, "CVEs")
	case intel.MSRC:
		f.Part = partOf(t.Records, updated, shareOfList, "CVEs")
	case intel.Metasploit:
		f.Part = partOf(len(t.CVEs.ID), inMetasploit, shareOfList, "CVEs")
	case intel.ExploitDB:
		f.Part = partOf(t.Records, inExploitDB, shareOfList, "exploits with a CVE")
	case intel.Nuclei:
		f.Part = partOf(len(t.CVEs.ID), inNuclei, shareOfList, "CVEs")
	case intel.SOFA:
		f.Part = partOf(t.Records, fixedInMacOS, shareOfReleases, "fixes of macOS")
	}
	if f.Part == "" && !e.Kind.Advises() {
		f.Part = partOf(t.Records, e.Listed, shareOfTotal, "records that its publisher lists")
	}
	return f
}

// productsOf counts the products that a table has statements on.
func productsOf(t *table.Table) int {
	n, s := len(t.Titles.Vendor), t.Subjects.Statements
	for i := range t.Subjects.Key {
		if s[i] < s[i+1] {
			n++
		}
	}
	return n
}

// partOf says how many of all are held; it returns "" if that is at least a share.
func partOf(held, all, percent int, what string) string {
	if isShare(held, all, percent) {
		return ""
	}
	return fmt.Sprintf("%s of about %s %s", decimal(held), decimal(round(all)), what)
}

// describeEcosystems describes a feed of advisories on packages.
func (f *Feed) describeEcosystems(t *table.Table) {
	rows := &t.Extent.Ecosystems
	at := map[string]int{}
	for i, name := range rows.Name {
		at[t.Texts.Text(name)] = i
	}
	for i, number := range rows.Name {
		e := Ecosystem{
			Name: t.Texts.Text(number), Records: int(rows.Records[i]), Usable: int(rows.Usable[i]),
			FirstYear: int(rows.First[i]), LastYear: int(rows.Last[i]), Newest: table.Time(rows.Newest[i]),
		}
		f.LastYear = max(f.LastYear, e.LastYear)
		if f.FirstYear == 0 || e.FirstYear != 0 && e.FirstYear < f.FirstYear {
			f.FirstYear = e.FirstYear
		}
		base, _, _ := strings.Cut(e.Name, ":")
		e.Part = partOfEcosystem(e, int(rows.Records[at[base]]), int(rows.Issues[i]))
		if of, _ := ecosystem.Of(base); intel.Kind(of.Beside) == f.Kind {
			e.Part = "what is not fixed, and not what is"
		}
		f.Ecosystems = append(f.Ecosystems, e)
	}
	f.Ecosystems = slices.DeleteFunc(f.Ecosystems, func(e Ecosystem) bool { return hasReleases(e.Name, f.Ecosystems) })
	f.Part = f.partOfAdvisories()
}

// hasReleases reports whether an ecosystem without a release is there for its releases' sake.
func hasReleases(name string, all []Ecosystem) bool {
	return slices.ContainsFunc(all, func(e Ecosystem) bool { return strings.HasPrefix(e.Name, name+":") })
}

// partOfEcosystem says which part of an ecosystem a feed has. all are the feed's advisories of the
// ecosystem with any release, issues those of e that are about one CVE.
func partOfEcosystem(e Ecosystem, all, issues int) string {
	own, whole := listed(e.Name)
	if whole.records == 0 {
		return ""
	}
	if !isShare(all, whole.records, shareOfEcosystem) {
		want, percent, what := whole.records, shareOfEcosystem, "advisories"
		if own.records > 0 {
			want = own.records
		} else if strings.Contains(e.Name, ":") {
			percent, what = shareOfRelease, "advisories of all releases"
		}
		if part := partOf(e.Records, want, percent, what); part != "" {
			return part
		}
	}
	if whole.issues && !isShare(issues, e.Records, shareOfIssues) {
		return "advisories only, and no records of CVEs without a fix"
	}
	return ""
}

// partOfAdvisories sums up the parts of a feed's ecosystems, without those that few of its advisories
// name: the archive of one release has advisories that name another, too.
func (f *Feed) partOfAdvisories() string {
	const few = 10 // percent
	var parts []string
	for _, e := range f.Ecosystems {
		if e.Part != "" && isShare(e.Records, f.Records, few) {
			parts = append(parts, e.Name+": "+e.Part)
		}
	}
	const most = 3
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more ecosystems", len(parts)-most))
	}
	return strings.Join(parts, "; ")
}

// describeCVEs describes a feed of CVE records.
func (f *Feed) describeCVEs(e *table.Extent) {
	f.cves = map[int]int{}
	for i, year := range e.Years {
		f.cves[int(year)] = int(e.CVEs[i])
	}
	if n := len(e.Years); n > 0 {
		f.FirstYear, f.LastYear = int(e.Years[0]), int(e.Years[n-1])
	}
	f.Part = PartOfCVEs(*f)
}

// PartOfCVEs says which part of all CVE records some feeds have together; "" if they have those of
// every year that has ended: by their newest date, and by what is known of publishers. A feed of
// another kind has none.
func PartOfCVEs(feeds ...Feed) string {
	until, held := published[len(published)-1].year, map[int]int{}
	for _, f := range feeds {
		until = max(until, f.Newest.Year())
		for year, cves := range f.cves {
			held[year] = max(held[year], cves)
		}
	}
	var years []int
	missing, whole, all, have := false, false, 0, 0
	for _, p := range published {
		all, have = all+p.cves, have+held[p.year]
		isWhole := isShare(held[p.year], p.cves, shareOfCVEs)
		whole, missing = whole || isWhole, missing || !isWhole && p.year < until
		if isWhole || held[p.year] > 0 && p.year >= until {
			years = append(years, p.year)
		}
	}
	switch {
	case !missing:
		return ""
	case whole:
		return "CVE records of " + spans(years) + " only"
	}
	return fmt.Sprintf("%s of about %s CVE records", decimal(have), decimal(round(all)))
}

// spans writes ascending years: "1999 to 2019, 2024".
func spans(years []int) string {
	var texts []string
	for i := 0; i < len(years); {
		end := i
		for end+1 < len(years) && years[end+1] == years[end]+1 {
			end++
		}
		text := strconv.Itoa(years[i])
		if end > i {
			text += " to " + strconv.Itoa(years[end])
		}
		texts, i = append(texts, text), end+1
	}
	return strings.Join(texts, ", ")
}

// round keeps the two leading digits of a number.
func round(n int) int {
	unit := 1
	for n/unit >= 100 {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}

// decimal writes a number with commas between thousands.
func decimal(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
