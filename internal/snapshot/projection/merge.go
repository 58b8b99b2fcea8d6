package projection

// Merge adds up heads of different devices. What is equal in several is one.
func Merge(heads ...*Head) *Head {
	if len(heads) == 1 {
		return heads[0]
	}
	b := NewBuilder()
	sum := &Head{}
	for _, h := range heads {
		b.mergeHead(h)
		sum.Devices += h.Devices
		sum.Severities.Add(h.Severities)
		sum.Exploited.Add(h.Exploited)
	}
	b.sortFindings(sum)
	b.sortReleases(sum)
	p := &Projection{}
	b.sortConfigurations(p)
	sum.Configurations = p.Configurations
	sum.addCounts(heads)
	return sum
}

// mergeHead adds the releases and configurations of a head with their numbers of devices.
func (b *Builder) mergeHead(h *Head) {
	place := make([]uint32, len(h.Findings))
	for i := range h.Findings {
		place[i] = b.internFinding(&h.Findings[i])
	}
	for i := range h.Releases {
		r := h.Releases[i]
		r.Findings = make([]uint32, len(h.Releases[i].Findings))
		for j, f := range h.Releases[i].Findings {
			r.Findings[j] = place[f]
		}
		b.allReleases[b.internRelease(&r)].Devices += r.Devices
	}
	for i := range h.Configurations {
		c := &h.Configurations[i]
		made := &b.allConfigured[b.internConfiguration(c.Configuration)]
		for o, n := range c.Devices {
			made.lists[o].n += n
		}
	}
}

// addCounts adds up the devices of CVEs and products.
func (h *Head) addCounts(heads []*Head) {
	type cve struct {
		id       string
		advisory bool
	}
	type product struct{ vendor, name string }
	cves, products := map[cve]int64{}, map[product][2]int64{}
	for _, one := range heads {
		for _, c := range one.CVEs {
			cves[cve{c.ID, c.Advisory}] += c.Devices
		}
		for _, p := range one.Products {
			n := products[product{p.Vendor, p.Name}]
			products[product{p.Vendor, p.Name}] = [2]int64{n[0] + p.Devices, n[1] + p.Exposed}
		}
	}
	distinct, _ := h.distinctCVEs()
	for _, c := range distinct {
		h.CVEs = append(h.CVEs, CVE{c.ID, c.Advisory, cves[cve{c.ID, c.Advisory}]})
	}
	for _, p := range h.ByProduct() {
		n := products[product{p.Vendor, p.Name}]
		h.Products = append(h.Products, Product{p.Vendor, p.Name, n[0], n[1]})
	}
}
