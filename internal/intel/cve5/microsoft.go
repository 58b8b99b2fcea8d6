package cve5

import (
	"slices"
	"strings"
)

// mendMicrosoft rewrites entries of applications. Their lower bounds are placeholders ("1.0.0 < 8.0.5"
// for ".NET 8.0"): the branch stands in the product's text. Entries of Windows stay: their product is the
// branch.
func mendMicrosoft(entries []product) {
	for i := range entries {
		e := &entries[i]
		switch {
		case e.isSystem():
		case isFramework(e.Product):
			e.mendFramework()
		case len(pairsOf(*e)) > 1 && len(e.Versions) > 1:
			e.Versions = nil // which version is whose is not said
		default:
			e.mendBranch()
		}
	}
	closeServicing(entries)
}

func (p *product) isSystem() bool {
	return slices.ContainsFunc(p.CPEs, func(text string) bool { return strings.HasPrefix(text, "cpe:2.3:o:") })
}

// affectedItems yields pointers to the items that are ranges of affected versions.
func (p *product) affectedItems() []*version {
	var items []*version
	for i := range p.Versions {
		if v := &p.Versions[i]; v.Status == affected && v.end() != "" {
			items = append(items, v)
		}
	}
	return items
}

// mendBranch sets the lower bounds of an entry whose text names one branch.
func (p *product) mendBranch() {
	p.mendPairs()
	text, note, _ := strings.Cut(p.Product, "(")
	branch := branchIn(text)
	for _, v := range p.affectedItems() {
		end := numbersOf(v.end())
		if start := p.sharePointStart(end); start != "" {
			v.raise(start)
		}
		switch {
		case len(end) == 0 || strings.Contains(v.end(), "xx"):
			v.Status = ""
		case isStamp(end[0]) && !startsWithStamp(v.Version):
			v.Status = "" // a build of another numbering than the product's
		case len(branch) > 1 && len(end) > 1 && end[0] == branch[0] && end[1] == branch[1]:
			if v.isPoint() {
				v.Version = ""
			}
			v.raise(branchStart(branch, note, v))
		case isPlaceholder(v.Version):
			v.Version = ""
		case branch == nil && len(end) > 1 && isOfAnotherBranch(numbersOf(v.Version), end):
			v.begin(dotted(end[0], end[1]))
		}
	}
}

// isOfAnotherBranch reports whether a lower bound is that of a later branch than the upper one's, as in
// "2.1.0.0 < 2.0.61662.0" beside "2.1.0.0 < 2.1.61661.0".
func isOfAnotherBranch(low, end []int) bool {
	return len(low) > 1 && len(end) > 1 && low[0] == end[0] && low[1] > end[1]
}

// mendPairs separates the two packages of one CPE: the one that makers of devices install is fixed in versions of
// its own.
func (p *product) mendPairs() {
	if p.Product != "HEVC Video Extension" {
		return
	}
	for i, text := range p.CPEs {
		p.CPEs[i] = strings.Replace(text, ":hevc_video_extensions:", ":hevc_video_extension:", 1)
	}
}

// The first builds of SharePoint Server 2019 and of the Subscription Edition, which share the version 16.0 with
// SharePoint Server 2016. (Microsoft, "SharePoint updates".)
const (
	sharePoint2019         = 10337
	sharePointSubscription = 14326
)

// sharePointStart returns where the release of SharePoint begins that an upper bound is of; "" if that is known.
func (p *product) sharePointStart(end []int) string {
	isServer := func(q pair) bool { return q.product == "sharepoint_server" }
	if len(end) < 3 || end[0] != 16 || !slices.ContainsFunc(pairsOf(*p), isServer) {
		return ""
	}
	switch {
	case end[2] >= sharePointSubscription:
		return dotted(16, 0, sharePointSubscription)
	case end[2] >= sharePoint2019:
		return dotted(16, 0, sharePoint2019)
	}
	return ""
}

// branchIn returns the two first numbers of the only version in a product's text: 17 and 9 of "Microsoft
// Visual Studio 2022 version 17.9", 8 and 0 of ".NET 8.0".
func branchIn(text string) []int {
	var found []int
	for _, word := range strings.Fields(text) {
		numbers := numbersOf(word)
		if len(numbers) < 2 {
			continue
		}
		if found != nil {
			return nil
		}
		found = numbers[:2]
	}
	return found
}

// branchStart returns where a branch begins, including its previews. "(includes 16.0 - 16.8)" widens the branch
// where the item itself is wider.
func branchStart(branch []int, note string, v *version) string {
	if fields := strings.Fields(strings.TrimPrefix(note, "includes ")); len(fields) > 1 && fields[1] == "-" &&
		isBefore(v.Version, dotted(branch...)) {
		if first := numbersOf(fields[0]); len(first) > 1 {
			return dotted(first...)
		}
	}
	return dotted(branch...) + "~"
}

// raise gives an item a later lower bound.
func (v *version) raise(low string) {
	if v.isOpen() || isBefore(v.Version, low) {
		v.begin(low)
	}
}

// isPlaceholder reports whether a lower bound of Microsoft's means the first version.
func isPlaceholder(low string) bool {
	switch low {
	case "1", "1.0", "1.0.0", "1.0.0.0", "1.0..0", "0.0", "0.0.0", "0.0.0.0", "0.0.1", "0.1.0":
		return true
	}
	return false
}

// isStamp reports whether a number is a date, as in builds of Azure DevOps Server ("20230825.1").
func isStamp(n int) bool {
	day, month := n%100, n/100%100
	return n >= 19800101 && n < 22000101 && 1 <= month && month <= 12 && 1 <= day && day <= 31
}

func startsWithStamp(text string) bool {
	numbers := numbersOf(text)
	return len(numbers) > 0 && isStamp(numbers[0])
}

func isFramework(text string) bool { return strings.HasPrefix(text, "Microsoft .NET Framework ") }

// framework481 is the first build of .NET Framework 4.8.1, which has the number 4.8 in its builds.
const framework481 = 9032

// isFrameworkBuild reports whether a build may be one of its release: 50727 is in builds of 2.0 only, and 4.8
// ends where 4.8.1 begins.
func isFrameworkBuild(build []int, is481 bool) bool {
	switch {
	case build[0] == 2:
		return true
	case build[0] == 4 && build[1] == 8:
		return (build[2] >= framework481) == is481
	}
	return build[2] != 50727
}

// mendFramework corrects entries of .NET Framework: the product of their CPEs, which until 2024 is the one
// of .NET, and their bounds. Some bounds are builds of Windows, or of a release that the text does not
// name; they tell nothing.
func (p *product) mendFramework() {
	for i, text := range p.CPEs {
		p.CPEs[i] = strings.Replace(text, ":microsoft:.net:", ":microsoft:.net_framework:", 1)
	}
	releases := frameworkReleases(p.Product)
	for _, v := range p.affectedItems() {
		end, low := numbersOf(v.end()), numbersOf(v.Version)
		if len(end) < 3 || !isFrameworkBuild(end, strings.HasSuffix(p.Product, "4.8.1")) ||
			!slices.ContainsFunc(append(releases, low), func(r []int) bool { return sameBranch(r, end) }) {
			v.Status = ""
			continue
		}
		for _, r := range append(releases, end[:2]) {
			if sameBranch(r, end) && (v.isOpen() || !sameBranch(low, end)) {
				v.begin(dotted(r...))
				break
			}
		}
		if strings.HasSuffix(p.Product, "4.8.1") {
			v.raise(dotted(4, 8, framework481))
		}
	}
}

// frameworkReleases returns the releases that a text names: 3.5, 4.6.2 and 4.7 of "Microsoft .NET Framework
// 3.5 AND 4.6.2/4.7".
func frameworkReleases(text string) [][]int {
	var releases [][]int
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '/' }) {
		if numbers := numbersOf(word); len(numbers) > 1 {
			releases = append(releases, numbers)
		}
	}
	return releases
}

func sameBranch(a, b []int) bool {
	return len(a) > 1 && len(b) > 1 && a[0] == b[0] && a[1] == b[1]
}

// closeServicing separates the servicing branches of SQL Server and Exchange, which a record lists with one
// lower bound: cumulative updates, and general distribution releases, are fixed each on their own.
//
// A build of SQL Server 2017 and later has 2000, 3000 or 4000 for its branch in the third number; the one of
// Exchange has a third number for each cumulative update. (Microsoft, "Latest updates and version history
// for SQL Server", "Exchange Server build numbers".)
func closeServicing(entries []product) {
	type release struct{ product, line string }
	listed := map[release][]serviced{}
	for i := range entries {
		family := familyOf(&entries[i])
		if family == "" {
			continue
		}
		for _, v := range entries[i].affectedItems() {
			if end := numbersOf(v.end()); len(end) > 2 {
				key := release{family, dotted(end[0], end[1])}
				listed[key] = append(listed[key], serviced{v, end, isCumulative(entries[i].Product)})
			}
		}
	}
	for key, items := range listed {
		slices.SortStableFunc(items, func(a, b serviced) int { return slices.Compare(a.end, b.end) })
		for i := range items {
			items[i].v.raise(key.line)
			items[i].close(key.product, items[:i])
		}
	}
}

// serviced is an item of an entry with servicing branches.
type serviced struct {
	v          *version
	end        []int
	cumulative bool
}

// The products with servicing branches.
const (
	sqlServer = "sql_server"
	exchange  = "exchange_server"
)

func familyOf(p *product) string {
	for _, pair := range pairsOf(*p) {
		if pair.product == sqlServer || pair.product == exchange {
			return pair.product
		}
	}
	return ""
}

func isCumulative(text string) bool {
	return strings.Contains(text, "(CU") || strings.HasSuffix(text, "Azure Connect Feature Pack")
}

// close begins an item after the branches before it.
func (s *serviced) close(product string, before []serviced) {
	before = slices.DeleteFunc(slices.Clone(before), func(b serviced) bool { return slices.Equal(b.end, s.end) })
	branch := s.end[2] - s.end[2]%1000
	if len(before) == 0 {
		if s.cumulative {
			s.v.raise(dotted(s.end[0], s.end[1], branch))
		}
		return
	}
	last := before[len(before)-1].end
	if product == exchange {
		branch = min(last[2]+1, s.end[2])
	}
	s.v.raise(dotted(s.end[0], s.end[1], branch))
	if fixed := dotted(last...); !isBefore(fixed, s.v.Version) {
		s.v.begin("> " + fixed)
	}
}
