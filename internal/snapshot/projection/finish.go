package projection

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Finish returns the projection. The builder must not be used again.
func (b *Builder) Finish() *Projection {
	p := &Projection{Devices: b.devices}
	b.texts, b.findings, b.releases, b.read, b.checked, b.copied = nil, nil, nil, nil, nil, copied{}
	p.Head.Devices = int64(len(b.devices))
	b.tallyDevices()
	for i := range b.devices {
		p.Severities.Add(b.devices[i].Severities)
		p.Exploited.Add(b.devices[i].Exploited)
	}
	b.sortFindings(&p.Head)
	p.releases = b.invert(b.sortReleases(&p.Head), p.Releases)
	b.sortConfigurations(p)
	p.countDevices()
	return p
}

// Weight returns about how much memory Finish and Encode take together with the builder, in bytes.
func (b *Builder) Weight() int64 {
	const finding, release, perFinding, device, perEntry = 1500, 850, 20, 900, 8
	n := int64(len(b.allFindings)*finding + len(b.allReleases)*release + len(b.devices)*device)
	for _, r := range b.allReleases {
		n += int64(len(r.Findings) * perFinding)
	}
	return n + int64(len(b.has))*perEntry
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

// of returns the numbers of a device's releases.
func (b *Builder) of(device int) []uint32 {
	from := 0
	if device > 0 {
		from = b.ends[device-1]
	}
	return b.has[from:b.ends[device]]
}

// tallyDevices counts the software and the findings of each device.
func (b *Builder) tallyDevices() {
	tallies := make([]tally, len(b.allReleases))
	for i, r := range b.allReleases {
		if r.tally != nil {
			tallies[i] = *r.tally
		}
	}
	for i := range b.devices {
		d := &b.devices[i]
		all := b.of(i)
		d.Software = int64(len(all))
		for _, n := range all {
			d.Severities.Add(tallies[n].severities)
			d.Exploited.Add(tallies[n].exploited)
		}
	}
}

// invert returns the devices of each release, and counts them. place are the places of the releases by
// number.
func (b *Builder) invert(place []uint32, releases []Release) lists {
	next, ends := make([]uint32, len(releases)), make([]uint32, len(releases))
	for d := range b.devices {
		for _, n := range b.of(d) {
			at := place[n]
			ends[at] += uvarintSize(uint32(d) - next[at])
			next[at] = uint32(d) + 1
			releases[at].Devices++
		}
	}
	sum := uint32(0)
	at := make([]uint32, len(releases)) // where the next entry of each is written
	for i := range ends {
		at[i] = sum
		sum += ends[i]
		ends[i] = sum
	}
	data := make([]byte, sum)
	clear(next)
	for d := range b.devices {
		for _, n := range b.of(d) {
			n = place[n]
			at[n] += uint32(binary.PutUvarint(data[at[n]:ends[n]], uint64(uint32(d)-next[n])))
			next[n] = uint32(d) + 1
		}
	}
	b.has, b.ends = nil, nil
	return lists{ends, data}
}

// uvarintSize returns how many bytes a number takes.
func uvarintSize(n uint32) uint32 { return uint32(bits.Len32(n|1)+6) / 7 }

// sortReleases puts the releases in order, and returns their places by number.
func (b *Builder) sortReleases(h *Head) (place []uint32) {
	sorted, place := order(len(b.allReleases), func(x, y uint32) int {
		left, right := b.allReleases[x], b.allReleases[y]
		return compareReleases(&left.Release, &right.Release, left.id[:left.key], right.id[:right.key])
	})
	h.Releases = make([]Release, 0, len(sorted))
	for _, n := range sorted {
		h.Releases = append(h.Releases, b.allReleases[n].Release)
		b.allReleases[n] = nil // there may be very many
	}
	b.allReleases = nil
	return place
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
