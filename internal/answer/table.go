package answer

import (
	"cmp"
	"slices"
	"sync"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer/support"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// table is the sum of a scope with what is looked up in it.
type table struct {
	*projection.Head
	places    *places
	key       cache.Key // of what is remembered about it
	byCVE     []projection.OfCVE
	byProduct *products
	cveOf     []uint32 // by finding
	worst     []CVE    // by CVE: severity, exploit, update

	once    sync.Once
	counted []Product
}

func newTable(s *summed, key cache.Key) *table {
	h := s.head
	t := &table{Head: h, places: s.places, key: key, byCVE: h.ByCVE(), byProduct: productsOf(h),
		cveOf: make([]uint32, len(h.Findings))}
	t.worst = make([]CVE, len(t.byCVE))
	for i := range t.byCVE {
		for f := t.byCVE[i].From; f < t.byCVE[i].To; f++ {
			t.cveOf[f] = uint32(i)
			t.worst[i].worsen(&h.Findings[f])
		}
	}
	return t
}

// Weight returns about how much memory the table takes, in bytes.
func (t *table) Weight() int64 {
	const cve, product = 300, 500
	n := t.Head.Weight() + int64(len(t.places.bits)+len(t.byCVE)*cve+len(t.byProduct.all)*product)
	for i := range t.byCVE {
		n += int64(cap(t.byCVE[i].Releases)) * 4
	}
	return n
}

// placeOf returns the place of a CVE.
func (t *table) placeOf(id string) (int, bool) {
	return slices.BinarySearchFunc(t.byCVE, id, func(c projection.OfCVE, id string) int { return cmp.Compare(c.ID, id) })
}

// products counts all products, once.
func (t *table) products() []Product {
	t.once.Do(func() {
		seen := make([]int32, len(t.byCVE))
		t.counted = make([]Product, len(t.byProduct.all))
		for i := range t.byProduct.all {
			t.counted[i] = t.countProduct(i, seen)
		}
	})
	return t.counted
}

// CVE is a CVE with what is known of it in the rows, at its worst, and how much it concerns.
type CVE struct {
	ID string
	// Advisory says that it is an advisory that names no CVE.
	Advisory        bool
	Severity        string // as rows; "" is null
	Score           float64
	Exploitability  string
	UpdateAvailable bool
	// Devices have it, each counted once; Findings are its rows; Products and Releases have it.
	Devices, Findings  int64
	Products, Releases int64
}

// cve counts one CVE.
func (t *table) cve(i int) CVE {
	of := &t.byCVE[i]
	c := CVE{ID: of.ID, Advisory: of.Advisory, Devices: t.CVEs[i].Devices, Releases: int64(len(of.Releases))}
	for f := of.From; f < of.To; f++ {
		c.worsen(&t.Findings[f])
	}
	var last row.SoftwareKey
	for _, n := range of.Releases {
		r := &t.Releases[n]
		c.Findings += r.Devices
		if c.Products == 0 || r.Vendor != last.Vendor || r.Name != last.Name {
			c.Products++
		}
		last = r.SoftwareKey
	}
	return c
}

// worsen takes over the worst of a finding.
func (c *CVE) worsen(f *projection.Finding) {
	if SeverityRank(f.Severity) > SeverityRank(c.Severity) {
		c.Severity = f.Severity
	}
	if defender.ExploitRank(f.Exploitability) > defender.ExploitRank(c.Exploitability) || c.Exploitability == "" {
		c.Exploitability = f.Exploitability
	}
	c.Score, c.UpdateAvailable = max(c.Score, f.Score), c.UpdateAvailable || f.UpdateAvailable
}

// SeverityRank orders severities as rows spell them: 0 for "" to 5 for Critical.
func SeverityRank(s string) int {
	return slices.Index([]string{defender.SeverityNone, defender.SeverityLow, defender.SeverityMedium,
		defender.SeverityHigh, defender.SeverityCritical}, s) + 1
}

// Product counts a product over all its versions.
type Product struct {
	Vendor, Name string
	// Coded says that it has a product code: it was judged.
	Coded bool
	// Devices have it, Exposed have a version of it with a finding; each is counted once.
	Devices, Exposed int64
	// Versions counts its versions. Weaknesses are its CVEs, Severities counts those at their worst,
	// Exploited those with a known exploit. Findings are its rows.
	Versions, Weaknesses  int64
	Findings              int64
	Severities, Exploited counts.Severities
	// UpdateAvailable says that a finding has an update. EndOfSupport is the worst of its versions; OwnEnd leaves out
	// those that lost support with their system, and Ended counts devices with a version that has none of its own.
	UpdateAvailable      bool
	EndOfSupport, OwnEnd string
	Ended                int64
}

// countProduct counts one product. seen has a place for each CVE.
func (t *table) countProduct(i int, seen []int32) (p Product) {
	of := &t.byProduct.all[i]
	p = Product{Vendor: of.Vendor, Name: of.Name, Devices: t.Products[i].Devices, Exposed: t.Products[i].Exposed}
	version := ""
	for n := of.From; n < of.To; n++ {
		r := &t.Releases[n]
		if n == of.From || r.Version != version {
			p.Versions++
			version = r.Version
		}
		p.Coded = p.Coded || r.Coded()
		if support.Rank(r.EndOfSupport) > support.Rank(p.EndOfSupport) || p.EndOfSupport == "" {
			p.EndOfSupport = r.EndOfSupport
		}
		_, ofSystem := support.Of(&r.SoftwareKey, r.EndOfSupport, "")
		if !ofSystem && support.Rank(r.EndOfSupport) > support.Rank(p.OwnEnd) {
			p.OwnEnd = r.EndOfSupport
		}
		if !ofSystem && support.Ended(r.EndOfSupport) {
			p.Ended += r.Devices
		}
		p.Findings += r.Devices * int64(len(r.Findings))
		for _, f := range r.Findings {
			c := t.cveOf[f]
			if seen[c] == int32(i)+1 {
				continue
			}
			seen[c] = int32(i) + 1
			p.Weaknesses++
			p.Severities.Count(t.worst[c].Severity)
			if defender.ExploitRank(t.worst[c].Exploitability) > 0 {
				p.Exploited.Count(t.worst[c].Severity)
			}
			p.UpdateAvailable = p.UpdateAvailable || t.worst[c].UpdateAvailable
		}
	}
	return p
}
