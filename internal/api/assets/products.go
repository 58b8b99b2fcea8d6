package assets

import (
	"context"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/score"
)

// productID returns the id of a product.
func productID(vendor, name string) string { return vendor + defender.IDSeparator + name }

// product describes a product; impact is completed later.
func describeProduct(p *answer.Product) defender.Product {
	return defender.Product{ID: productID(p.Vendor, p.Name), Name: text(p.Name), Vendor: text(p.Vendor),
		Weaknesses: p.Weaknesses, PublicExploit: p.Exploited != counts.Severities{},
		ExposedMachines: p.Exposed, InstalledMachines: p.Devices, IsNormalized: p.Coded, Tags: []string{}}
}

// loadOf returns the load that the findings of releases add to devices.
func loadOf(releases []answer.Release) (load score.Load) {
	for i := range releases {
		var findings, exploited counts.Severities
		for _, f := range releases[i].Findings {
			if f.Advisory {
				continue
			}
			findings.Count(f.Severity)
			if f.Exploited() {
				exploited.Count(f.Severity)
			}
		}
		load += score.Of(findings, exploited) * score.Load(releases[i].Devices)
	}
	return load
}

// share returns the part of the exposure score that comes from a product.
func (s *source) share(ctx context.Context, vendor, name string) (float64, error) {
	fleet, err := s.fleet(ctx)
	if err != nil {
		return 0, err
	}
	releases, err := s.view.Releases(ctx, vendor, name)
	return fleet.Share(loadOf(releases)), err
}

// fillImpact completes products by their impact.
func (s *source) fillImpact(ctx context.Context, rows []defender.Product) error {
	for i := range rows {
		share, err := s.share(ctx, *rows[i].Vendor, *rows[i].Name)
		if err != nil {
			return err
		}
		rows[i].ImpactScore = float32(share)
	}
	return nil
}

// listProducts is the list of some products, by id.
func (s *source) listProducts(ctx context.Context, o *options, some []answer.Product) (list[defender.Product], error) {
	rows := described(some, describeProduct)
	slices.SortFunc(rows, func(a, b defender.Product) int { return strings.Compare(a.ID, b.ID) })
	l := all(rows)
	if !o.asks(newObject[defender.Product]().schema, "impactScore") {
		l.fill = s.fillImpact
		return l, nil
	}
	return l, s.fillImpact(ctx, rows)
}

// products is the list of all software.
func products(ctx context.Context, s *source, o *options) (list[defender.Product], error) {
	some, err := s.view.Products(ctx)
	if err != nil {
		return list[defender.Product]{}, err
	}
	return s.listProducts(ctx, o, some)
}

// findProduct returns the product with an id, in any case.
func findProduct(ctx context.Context, s *source, id string) (answer.Product, error) {
	some, err := s.view.Products(ctx)
	if err != nil {
		return answer.Product{}, err
	}
	at := slices.IndexFunc(some, func(p answer.Product) bool { return strings.EqualFold(productID(p.Vendor, p.Name), id) })
	if at < 0 {
		return answer.Product{}, noSuch("Software", id)
	}
	return some[at], nil
}

// product is one product.
func product(ctx context.Context, s *source, id string) (defender.Product, error) {
	p, err := findProduct(ctx, s, id)
	if err != nil {
		return defender.Product{}, err
	}
	one := []defender.Product{describeProduct(&p)}
	err = s.fillImpact(ctx, one)
	return one[0], err
}

// distributions is the list of the versions of a product.
func distributions(ctx context.Context, s *source, _ *options) (list[defender.Distribution], error) {
	p, err := findProduct(ctx, s, s.PathValue("id"))
	if err != nil {
		return list[defender.Distribution]{}, err
	}
	releases, err := s.view.Releases(ctx, p.Vendor, p.Name)
	if err != nil {
		return list[defender.Distribution]{}, err
	}
	rows := []defender.Distribution{}
	for from := 0; from < len(releases); {
		to := from + 1
		for to < len(releases) && releases[to].Version == releases[from].Version {
			to++
		}
		one := defender.Distribution{Version: text(releases[from].Version),
			Vulnerabilities: int64(len(cvesOf(releases[from:to])))}
		for ; from < to; from++ {
			one.Installations += releases[from].Devices
		}
		rows = append(rows, one)
	}
	return all(rows), nil
}

// productMachines is the list of the devices that have a product.
func productMachines(ctx context.Context, s *source, _ *options) (list[defender.MachineReference], error) {
	p, err := findProduct(ctx, s, s.PathValue("id"))
	return s.references(answer.Of{Vendor: p.Vendor, Name: p.Name}, p.Devices), err
}

// productVulnerabilities is the list of the CVEs of a product.
func productVulnerabilities(ctx context.Context, s *source, o *options) (list[defender.Vulnerability], error) {
	p, err := findProduct(ctx, s, s.PathValue("id"))
	if err != nil {
		return list[defender.Vulnerability]{}, err
	}
	return weaknesses(ctx, s, o, p.Vendor, p.Name)
}

// weaknesses is the list of the CVEs of a product.
func weaknesses(ctx context.Context, s *source, o *options, vendor, name string) (list[defender.Vulnerability],
	error) {
	releases, err := s.view.Releases(ctx, vendor, name)
	if err != nil {
		return list[defender.Vulnerability]{}, err
	}
	return s.some(ctx, o, cvesOf(releases))
}

// machineProducts is the list of the software of a device.
func machineProducts(ctx context.Context, s *source, o *options) (list[defender.Product], error) {
	d, err := s.find(ctx, s.PathValue("id"))
	if err != nil {
		return list[defender.Product]{}, err
	}
	releases, err := s.view.Software(ctx, d.ID)
	if err != nil {
		return list[defender.Product]{}, err
	}
	var some []answer.Product
	for i := range releases {
		r := &releases[i]
		if n := len(some); n > 0 && some[n-1].Vendor == r.Vendor && some[n-1].Name == r.Name {
			continue
		}
		p, ok, err := s.view.Product(ctx, r.Vendor, r.Name)
		if err != nil {
			return list[defender.Product]{}, err
		}
		if ok {
			some = append(some, p)
		}
	}
	slices.SortStableFunc(some, func(a, b answer.Product) int {
		return strings.Compare(productID(a.Vendor, a.Name), productID(b.Vendor, b.Name))
	})
	some = slices.CompactFunc(some, func(a, b answer.Product) bool { return a.Vendor == b.Vendor && a.Name == b.Name })
	return s.listProducts(ctx, o, some)
}
