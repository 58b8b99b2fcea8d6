package table

import (
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/subject"
)

// The bounds of a table, which are those of the memory that compiling takes.
const (
	// MaxWeight bounds the rules that are made of a table, or of all tables of a
	// catalog, and records that make none; all public sources together come to
	// some two million.
	MaxWeight = 10_000_000
	// maxTexts bounds the distinct texts of a table, in bytes.
	maxTexts = 1 << 30
)

// Builder compiles the records of one feed. It is for one goroutine.
type Builder struct {
	feed   string
	texts  interner
	cves   map[uint32]*facts
	pairs  map[uint32]byte
	titles map[subject.Title]uint32
	named  []subject.Title
	fixes  map[fix]uint32
	votes  map[vote]uint32
	// stated and pending are statements on subjects, and on titles.
	stated, pending []statement
	ranges          []bounds
	lifecycles      map[string]intel.Lifecycle
	records, weight int
	full            error // once there is too much
}

// fix is a row of Fixes, its texts by their numbers.
type fix struct {
	id, title, url uint32
	available      byte
}

// vote is a row of Votes but for the count, its title by its number.
type vote struct{ title, subject, target uint32 }

// NewBuilder returns a builder without records. The feed's name is for errors.
func NewBuilder(feed string) *Builder {
	b := &Builder{
		feed: feed, texts: interner{ids: map[string]uint32{}}, cves: map[uint32]*facts{}, pairs: map[uint32]byte{},
		titles: map[subject.Title]uint32{}, fixes: map[fix]uint32{}, votes: map[vote]uint32{}, lifecycles: map[string]intel.Lifecycle{},
	}
	b.texts.id("") // is 0
	return b
}

// Add takes a record. The table does not depend on the order of records. Beyond
// MaxWeight nothing more is taken, and Table fails.
func (b *Builder) Add(r intel.Record) {
	if b.full != nil {
		return
	}
	if b.weight += max(1, r.Rules()); b.weight > MaxWeight {
		b.full = fmt.Errorf("feed %q, record %q: more than %d statements on versions in all: %w", b.feed, r.Source, MaxWeight, intel.ErrTooLarge)
		return
	}
	b.records++
	if r.CVE != nil && intel.IsCVE(r.CVE.ID) {
		b.cve(r.CVE.ID).add(r.CVE)
	}
	for i := range r.Affected {
		b.addAffected(r.Source, &r.Affected[i])
	}
	b.addAliases(r.Aliases)
	for i := range r.Packages {
		b.addPackage(r.Source, &r.Packages[i])
	}
	if r.Lifecycle != nil {
		b.addLifecycle(*r.Lifecycle)
	}
	if b.texts.size > maxTexts {
		b.full = fmt.Errorf("feed %q, record %q: more than %d bytes of texts in all: %w", b.feed, r.Source, maxTexts, intel.ErrTooLarge)
	}
}

// cve returns the facts on a CVE, which is now told of.
func (b *Builder) cve(id string) *facts {
	f := b.noted(b.texts.id(id))
	f.told = true
	return f
}

// noted returns the facts on a CVE that is named, new ones if it was not.
func (b *Builder) noted(id uint32) *facts {
	f := b.cves[id]
	if f == nil {
		f = &facts{published: Unknown, score: Score{Tenths: Unscored}}
		b.cves[id] = f
	}
	return f
}

func (b *Builder) addAffected(source string, a *intel.Affected) {
	if a.Part == "a" || a.Part == "o" {
		b.addPair(a.Part, a.Vendor, a.Product, a.TargetSW)
	}
	s, ranges, ok := affected(a)
	if !ok {
		return
	}
	switch a.Part {
	case "a", "o":
		s.key = b.texts.id(subject.CPE(a.Part, a.Vendor, a.Product))
	case "":
		t := subject.Title{Vendor: subject.CleanVendor(a.Vendor), Name: subject.CleanName(a.Product, "")}
		if subject.IsNoName(t.Vendor) || subject.IsNoName(t.Name) {
			return
		}
		s.key = b.title(t)
	default:
		return
	}
	_, target := subject.TargetPlatforms(a.TargetSW)
	s.target, s.edition = b.texts.id(target), b.texts.id(strings.Trim(a.SWEdition, "-"))
	s.cve, s.source, s.fix = b.texts.id(a.CVE), b.texts.id(source), b.fix(a.Fix)
	b.noted(s.cve)
	s.first, s.end = b.addRanges(ranges)
	if a.Part == "" {
		b.pending = append(b.pending, s)
	} else {
		b.stated = append(b.stated, s)
	}
}

// title numbers a title.
func (b *Builder) title(t subject.Title) uint32 {
	number, ok := b.titles[t]
	if !ok {
		number = uint32(len(b.named))
		b.titles[t] = number
		b.named = append(b.named, t)
		b.texts.id(t.Vendor)
		b.texts.id(t.Name)
	}
	return number
}

// addPair notes that a pair exists, and on what, and returns its key.
func (b *Builder) addPair(part, vendor, product, target string) uint32 {
	set, other := subject.TargetPlatforms(target)
	key := b.texts.id(subject.CPE(part, vendor, product))
	flags := Pair
	if other == "" && set&^subject.OnMobile != subject.Nowhere {
		flags |= Desktop
	}
	b.pairs[key] |= flags
	return key
}

// addAliases counts a record's aliases, each once.
func (b *Builder) addAliases(aliases []intel.Alias) {
	seen := make(map[intel.Alias]bool, len(aliases))
	for _, a := range aliases {
		if a.Part != "a" && a.Part != "o" || seen[a] {
			continue
		}
		seen[a] = true
		key := b.addPair(a.Part, a.Vendor, a.Product, a.TargetSW)
		t := subject.Title{Vendor: subject.CleanVendor(a.VendorText), Name: subject.CleanName(a.ProductText, "")}
		if !subject.IsNoName(t.Vendor) && !subject.IsNoName(t.Name) {
			b.votes[vote{b.title(t), key, b.texts.id(a.TargetSW)}]++
		}
	}
}

func (b *Builder) addPackage(source string, p *intel.Package) {
	ranges := packageRanges(p)
	if len(ranges) == 0 {
		return
	}
	advised := p.Fix
	if advised.ID == "" {
		advised.ID = p.Advisory
	}
	s := statement{
		key:    b.texts.id(subject.Package(p.Ecosystem, subject.PackageName(p.Ecosystem, p.Name))),
		source: b.texts.id(source), platforms: subject.Everywhere, trust: TrustVendor, fix: b.fix(advised),
	}
	if subject.IsRPM(p.Ecosystem) {
		s.target = b.texts.id(moduleStream(p))
	}
	for _, id := range p.CVEs {
		if !intel.IsCVE(id) {
			continue
		}
		b.cve(id)
		if s.end == 0 {
			s.first, s.end = b.addRanges(ranges) // all CVEs share them
		}
		s.cve = b.texts.id(id)
		b.stated = append(b.stated, s)
	}
}

// addRanges keeps ranges and returns where they are.
func (b *Builder) addRanges(ranges []intel.Range) (first, end uint32) {
	first = uint32(len(b.ranges))
	for _, r := range ranges {
		kept := bounds{exact: b.texts.id(r.Exact), low: b.texts.id(r.Low), high: b.texts.id(r.High)}
		for _, f := range [...]struct {
			set  bool
			flag byte
		}{{r.LowExcluded, lowExcluded}, {r.HighIncluded, highIncluded}, {r.Unaffected, unaffected}} {
			if f.set {
				kept.flags |= f.flag
			}
		}
		b.ranges = append(b.ranges, kept)
	}
	return first, uint32(len(b.ranges))
}

// fix numbers a fix.
func (b *Builder) fix(f intel.Fix) uint32 {
	key := fix{id: b.texts.id(f.ID), title: b.texts.id(f.Title), url: b.texts.id(f.URL)}
	if f.Available {
		key.available = 1
	}
	number, ok := b.fixes[key]
	if !ok {
		number = uint32(len(b.fixes))
		b.fixes[key] = number
	}
	return number
}

// addLifecycle keeps one lifecycle a product: of several, the one with most
// cycles.
func (b *Builder) addLifecycle(l intel.Lifecycle) {
	if known, ok := b.lifecycles[l.Product]; !ok || Compare(lifecycleOf(l), lifecycleOf(known)) > 0 {
		b.lifecycles[l.Product] = l
	}
}

// interner numbers distinct texts in the order they come.
type interner struct {
	ids   map[string]uint32
	texts []string
	size  int
}

func (n *interner) id(text string) uint32 {
	id, ok := n.ids[text]
	if !ok {
		text = strings.Clone(text) // a document that it is part of is not kept
		id = uint32(len(n.texts))
		n.ids[text] = id
		n.texts = append(n.texts, text)
		n.size += len(text)
	}
	return id
}
