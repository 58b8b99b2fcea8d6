package answer

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Filter selects findings, or releases on devices: all that is given must match. Functions decide by their
// arguments alone.
type Filter struct {
	CVE, Vendor, Name, Version, Device string
	// Severity and Exploitability list what matches, as rows spell it; "" is null. Exploited wants a
	// known exploit.
	Severity, Exploitability []string
	Exploited                bool
	// Fixable wants a finding with (true) or without an update.
	Fixable *bool
	// CVEs is asked once for each CVE of a range, Software once for each release, and Pair once for each finding
	// of each release: a range without a match is not read.
	CVEs     func(id string) bool
	Software func(*row.SoftwareKey) bool
	Pair     func(*row.SoftwareKey, *projection.Finding) bool
	// Some, if it is not nil, names all that may match: nothing else is looked at. Pair tells which CVE is of which of
	// these products.
	Some []Some
	// Devices is asked once for each device of the ranges that are read. Skip and Total count all devices.
	Devices func(*Device) bool
	// Key names what the functions decide, except Devices: with equal keys they decide alike. With a key it is
	// remembered what matches in each range, so a list that is read page by page is matched once.
	Key string
}

// Some are CVEs, or advisories, of a product.
type Some struct {
	Vendor, Name string
	CVEs         []string
}

// ofFindings reports whether the filter is about findings, not only about software.
func (f *Filter) ofFindings() bool {
	return f.Some != nil || f.CVE != "" || f.Severity != nil || f.Exploitability != nil || f.Exploited ||
		f.Fixable != nil || f.CVEs != nil || f.Pair != nil
}

// key names what the filter matches in a head; "" if that has no name.
func (f *Filter) key(installed bool) string {
	if f.Key == "" && (f.CVEs != nil || f.Software != nil || f.Pair != nil || f.Some != nil) {
		return ""
	}
	fixable := "either"
	if f.Fixable != nil {
		fixable = fmt.Sprint(*f.Fixable)
	}
	return fmt.Sprintf("matches %q %t %t %s", append(append([]string{f.Key, f.CVE, f.Vendor, f.Name, f.Version},
		f.Severity...), append([]string{"\x00"}, f.Exploitability...)...), f.Exploited, installed, fixable)
}

// matches tells which findings and releases of a head match.
type matches struct {
	findings []bool
	releases []uint32 // how many rows a device with the release has that match
	rows     int64    // of all devices
}

// Weight returns about how much memory it takes, in bytes.
func (m *matches) Weight() int64 { return 200 + int64(len(m.findings)) + 4*int64(len(m.releases)) }

// some are the releases that match, ascending.
func (m *matches) some() (all []uint32) {
	for n, rows := range m.releases {
		if rows > 0 {
			all = append(all, uint32(n))
		}
	}
	return all
}

// match matches the findings of a head, or, if installed, its releases: those with a matching finding,
// if the filter is about findings.
func (f *Filter) match(h *projection.Head, in *products, installed bool) *matches {
	m := &matches{make([]bool, len(h.Findings)), make([]uint32, len(h.Releases)), 0}
	if f.Some != nil {
		f.matchSome(m, h, in, installed)
		return m
	}
	var last string
	var wanted bool
	for i := range h.Findings {
		one := &h.Findings[i]
		if i == 0 || one.CVE != last {
			last = one.CVE
			wanted = (f.CVE == "" || f.CVE == one.CVE) && (f.CVEs == nil || f.CVEs(one.CVE))
		}
		m.findings[i] = wanted && f.matchFinding(one)
	}
	for i := range h.Releases {
		r := &h.Releases[i]
		if !f.matchSoftware(&r.SoftwareKey) {
			continue
		}
		for _, n := range r.Findings {
			if f.has(m, h, r, n) {
				m.releases[i]++
			}
		}
		if installed && (m.releases[i] > 0 || !f.ofFindings()) {
			m.releases[i] = 1
		}
		m.rows += int64(m.releases[i]) * r.Devices
	}
	return m
}

// matchSome matches what Some names, and looks at nothing else.
func (f *Filter) matchSome(m *matches, h *projection.Head, in *products, installed bool) {
	if in == nil {
		in = productsOf(h)
	}
	for i := range f.Some {
		for _, id := range f.Some[i].CVEs {
			n, _ := slices.BinarySearchFunc(h.Findings, id, func(one projection.Finding, id string) int {
				return cmp.Compare(one.CVE, id)
			})
			for ; n < len(h.Findings) && h.Findings[n].CVE == id; n++ {
				m.findings[n] = (f.CVE == "" || f.CVE == id) && (f.CVEs == nil || f.CVEs(id)) &&
					f.matchFinding(&h.Findings[n])
			}
		}
	}
	for i := range f.Some {
		at, ok := in.find(f.Some[i].Vendor, f.Some[i].Name)
		if !ok {
			continue
		}
		for n := in.all[at].From; n < in.all[at].To; n++ {
			r := &h.Releases[n]
			if m.releases[n] > 0 || !f.matchSoftware(&r.SoftwareKey) {
				continue
			}
			for _, one := range r.Findings {
				if f.has(m, h, r, one) {
					m.releases[n]++
				}
			}
			if installed {
				m.releases[n] = min(m.releases[n], 1)
			}
			m.rows += int64(m.releases[n]) * r.Devices
		}
	}
}

func (f *Filter) matchFinding(one *projection.Finding) bool {
	return (f.Severity == nil || slices.Contains(f.Severity, one.Severity)) &&
		(f.Exploitability == nil || slices.Contains(f.Exploitability, one.Exploitability)) &&
		(!f.Exploited || one.Exploited()) && (f.Fixable == nil || *f.Fixable == one.UpdateAvailable)
}

func (f *Filter) matchSoftware(key *row.SoftwareKey) bool {
	return (f.Vendor == "" || f.Vendor == key.Vendor) && (f.Name == "" || f.Name == key.Name) &&
		(f.Version == "" || f.Version == key.Version) && (f.Software == nil || f.Software(key))
}

// has reports whether a finding of a release that matches does. Functions of the filter that was matched may be
// those of another request, so it asks its own.
func (f *Filter) has(m *matches, h *projection.Head, r *projection.Release, finding uint32) bool {
	return m.findings[finding] && (f.Pair == nil || f.Pair(&r.SoftwareKey, &h.Findings[finding]))
}

// once returns what matches in a head, which is that of a key: remembered, if the filter has a name.
func (f *Filter) once(a *Answers, of cache.Key, installed bool,
	head func() (*projection.Head, *products, error)) (*matches, error) {
	match := func() (*matches, int64, error) {
		h, in, err := head()
		if err != nil {
			return nil, 0, err
		}
		m := f.match(h, in, installed)
		return m, m.Weight(), nil
	}
	if of.What = f.key(installed); of.What == "" {
		m, _, err := match()
		return m, err
	}
	return cache.Once(a.cache, of, match)
}

// matching returns what matches in a range.
func (v *scope) matching(r *snapshot.Range, f *Filter, installed bool) (*matches, error) {
	file, err := projected(r)
	if err != nil {
		return nil, err
	}
	return f.once(v.answers, cache.Key{Name: file.Path, Sum: file.SHA256}, installed,
		func() (*projection.Head, *products, error) {
			h, err := v.head(r)
			if err != nil || f.Some == nil {
				return h, nil, err
			}
			in, err := once(v.answers, r, "products", func() (*products, error) { return productsOf(h), nil })
			return h, in, err
		})
}

// reach is what matches in the scope, and which of its ranges may have it.
type reach struct {
	*matches
	ranges []bool
}

// reach finds out what a filter matches.
func (v *scope) reach(ctx context.Context, f *Filter, installed bool) (*reach, error) {
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	m, err := f.once(v.answers, t.key, installed, func() (*projection.Head, *products, error) {
		return t.Head, t.byProduct, nil
	})
	if err != nil {
		return nil, err
	}
	return &reach{m, t.rangesOf(f, m, len(v.ranges))}, nil
}

// rangesOf tells which ranges have a product that matches and, if the filter is about findings, a CVE that one of
// them has.
func (t *table) rangesOf(f *Filter, m *matches, ranges int) []bool {
	products := make([]byte, t.places.size)
	for i, p := range t.byProduct.all {
		if slices.ContainsFunc(m.releases[p.From:p.To], func(rows uint32) bool { return rows > 0 }) {
			t.places.join(products, len(t.byCVE)+i)
		}
	}
	cves := products
	if f.ofFindings() {
		cves = make([]byte, t.places.size)
		for i, c := range t.byCVE {
			if slices.Contains(m.findings[c.From:c.To], true) {
				t.places.join(cves, i)
			}
		}
	}
	all := make([]bool, ranges)
	for i := range all {
		all[i] = products[i/8]&cves[i/8]&(1<<(i%8)) != 0
	}
	return all
}
