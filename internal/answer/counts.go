package answer

import (
	"cmp"
	"context"
	"slices"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Group counts the devices and findings of an RBAC group.
type Group struct {
	ID      int64
	Devices int64
	// Severities counts findings, Exploited those with a known exploit.
	Severities, Exploited counts.Severities
}

// Groups counts by group, in order of their ids. A group without devices is absent.
func (v *View) Groups(ctx context.Context) ([]Group, error) {
	groups, err := groupsOf(v.ranges)
	if err != nil {
		return nil, err
	}
	all, known := make([]Group, 0, len(groups)), v.answers.summaryOf(v.m)
	for _, g := range groups {
		if one, ok := known.groups[groupKey{g.id, g.sum}]; ok {
			all = append(all, Group{g.id, one.tally.devices, one.tally.severities, one.tally.exploited})
		}
	}
	if len(all) == len(groups) {
		return all, nil
	}
	heads, err := v.groupHeads(ctx)
	if err != nil {
		return nil, err
	}
	all = all[:0]
	for _, h := range heads {
		all = append(all, Group{h.group, h.head.Devices, h.head.Severities, h.head.Exploited})
	}
	return all, nil
}

// CVEs lists the CVEs by id.
func (v *View) CVEs(ctx context.Context) ([]CVE, error) {
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]CVE, 0, len(t.byCVE))
	for i := range t.byCVE {
		all = append(all, t.cve(i))
	}
	return all, nil
}

// CVE returns a CVE; false if the scope has none of that id.
func (v *View) CVE(ctx context.Context, id string) (CVE, bool, error) {
	t, err := v.table(ctx)
	if err != nil {
		return CVE{}, false, err
	}
	i, ok := t.placeOf(id)
	if !ok {
		return CVE{}, false, nil
	}
	return t.cve(i), true, nil
}

// Products lists the products by vendor and name.
func (v *View) Products(ctx context.Context) ([]Product, error) {
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	return t.products(), nil
}

// Product returns a product; false if the scope does not have it.
func (v *View) Product(ctx context.Context, vendor, name string) (Product, bool, error) {
	t, err := v.table(ctx)
	if err != nil {
		return Product{}, false, err
	}
	i, ok := t.byProduct.find(vendor, name)
	if !ok {
		return Product{}, false, nil
	}
	return t.products()[i], true, nil
}

// Release is a version of a product on devices. Devices with other findings of the same version have
// another release.
type Release struct {
	row.SoftwareKey
	Coded                          bool
	EndOfSupport, EndOfSupportDate string
	Devices                        int64
	Weaknesses                     int64
	Findings                       []*projection.Finding
}

func releaseOf(h *projection.Head, n uint32, devices int64) Release {
	r := &h.Releases[n]
	one := Release{r.SoftwareKey, r.Coded(), r.EndOfSupport, r.EndOfSupportDate, devices, r.Weaknesses,
		make([]*projection.Finding, len(r.Findings))}
	for i, f := range r.Findings {
		one.Findings[i] = &h.Findings[f]
	}
	return one
}

// Releases lists the versions of a product, in the order of their rows; none if the scope does not have
// it.
func (v *View) Releases(ctx context.Context, vendor, name string) ([]Release, error) {
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	all := []Release{}
	if i, ok := t.byProduct.find(vendor, name); ok {
		for n := t.byProduct.all[i].From; n < t.byProduct.all[i].To; n++ {
			all = append(all, releaseOf(t.Head, n, t.Releases[n].Devices))
		}
	}
	return all, nil
}

// Exposed lists the releases that have a CVE.
func (v *View) Exposed(ctx context.Context, cve string) ([]Release, error) {
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	all := []Release{}
	if i, ok := t.placeOf(cve); ok {
		for _, n := range t.byCVE[i].Releases {
			all = append(all, releaseOf(t.Head, n, t.Releases[n].Devices))
		}
	}
	return all, nil
}

// Weakness is a CVE of a product.
type Weakness struct {
	CVE
	// OfProduct counts the findings of the product; the other counts are those of the CVE.
	OfProduct int64
	Updates   []Update
}

// Weaknesses lists the CVEs of a product by id.
func (v *View) Weaknesses(ctx context.Context, vendor, name string) ([]Weakness, error) {
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	i, ok := t.byProduct.find(vendor, name)
	if !ok {
		return []Weakness{}, nil
	}
	known := map[uint32]*Weakness{}
	for n := t.byProduct.all[i].From; n < t.byProduct.all[i].To; n++ {
		for _, f := range t.Releases[n].Findings {
			c := t.cveOf[f]
			if known[c] == nil {
				known[c] = &Weakness{CVE: t.cve(int(c))}
			}
			known[c].OfProduct += t.Releases[n].Devices
			known[c].Updates = addUpdate(known[c].Updates, &t.Findings[f], t.Releases[n].Devices)
		}
	}
	all := make([]Weakness, 0, len(known))
	for _, w := range known {
		all = append(all, *w)
	}
	slices.SortFunc(all, func(a, b Weakness) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// Update is what removes findings, and how many.
type Update struct {
	row.Update
	Findings int64
}

// addUpdate counts the update of a finding on some devices, if it has one.
func addUpdate(all []Update, f *projection.Finding, devices int64) []Update {
	if !f.UpdateAvailable && f.Update == (row.Update{}) {
		return all
	}
	for i := range all {
		if all[i].Update == f.Update {
			all[i].Findings += devices
			return all
		}
	}
	return append(all, Update{f.Update, devices})
}

// Recommendation says what to do about a product: update it, or replace what has no support.
type Recommendation struct {
	Product
	// Updates are what removes its findings, those that remove most first.
	Updates []Update
}

// Recommendations lists the products with findings or without support, by vendor and name.
func (v *View) Recommendations(ctx context.Context) ([]Recommendation, error) {
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	all := []Recommendation{}
	for i, p := range t.products() {
		if p.Exposed == 0 && p.Ended == 0 {
			continue
		}
		r := Recommendation{Product: p, Updates: t.updates(i)}
		all = append(all, r)
	}
	return all, nil
}

// updates counts the updates of a product.
func (t *table) updates(product int) []Update {
	known := map[row.Update]int64{}
	for n := t.byProduct.all[product].From; n < t.byProduct.all[product].To; n++ {
		for _, f := range t.Releases[n].Findings {
			if one := &t.Findings[f]; one.UpdateAvailable || one.Update != (row.Update{}) {
				known[one.Update] += t.Releases[n].Devices
			}
		}
	}
	all := make([]Update, 0, len(known))
	for u, n := range known {
		all = append(all, Update{u, n})
	}
	slices.SortFunc(all, func(a, b Update) int {
		return cmp.Or(cmp.Compare(b.Findings, a.Findings), cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.URL, b.URL))
	})
	return all
}

// Configuration counts the devices of a configuration by outcome.
type Configuration struct {
	row.Configuration
	Compliant, NonCompliant, NotApplicable int64
}

// Configurations lists the configurations by id. One id has several entries if rows describe it in
// several ways.
func (v *View) Configurations(ctx context.Context) ([]Configuration, error) {
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Configuration, 0, len(t.Configurations))
	for i := range t.Configurations {
		c := &t.Configurations[i]
		all = append(all, Configuration{c.Configuration, c.Devices[projection.Compliant], c.Devices[projection.NonCompliant],
			c.Devices[projection.NotApplicable] + c.Devices[projection.NotApplicableNonCompliant]})
	}
	return all, nil
}
