package projection

import "slices"

// Finish returns the projection. The builder must not be used again.
func (b *Builder) Finish() *Projection {
	p := &Projection{Devices: b.devices}
	b.texts, b.findings, b.releases, b.made, b.checked, b.copied = nil, nil, nil, nil, nil, copied{}
	p.Head.Devices = int64(len(b.devices))
	for i := range b.devices {
		p.Severities.Add(b.devices[i].Severities)
		p.Exploited.Add(b.devices[i].Exploited)
	}
	b.sortFindings(&p.Head)
	b.sortReleases(p)
	b.sortConfigurations(p)
	p.countDevices()
	return p
}

// Weight returns about how much memory Finish and Encode take together with the builder, in bytes.
func (b *Builder) Weight() int64 {
	const finding, release, perFinding, device = 1500, 850, 20, 900
	n := int64(len(b.allFindings)*finding + len(b.allReleases)*release + len(b.devices)*device)
	for _, r := range b.allReleases {
		n += int64(len(r.Findings)*perFinding + 2*len(r.list.data))
	}
	return n
}

// order returns the numbers 0 to n in an order, and for each number its place in it.
func order(n int, compare func(a, b uint32) int) (sorted, place []uint32) {
	sorted, place = make([]uint32, n), make([]uint32, n)
	for i := range sorted {
		sorted[i] = uint32(i)
	}
	slices.SortFunc(sorted, compare)
	for i, number := range sorted {
		place[number] = uint32(i)
	}
	return sorted, place
}

// sortFindings sorts the findings and numbers those of the releases by it.
func (b *Builder) sortFindings(h *Head) {
	sorted, place := order(len(b.allFindings), func(x, y uint32) int {
		return compareFindings(&b.allFindings[x], &b.allFindings[y])
	})
	h.Findings = make([]Finding, len(sorted))
	for i, n := range sorted {
		h.Findings[i] = b.allFindings[n]
	}
	for i := range b.allReleases {
		findings := b.allReleases[i].Findings
		for j := range findings {
			findings[j] = place[findings[j]]
		}
		slices.Sort(findings)
	}
}

func (b *Builder) sortReleases(p *Projection) {
	sorted, _ := order(len(b.allReleases), func(x, y uint32) int {
		left, right := b.allReleases[x], b.allReleases[y]
		return compareReleases(&left.Release, &right.Release, left.id[:left.key], right.id[:right.key])
	})
	p.Releases = make([]Release, 0, len(sorted))
	for _, n := range sorted {
		r := b.allReleases[n]
		r.Devices = r.list.n
		p.Releases = append(p.Releases, r.Release)
		p.releases.append(r.list.data)
		b.allReleases[n] = nil // there may be very many
	}
	b.allReleases = nil
}

func (b *Builder) sortConfigurations(p *Projection) {
	sorted, _ := order(len(b.allConfigured), func(x, y uint32) int {
		return compareConfigurations(&b.allConfigured[x].Configuration, &b.allConfigured[y].Configuration)
	})
	for _, n := range sorted {
		c := &b.allConfigured[n]
		one := Configuration{Configuration: c.Configuration}
		for o := range c.lists {
			one.Devices[o] = c.lists[o].n
			p.outcomes.append(c.lists[o].data)
		}
		p.Configurations = append(p.Configurations, one)
	}
}

// countDevices counts the devices of each CVE and product, each device once.
func (p *Projection) countDevices() {
	seen := newSet(len(p.Devices))
	for _, some := range p.ByCVE() {
		c := CVE{ID: some.ID, Advisory: some.Advisory}
		if len(some.Releases) == 1 {
			c.Devices = p.Releases[some.Releases[0]].Devices
		} else {
			c.Devices = p.union(seen, some.Releases)
		}
		p.CVEs = append(p.CVEs, c)
	}
	for _, some := range p.ByProduct() {
		var exposed []uint32
		for r := some.From; r < some.To; r++ {
			if len(p.Releases[r].Findings) > 0 {
				exposed = append(exposed, r)
			}
		}
		p.Products = append(p.Products, Product{some.Vendor, some.Name, p.union(seen, numbers(some.From, some.To)),
			p.union(seen, exposed)})
	}
}

func numbers(from, to uint32) (all []uint32) {
	for n := from; n < to; n++ {
		all = append(all, n)
	}
	return all
}

// union counts the devices that have any of some releases.
func (p *Projection) union(seen *set, releases []uint32) (n int64) {
	seen.clear()
	for _, r := range releases {
		p.releases.each(int(r), func(device uint32) {
			if seen.add(device) {
				n++
			}
		})
	}
	return n
}

// set is a set of devices that is cleared quickly.
type set struct {
	stamps []uint32
	now    uint32
}

func newSet(n int) *set { return &set{stamps: make([]uint32, n)} }

func (s *set) clear() { s.now++ }

// add adds a device; false if it is in the set.
func (s *set) add(device uint32) bool {
	if s.stamps[device] == s.now {
		return false
	}
	s.stamps[device] = s.now
	return true
}

// OfCVE are the findings [From, To) of a CVE and the releases that have it, ascending.
type OfCVE struct {
	ID       string
	Advisory bool
	From, To uint32
	Releases []uint32
}

// ByCVE lists the CVEs, in the order of CVEs.
func (h *Head) ByCVE() []OfCVE {
	all, place := h.distinctCVEs()
	for r := range h.Releases {
		for _, f := range h.Releases[r].Findings {
			c := &all[place[f]]
			if n := len(c.Releases); n == 0 || c.Releases[n-1] != uint32(r) {
				c.Releases = append(c.Releases, uint32(r))
			}
		}
	}
	return all
}

// distinctCVEs lists the CVEs in order of the findings, and the place of each finding's in the list.
func (h *Head) distinctCVEs() (all []OfCVE, place []uint32) {
	place = make([]uint32, len(h.Findings))
	for i := range h.Findings {
		f := &h.Findings[i]
		if n := len(all); n == 0 || all[n-1].ID != f.CVE || all[n-1].Advisory != f.Advisory {
			all = append(all, OfCVE{ID: f.CVE, Advisory: f.Advisory, From: uint32(i)})
		}
		all[len(all)-1].To = uint32(i) + 1
		place[i] = uint32(len(all) - 1)
	}
	return all, place
}

// OfProduct are the releases [From, To) of a product.
type OfProduct struct {
	Vendor, Name string
	From, To     uint32
}

// ByProduct lists the products, in the order of Products. The releases of one follow each other, because
// they are in order of vendor, name and version.
func (h *Head) ByProduct() (all []OfProduct) {
	for i := range h.Releases {
		r := &h.Releases[i]
		if n := len(all); n == 0 || all[n-1].Vendor != r.Vendor || all[n-1].Name != r.Name {
			all = append(all, OfProduct{Vendor: r.Vendor, Name: r.Name, From: uint32(i)})
		}
		all[len(all)-1].To = uint32(i) + 1
	}
	return all
}
