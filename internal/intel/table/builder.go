package table

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/words"
)

// The limits of a table, which bound the memory for compiling.
const (
	// MaxWeight bounds the rules made from a table, or from all tables of a catalog, plus the
	// records that make none. All public sources together have about two million.
	MaxWeight = 10_000_000
	// maxTexts bounds the distinct texts of a table, in bytes.
	maxTexts = 1 << 30
	// maxEcosystems bounds the ecosystems of a feed; the largest real ones have some hundreds.
	maxEcosystems = 100_000
)

// Builder compiles the records of one feed. It must be used by one goroutine.
type Builder struct {
	// Kind is the feed's, for Extent. It may be set before the first record.
	Kind intel.Kind

	feed   string
	texts  interner
	cves   map[uint32]*facts
	pairs  map[uint32]byte
	titles map[subject.Title]uint32
	named  []subject.Title
	fixes  map[fix]uint32
	votes  map[vote]uint32
	// stated are statements on subjects, pending those on titles.
	stated, pending []statement
	ranges          []bounds
	lifecycles      map[string]intel.Lifecycle
	binaries        map[built]bool
	words           words.Collector
	known           map[uint32]Exploited
	likely          map[uint32]Likelihood
	updates         updateCollector
	aliases, checks map[uint32]bool
	extent          extents
	records, weight int
	full            error // set once a limit is exceeded
}

// fix is a row of Fixes, with the numbers of its texts.
type fix struct {
	id, title, url uint32
	available      byte
	severity       intel.Severity
	state          intel.FixState
}

// vote is a row of Votes without the count, with the number of its title.
type vote struct{ title, subject, target uint32 }

// NewBuilder returns an empty builder. The feed's name is used in errors.
func NewBuilder(feed string) *Builder {
	b := &Builder{
		feed: feed, texts: interner{ids: map[string]uint32{}}, cves: map[uint32]*facts{}, pairs: map[uint32]byte{},
		titles: map[subject.Title]uint32{}, fixes: map[fix]uint32{}, votes: map[vote]uint32{},
		lifecycles: map[string]intel.Lifecycle{}, binaries: map[built]bool{}, known: map[uint32]Exploited{},
		likely: map[uint32]Likelihood{}, updates: updateCollector{}, aliases: map[uint32]bool{}, checks: map[uint32]bool{},
	}
	b.texts.id("") // is 0
	return b
}

// Add adds a record. The table does not depend on the order of records. Beyond MaxWeight nothing
// more is added, and Table fails.
func (b *Builder) Add(r intel.Record) {
	if b.full != nil {
		return
	}
	if b.weight += max(1, r.Rules()); b.weight > MaxWeight {
		b.full = fmt.Errorf("feed %q, record %q: more than %d statements on versions in total: %w", b.feed, r.Source,
			MaxWeight, intel.ErrTooLarge)
		return
	}
	b.records++
	b.extent.add(&r)
	if r.CVE != nil && intel.IsVulnerability(r.CVE.ID) {
		b.addCVE(r.Source, r.CVE)
	}
	if r.Likelihood != nil && intel.IsCVE(r.Source) {
		b.addLikelihood(r.Source, likelihoodOf(r.Likelihood))
	}
	for i := range r.Affected {
		b.addAffected(r.Source, &r.Affected[i])
	}
	b.addAliases(r.Aliases)
	for i := range r.Packages {
		b.addPackage(r.Source, &r.Packages[i])
	}
	b.updates.add(r.Updates, &b.texts, func(id uint32) { b.noted(id) })
	if r.Titles != "" {
		b.aliases[b.texts.id(r.Titles)] = true
	}
	if r.Checks != "" {
		b.checks[b.texts.id(r.Checks)] = true
	}
	if r.Lifecycle != nil {
		b.addLifecycle(*r.Lifecycle)
	}
	if len(b.extent.ecosystems) > maxEcosystems {
		b.full = fmt.Errorf("feed %q, record %q: more than %d ecosystems: %w", b.feed, r.Source, maxEcosystems,
			intel.ErrTooLarge)
	}
	if b.texts.size > maxTexts {
		b.full = fmt.Errorf("feed %q, record %q: more than %d bytes of texts in total: %w", b.feed, r.Source,
			maxTexts, intel.ErrTooLarge)
	}
}

// addCVE adds what a record says about a CVE itself.
func (b *Builder) addCVE(source string, c *intel.CVE) {
	b.cve(c.ID).add(c, &b.texts)
	id := b.texts.id(c.ID)
	if err := b.words.Add(id, &c.Words); err != nil {
		b.full = fmt.Errorf("feed %q, record %q: %w", b.feed, source, err)
	}
	if c.KEV == nil {
		return
	}
	entry := exploitedOf(c.KEV)
	if other, ok := b.known[id]; ok {
		entry = entry.With(other)
	}
	b.known[id] = entry
}

func (b *Builder) addLikelihood(cve string, l Likelihood) {
	id := b.texts.id(cve)
	b.texts.id(l.Edition.Model)
	if other, ok := b.likely[id]; ok {
		l = l.Newer(other)
	}
	b.likely[id] = l
}

// cve returns the facts about a CVE and marks it as told.
func (b *Builder) cve(id string) *facts {
	f := b.noted(b.texts.id(id))
	f.told = true
	return f
}

// noted returns the facts about a CVE; new ones if the CVE is new.
func (b *Builder) noted(id uint32) *facts {
	f := b.cves[id]
	if f == nil {
		f = &facts{published: Unknown, updated: Unknown, score: Score{Tenths: Unscored}}
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

// title returns the number of a title.
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

// addPair records that a pair exists, and for what target, and returns its key.
func (b *Builder) addPair(part, vendor, product, target string) uint32 {
	set, other := subject.TargetPlatforms(target)
	key := b.texts.id(subject.CPE(part, vendor, product))
	flags := Pair
	if other == "" && set&^subject.Unmanaged != subject.Nowhere {
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
	b.addBinaries(p)
	advised := p.Fix
	if advised.ID == "" && advised.State == intel.FixUnstated && !(isOpen(p) && strings.Contains(p.Advisory, "CVE-")) {
		advised.ID = p.Advisory
	}
	advised.Severity = cmp.Or(p.Severity, advised.Severity)
	s := statement{
		key:    b.texts.id(subject.Package(p.Ecosystem, p.Name)),
		source: b.texts.id(source), platforms: subject.Everywhere, trust: trustIn(p), fix: b.fix(advised),
	}
	if subject.IsRPM(p.Ecosystem) {
		s.target = b.texts.id(moduleStream(p))
	}
	for _, id := range p.CVEs {
		if !intel.IsVulnerability(id) {
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

// isOpen reports whether no update is known. The id of a record about one CVE ("UBUNTU-CVE-2016-20013") is then none
// of an update.
func isOpen(p *intel.Package) bool {
	isBound := func(r intel.Range) bool { return r.High != "" && !r.HighIncluded }
	return !p.Fix.Available && !slices.ContainsFunc(p.Ranges, isBound)
}

// addBinaries records what was built from a package; that of its own name needs no record.
func (b *Builder) addBinaries(p *intel.Package) {
	for _, name := range p.Binaries {
		if name != p.Name && name != "" && len(b.binaries) < maxBinaries {
			b.binaries[built{b.texts.id(binaryName(p.Ecosystem, name)), b.texts.id(p.Name)}] = true
		}
	}
}

// addRanges stores ranges and returns their place.
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

// fix returns the number of a fix.
func (b *Builder) fix(f intel.Fix) uint32 {
	key := fix{id: b.texts.id(f.ID), title: b.texts.id(f.Title), url: b.texts.id(f.URL), severity: f.Severity,
		state: f.State}
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

// addLifecycle stores one life cycle per product: of several, the one with the most cycles.
func (b *Builder) addLifecycle(l intel.Lifecycle) {
	if known, ok := b.lifecycles[l.Product]; !ok || Compare(lifecycleOf(l), lifecycleOf(known)) > 0 {
		b.lifecycles[l.Product] = l
	}
}
