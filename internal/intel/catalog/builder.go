package catalog

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/intel/subject"

	"github.com/muster-project/muster/internal/intel"
)

// Config says what a catalog is built with beside records.
type Config struct {
	// Overrides is the operator's alias table in the form of alias.txt. It
	// answers before everything else. Empty: none.
	Overrides string
}

// Builder collects records and writes a catalog. It is for one goroutine.
type Builder struct {
	overrides  string
	aliases    *aliasTable
	texts      *interner
	cves       map[uint32]*facts
	statements []statement
	pending    []pending
	votes      map[subject.Title]ballot
	// pairs are all CPE pairs seen, and whether one was seen as a desktop's.
	pairs      map[string]bool
	lifecycles map[string]intel.Lifecycle
	feeds      map[string]int
	// rules counts what records say, and full is the error once that is too
	// much.
	rules int
	full  error
}

// maxRules bounds the rules that a catalog is made of, and records that make
// none; all public sources together come to some two million.
const maxRules = 10_000_000

// NewBuilder returns a builder without records. It fails where the operator's
// alias table does, with an error that wraps ErrAlias.
func NewBuilder(config Config) (*Builder, error) {
	if _, err := parseAliases(config.Overrides); err != nil {
		return nil, fmt.Errorf("overrides: %w", err)
	}
	aliases, err := parseAliases(curatedAliases)
	if err != nil {
		return nil, fmt.Errorf("alias.txt: %w", err)
	}
	return &Builder{
		overrides: config.Overrides, aliases: aliases, texts: newInterner(), cves: map[uint32]*facts{},
		votes: map[subject.Title]ballot{}, pairs: map[string]bool{}, lifecycles: map[string]intel.Lifecycle{}, feeds: map[string]int{},
	}, nil
}

// Add takes one record of a feed. The catalog does not depend on the order of
// records. Beyond maxRules nothing more is taken, and Write fails.
func (b *Builder) Add(feed string, r intel.Record) {
	if b.rules += max(1, r.Rules()); b.rules > maxRules && b.full == nil {
		b.full = fmt.Errorf("feed %q, record %q: more than %d statements on versions in all: %w", feed, r.Source, maxRules, intel.ErrTooLarge)
	}
	if b.full != nil {
		return
	}
	b.feeds[feed]++
	source := b.texts.id(feed + "/" + r.Source)
	if r.CVE != nil && intel.IsCVE(r.CVE.ID) {
		b.cve(r.CVE.ID).add(r.CVE)
	}
	for i := range r.Affected {
		b.addAffected(source, &r.Affected[i])
	}
	b.addAliases(r.Aliases)
	for i := range r.Packages {
		b.addPackage(source, &r.Packages[i])
	}
	if r.Lifecycle != nil {
		b.addLifecycle(*r.Lifecycle)
	}
}

// cve returns the facts on a CVE, new ones if it is.
func (b *Builder) cve(id string) *facts {
	key := b.texts.id(id)
	f := b.cves[key]
	if f == nil {
		f = &facts{id: id}
		b.cves[key] = f
	}
	return f
}

func (b *Builder) addAffected(source uint32, a *intel.Affected) {
	if a.Part == "a" || a.Part == "o" {
		b.addPair(a.Part, a.Vendor, a.Product, a.TargetSW)
	}
	s, ok := b.affectedStatement(source, a)
	if !ok {
		return
	}
	switch a.Part {
	case "a", "o":
		s.subject = b.texts.id(subject.CPE(a.Part, a.Vendor, a.Product))
		b.statements = append(b.statements, s)
	case "":
		if t := (subject.Title{Vendor: subject.CleanVendor(a.Vendor), Name: subject.CleanName(a.Product, "")}); !subject.IsNoName(t.Vendor) && !subject.IsNoName(t.Name) {
			b.pending = append(b.pending, pending{s, t})
		}
	}
}

// addPair notes that a pair exists, and on what.
func (b *Builder) addPair(part, vendor, product, target string) {
	set, other := subject.TargetPlatforms(target)
	key := subject.CPE(part, vendor, product)
	b.pairs[key] = b.pairs[key] || other == "" && set&^subject.OnMobile != subject.Nowhere
}

// addAliases counts a record's aliases, each once.
func (b *Builder) addAliases(aliases []intel.Alias) {
	seen := make(map[intel.Alias]bool, len(aliases))
	for _, a := range aliases {
		if a.Part != "a" && a.Part != "o" || seen[a] {
			continue
		}
		seen[a] = true
		b.addPair(a.Part, a.Vendor, a.Product, a.TargetSW)
		t := subject.Title{Vendor: subject.CleanVendor(a.VendorText), Name: subject.CleanName(a.ProductText, "")}
		if subject.IsNoName(t.Vendor) || subject.IsNoName(t.Name) {
			continue
		}
		if b.votes[t] == nil {
			b.votes[t] = ballot{}
		}
		b.votes[t][candidate{subject.CPE(a.Part, a.Vendor, a.Product), a.TargetSW}]++
	}
}

func (b *Builder) addPackage(source uint32, p *intel.Package) {
	s := b.packageStatement(source, p)
	for _, id := range p.CVEs {
		if len(s.ranges) > 0 && intel.IsCVE(id) {
			b.cve(id)
			s.cve = b.texts.id(id)
			b.statements = append(b.statements, s)
		}
	}
}

// addLifecycle keeps one lifecycle a product: of several, the one with most
// cycles.
func (b *Builder) addLifecycle(l intel.Lifecycle) {
	if known, ok := b.lifecycles[l.Product]; !ok || compareLifecycles(l, known) > 0 {
		b.lifecycles[l.Product] = l
	}
}

// Write builds the catalog and writes it. A builder writes once.
func (b *Builder) Write(w io.Writer) (Summary, error) {
	if b.full != nil {
		return Summary{}, b.full
	}
	unattached := b.attach()
	m := newMaker(b)
	m.summary.Unattached = unattached
	t := m.tables()
	return t.summary, t.writeTo(w)
}

// attach gives pending statements their subjects and returns how many have none.
func (b *Builder) attach() (unattached int) {
	for _, p := range b.pending {
		c, ok := b.elect(p.title)
		if !ok {
			unattached++
			continue
		}
		set, target := subject.TargetPlatforms(c.target)
		if p.platforms &= set; p.platforms == subject.Nowhere {
			continue
		}
		p.subject = b.texts.id(c.subject)
		if target != "" {
			p.target = b.texts.id(target)
		}
		b.statements = append(b.statements, p.statement)
	}
	b.pending = nil
	return unattached
}

// feedSummaries lists the feeds by name.
func (b *Builder) feedSummaries() []FeedSummary {
	var list []FeedSummary
	for _, name := range slices.Sorted(maps.Keys(b.feeds)) {
		list = append(list, FeedSummary{name, b.feeds[name]})
	}
	return list
}
