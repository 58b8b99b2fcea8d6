package catalog

import "github.com/muster-project/muster/internal/version"

// tables is a catalog as it lies in the file: columns of equal length make a
// table, a row is an index into them. Texts are numbers of the text table.
// Where a table's rows belong to those of another, the other has a column of
// starts with one number more than it has rows.
type tables struct {
	texts textTable
	vulns vulnTable
	fixes fixTable

	subjects subjectTable
	// versions are those that rules name, by subject, as order has them.
	versions []uint32
	rules    ruleTable

	titles     titleTable
	lifecycles lifecycleTable
	summary    Summary
	// aliases and overrides are alias tables, as texts.
	aliases, overrides uint32
}

// vulnTable has the CVEs by id.
type vulnTable struct {
	id []uint32
	// score is in tenths, or unscored.
	score   []byte
	exploit []byte
	// published is in seconds since 1970, or 0 where not known.
	published []uint32
	// digest is of all that a row shows of the CVE.
	digest []uint64
}

const unscored = 255

type fixTable struct {
	title, id, url []uint32
	available      []byte
	digest         []uint64
}

// subjectTable has the subjects by key.
type subjectTable struct {
	key    []uint32
	scheme []byte
	// desktop is 1 where the pair was seen without a target_sw or with one that
	// desktops and servers have.
	desktop []byte
	// versions and rules are starts in these tables; ranges are where a
	// subject's rules on ranges start, after those on exact versions.
	versions, rules, ranges []uint32
}

// ruleTable has the rules by subject; see rule.
type ruleTable struct {
	low, high       []uint32
	vuln, fix       []uint32
	source          []uint32
	platforms       []uint32
	target, edition []uint32
	trust           []byte
	unaffected      []byte
}

// titleTable has the mined titles by vendor and name.
type titleTable struct{ vendor, name, subject []uint32 }

// lifecycleTable has the release cycles of products. Keys, ascending, lead to
// lifecycles: "slug:python", "cpe:python:python", "pkg:generic/python".
type lifecycleTable struct {
	key, lifecycle []uint32
	// cycles are the starts of a lifecycle's rows in the columns below.
	cycles       []uint32
	name, latest []uint32
	ended        []byte
	// endsAt is in seconds since 1970, or 0 where not known.
	endsAt []uint32
}

// Summary says what a catalog holds.
type Summary struct {
	// Products are CPE pairs, Packages packages of ecosystems.
	Products int `json:"products"`
	Packages int `json:"packages"`
	// Rules are compiled statements on versions.
	Rules int `json:"rules"`
	// CVEs are those that are not rejected; Scored those that have a score.
	CVEs   int `json:"cves"`
	Scored int `json:"scored"`
	// Titles are vendor and product texts that lead to a product by majority.
	Titles int `json:"titles"`
	// Lifecycles are products with release cycles.
	Lifecycles int `json:"lifecycles"`
	// Unattached are statements whose product no exact key identifies.
	Unattached int `json:"unattached"`
	// Feeds are the sources, by name.
	Feeds []FeedSummary `json:"feeds"`
}

// FeedSummary says how much one feed gave.
type FeedSummary struct {
	Name    string `json:"name"`
	Records int    `json:"records"`
}

// visit calls v with every part of the tables in the file's order. Reading and
// writing both go this way, so they cannot differ.
func (t *tables) visit(v visitor) {
	v.text(&t.texts.blob)
	v.numbers(&t.texts.ends)
	t.vulns.visit(v)
	t.fixes.visit(v)
	t.subjects.visit(v)
	v.numbers(&t.versions)
	t.rules.visit(v)
	for _, column := range [...]*[]uint32{&t.titles.vendor, &t.titles.name, &t.titles.subject} {
		v.numbers(column)
	}
	t.lifecycles.visit(v)
	v.number(&t.aliases)
	v.number(&t.overrides)
	t.summary.visit(v)
}

// visitor reads or writes the parts of tables.
type visitor interface {
	text(*string)
	number(*uint32)
	numbers(*[]uint32)
	bytes(*[]byte)
	digests(*[]uint64)
}

func (t *vulnTable) visit(v visitor) {
	v.numbers(&t.id)
	v.bytes(&t.score)
	v.bytes(&t.exploit)
	v.numbers(&t.published)
	v.digests(&t.digest)
}

func (t *fixTable) visit(v visitor) {
	v.numbers(&t.title)
	v.numbers(&t.id)
	v.numbers(&t.url)
	v.bytes(&t.available)
	v.digests(&t.digest)
}

func (t *subjectTable) visit(v visitor) {
	v.numbers(&t.key)
	v.bytes(&t.scheme)
	v.bytes(&t.desktop)
	v.numbers(&t.versions)
	v.numbers(&t.rules)
	v.numbers(&t.ranges)
}

func (t *ruleTable) visit(v visitor) {
	for _, column := range [...]*[]uint32{
		&t.low, &t.high, &t.vuln, &t.fix, &t.source, &t.platforms, &t.target, &t.edition,
	} {
		v.numbers(column)
	}
	v.bytes(&t.trust)
	v.bytes(&t.unaffected)
}

func (t *lifecycleTable) visit(v visitor) {
	v.numbers(&t.key)
	v.numbers(&t.lifecycle)
	v.numbers(&t.cycles)
	v.numbers(&t.name)
	v.numbers(&t.latest)
	v.bytes(&t.ended)
	v.numbers(&t.endsAt)
}

func (s *Summary) visit(v visitor) {
	for _, field := range [...]*int{
		&s.Products, &s.Packages, &s.Rules, &s.CVEs, &s.Scored, &s.Titles, &s.Lifecycles, &s.Unattached,
	} {
		visitInt(v, field)
	}
	count := len(s.Feeds)
	visitInt(v, &count)
	for i := 0; i < min(count, maxFeeds); i++ {
		if i == len(s.Feeds) {
			s.Feeds = append(s.Feeds, FeedSummary{})
		}
		v.text(&s.Feeds[i].Name)
		visitInt(v, &s.Feeds[i].Records)
	}
}

// maxFeeds bounds the feeds of a catalog.
const maxFeeds = 1000

func visitInt(v visitor, field *int) {
	number := uint32(*field)
	v.number(&number)
	*field = int(number)
}

// check reports whether every number refers to something that is there, so that
// nothing read from a file can lead out of the tables.
func (t *tables) check() bool {
	texts, vulns, fixes := uint32(t.texts.len()), uint32(len(t.vulns.id)), uint32(len(t.fixes.id))
	subjects, rules, cycles := uint32(len(t.subjects.key)), uint32(len(t.rules.low)), uint32(len(t.lifecycles.name))
	return t.texts.check() && t.sameLengths() &&
		within(texts, t.vulns.id, t.fixes.title, t.fixes.id, t.fixes.url, t.subjects.key, t.versions, t.rules.source,
			t.rules.target, t.rules.edition, t.titles.vendor, t.titles.name, t.lifecycles.key, t.lifecycles.name,
			t.lifecycles.latest, []uint32{t.aliases, t.overrides}) &&
		within(vulns, t.rules.vuln) && within(fixes, t.rules.fix) && within(subjects, t.titles.subject) &&
		within(uint32(max(len(t.lifecycles.cycles), 1)-1), t.lifecycles.lifecycle) &&
		starts(t.subjects.versions, subjects, uint32(len(t.versions))) && starts(t.subjects.rules, subjects, rules) &&
		starts(t.lifecycles.cycles, uint32(max(len(t.lifecycles.cycles), 1)-1), cycles) && t.subjects.rangesInside()
}

func (t *tables) sameLengths() bool {
	v, f, s, r, l := &t.vulns, &t.fixes, &t.subjects, &t.rules, &t.lifecycles
	return same(len(v.id), len(v.score), len(v.exploit), len(v.published), len(v.digest)) &&
		same(len(f.id), len(f.title), len(f.url), len(f.available), len(f.digest)) &&
		same(len(s.key), len(s.scheme), len(s.desktop), len(s.ranges)) &&
		same(len(r.low), len(r.high), len(r.vuln), len(r.fix), len(r.source), len(r.platforms), len(r.target),
			len(r.edition), len(r.trust), len(r.unaffected)) &&
		same(len(t.titles.vendor), len(t.titles.name), len(t.titles.subject)) &&
		same(len(l.key), len(l.lifecycle)) && same(len(l.name), len(l.latest), len(l.ended), len(l.endsAt))
}

func same(n int, others ...int) bool {
	for _, other := range others {
		if other != n {
			return false
		}
	}
	return true
}

func within(limit uint32, columns ...[]uint32) bool {
	for _, column := range columns {
		for _, number := range column {
			if number >= limit {
				return false
			}
		}
	}
	return true
}

// starts reports whether a column holds the starts of rows other rows: one
// more than rows, ascending, the last at the end.
func starts(column []uint32, rows, end uint32) bool {
	if uint32(len(column)) != rows+1 || column[0] != 0 || column[rows] != end {
		return false
	}
	for i := range rows {
		if column[i] > column[i+1] {
			return false
		}
	}
	return true
}

func (t *subjectTable) rangesInside() bool {
	for i, at := range t.ranges {
		if at < t.rules[i] || at > t.rules[i+1] {
			return false
		}
	}
	return true
}

func (t *textTable) check() bool {
	return len(t.ends) > 1 && starts(t.ends, uint32(t.len()), uint32(len(t.blob)))
}

// order returns the order of a subject's versions.
func (t *tables) order(subject uint32) order {
	first, end := t.subjects.versions[subject], t.subjects.versions[subject+1]
	return order{
		scheme: version.Scheme(t.subjects.scheme[subject]),
		count:  int(end - first),
		at:     func(i int) string { return t.texts.text(t.versions[int(first)+i]) },
	}
}
