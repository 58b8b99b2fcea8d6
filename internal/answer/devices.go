package answer

import (
	"context"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/answer/subset"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Of says what devices have: a CVE, a product (a version of it, if Version is not empty), or an outcome
// of a configuration. One of them is given.
type Of struct {
	CVE                   string
	Vendor, Name, Version string
	// Exposed wants a finding of the product on the device.
	Exposed bool
	// Configuration is an id; Outcomes are those wanted, nil for all.
	Configuration string
	Outcomes      []projection.Outcome
}

// DevicesOf lists the devices that have something, each once, by group and id.
func (v *View) DevicesOf(ctx context.Context, of Of, p Page) (l List[Device], err error) {
	t, err := v.table(ctx)
	if err != nil {
		return l, err
	}
	may, err := v.may(ctx, of.CVE, of.Vendor, of.Name)
	if err != nil {
		return l, err
	}
	return pageOf(ctx, v.scope, p, of.in(t.Head).devices, func(i int) (*subset.Set, error) {
		if may != nil && !may[i] {
			return nil, nil
		}
		return v.with(v.ranges[i], &of)
	})
}

// pageOf lists those of so many devices in all, by group and id. of returns those of a range by its place; nil for
// none.
func pageOf(ctx context.Context, v *scope, p Page, total int64, of func(i int) (*subset.Set, error)) (
	l List[Device], err error) {
	l.Total = total
	skip := p.Skip
	for i, r := range v.ranges {
		if len(l.Rows) >= p.Limit || p.Skip >= l.Total {
			break
		}
		if err := ctx.Err(); err != nil {
			return l, err
		}
		some, err := of(i)
		if err != nil {
			return l, err
		}
		if some == nil {
			continue
		}
		if skip >= some.Devices() {
			skip -= some.Devices()
			continue
		}
		if err := v.list(r, some, &skip, p.Limit, &l); err != nil {
			return l, err
		}
	}
	l.Next = next(p.Skip+int64(len(l.Rows)), l.Total)
	return l, nil
}

// list adds the devices of a range.
func (v *scope) list(r *snapshot.Range, some *subset.Set, skip *int64, limit int, l *List[Device]) error {
	known, err := v.roster(r)
	if err != nil {
		return err
	}
	some.Each(func(d int) bool {
		if *skip > 0 {
			*skip--
			return true
		}
		l.Rows = append(l.Rows, Device{r.Group, &known[d]})
		return len(l.Rows) < limit
	})
	return nil
}

// holders are who has something in a range.
type holders struct {
	devices        int64
	releases       []uint32
	configurations []int
	outcomes       []projection.Outcome
}

// look finds them in the file of the range.
func (s *holders) look(f *projection.File, h *projection.Head) (*subset.Set, error) {
	if len(s.releases) > 0 {
		has, err := f.DevicesOf(h, s.releases)
		if err != nil {
			return nil, err
		}
		return subset.Of(has), nil
	}
	has := make([]bool, h.Devices)
	for _, c := range s.configurations {
		some, err := f.DevicesWith(h, c, s.outcomes)
		if err != nil {
			return nil, err
		}
		for d, ok := range some {
			has[d] = has[d] || ok
		}
	}
	return subset.Of(has), nil
}

// in looks it up in a head.
func (of *Of) in(h *projection.Head) (some holders) {
	switch {
	case of.CVE != "":
		return ofCVE(h, of.CVE)
	case of.Configuration != "":
		return of.ofConfiguration(h)
	}
	return of.ofProduct(h)
}

func ofCVE(h *projection.Head, id string) (some holders) {
	i, ok := slices.BinarySearchFunc(h.CVEs, id, func(c projection.CVE, id string) int {
		switch {
		case c.ID < id:
			return -1
		case c.ID > id:
			return 1
		}
		return 0
	})
	if !ok {
		return some
	}
	some.devices = h.CVEs[i].Devices
	has := make([]bool, len(h.Findings))
	for f := range h.Findings {
		has[f] = h.Findings[f].CVE == id
	}
	for n := range h.Releases {
		if slices.ContainsFunc(h.Releases[n].Findings, func(f uint32) bool { return has[f] }) {
			some.releases = append(some.releases, uint32(n))
		}
	}
	return some
}

func (of *Of) ofConfiguration(h *projection.Head) (some holders) {
	if some.outcomes = of.Outcomes; some.outcomes == nil {
		some.outcomes = []projection.Outcome{projection.Compliant, projection.NonCompliant, projection.NotApplicable,
			projection.NotApplicableNonCompliant}
	}
	for i := range h.Configurations {
		if h.Configurations[i].ID != of.Configuration {
			continue
		}
		some.configurations = append(some.configurations, i)
		for _, o := range some.outcomes {
			some.devices += h.Configurations[i].Devices[o]
		}
	}
	return some
}

func (of *Of) ofProduct(h *projection.Head) (some holders) {
	for i, p := range h.ByProduct() {
		if p.Vendor != of.Vendor || p.Name != of.Name {
			continue
		}
		for n := p.From; n < p.To; n++ {
			r := &h.Releases[n]
			if of.Version != "" && r.Version != of.Version || of.Exposed && len(r.Findings) == 0 {
				continue
			}
			some.releases = append(some.releases, n)
			some.devices += r.Devices // right for one version, of which a device has one release
		}
		if of.Version == "" {
			if some.devices = h.Products[i].Devices; of.Exposed {
				some.devices = h.Products[i].Exposed
			}
		}
	}
	return some
}

// with returns the devices of a range that have something.
func (v *scope) with(r *snapshot.Range, of *Of) (*subset.Set, error) {
	what := fmt.Sprintf("with %q %t %v", []string{of.CVE, of.Vendor, of.Name, of.Version, of.Configuration}, of.Exposed,
		of.Outcomes)
	return read(v.answers, r, what, func(file *projection.File) (*subset.Set, error) {
		h, err := v.head(r)
		if err != nil {
			return nil, err
		}
		some := of.in(h)
		return some.look(file, h)
	})
}
