package assets

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/shown"
)

// missing collects the KBs that devices lack. What is missing is the newest KB of those that replace each other: the
// catalog knows which, and rows know of each finding the KB that fixes it first. Rows say what is found, so that
// what is listed belongs to one snapshot.
type missing struct {
	catalog *catalog.Catalog
	fixes   map[string]*missingKB
}

// missingKB is a KB with the CVEs that it fixes on the devices that lack it.
type missingKB struct {
	defender.ProductFix
	cves map[string]bool
}

// newMissing returns an empty collection. Without a feed of updates nobody can tell which are missing.
func newMissing(ctx context.Context, s *source) (*missing, error) {
	c, err := s.calls.library.Newest(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(c.Feeds(), func(f coverage.Feed) bool { return f.Kind == intel.MSRC }) {
		return nil, edge.Refuse(http.StatusNotImplemented, defender.CodeNotImplemented,
			"no feed of KBs (kind msrc) is known yet, so nobody can tell which are missing: use the vulnerabilities instead")
	}
	return &missing{catalog: c, fixes: map[string]*missingKB{}}, nil
}

// add adds what is missing of a release on its devices.
func (m *missing) add(r *answer.Release) {
	found := map[string]bool{}
	for _, f := range r.Findings {
		if kbOf(f.Update.ID) != nil && !f.Advisory {
			found[f.CVE] = true
		}
	}
	if r.Vendor != "microsoft" || len(found) == 0 {
		return
	}
	lacks := map[string]*lacked{} // a KB once for each release, whoever names it
	left := maps.Clone(found)
	for _, one := range m.newest(r, slices.Sorted(maps.Keys(found))) {
		lacks[one.ID] = &lacked{one.Title, one.URL, one.CVEs}
		for _, cve := range one.CVEs {
			delete(left, cve)
		}
	}
	for _, f := range r.Findings { // what the catalog does not know any more, as rows have it
		if !left[f.CVE] || f.Advisory {
			continue
		}
		if lacks[f.Update.ID] == nil {
			lacks[f.Update.ID] = &lacked{title: f.Update.Title, url: f.Update.URL}
		}
		lacks[f.Update.ID].cves = append(lacks[f.Update.ID].cves, f.CVE)
	}
	for id, one := range lacks {
		m.note(r, id, one)
	}
}

// lacked is a KB that a release lacks, with the CVEs that it fixes there.
type lacked struct {
	title, url string
	cves       []string
}

// newest lists the updates that the catalog names for some CVEs of a release of Windows.
func (m *missing) newest(r *answer.Release, cves []string) []catalog.Lacking {
	component, ok := shown.Component(m.catalog, "", r.Vendor, r.Name, r.Version, nil)
	if !ok || component.Kind != "os" {
		return nil
	}
	return catalog.LackingUpdates(m.catalog, component, cves)
}

// note adds the devices of a release to those that lack a KB.
func (m *missing) note(r *answer.Release, id string, lacks *lacked) {
	one := m.fixes[id]
	if one == nil {
		one = &missingKB{cves: map[string]bool{},
			ProductFix: defender.ProductFix{ID: id, Name: lacks.title, URL: text(lacks.url), OSBuild: buildOf(r),
				ProductsNames: []string{}}}
		m.fixes[id] = one
	}
	if build := buildOf(r); one.OSBuild == nil || build == nil || *build != *one.OSBuild {
		one.OSBuild = nil // it is for several
	}
	if !slices.Contains(one.ProductsNames, r.Name) {
		one.ProductsNames = append(one.ProductsNames, r.Name)
		slices.Sort(one.ProductsNames)
	}
	one.MachineMissedOn += r.Devices
	for _, cve := range lacks.cves {
		one.cves[cve] = true
	}
	one.CVEAddressed = int64(len(one.cves))
}

// list lists the KBs, by id.
func (m *missing) list() list[defender.ProductFix] {
	rows := []defender.ProductFix{}
	for _, id := range slices.Sorted(maps.Keys(m.fixes)) {
		rows = append(rows, m.fixes[id].ProductFix)
	}
	return all(rows)
}

// buildOf returns the build of a release of Windows; nil for other software.
func buildOf(r *answer.Release) *int64 {
	parts := strings.Split(r.Version, ".")
	if !strings.HasPrefix(r.Name, "windows_") || len(parts) < 3 {
		return nil
	}
	n, err := strconv.ParseInt(parts[2], 10, 32)
	if err != nil {
		return nil
	}
	return &n
}

// productFixes is the list of the KBs that are missing of a product.
func productFixes(ctx context.Context, s *source, _ *options) (list[defender.ProductFix], error) {
	p, err := findProduct(ctx, s, s.PathValue("id"))
	if err != nil {
		return list[defender.ProductFix]{}, err
	}
	m, err := newMissing(ctx, s)
	if err != nil {
		return list[defender.ProductFix]{}, err
	}
	if err := m.addProduct(ctx, s, p.Vendor, p.Name); err != nil {
		return list[defender.ProductFix]{}, err
	}
	return m.list(), nil
}

// addProduct adds what is missing of a product on all devices that the caller sees.
func (m *missing) addProduct(ctx context.Context, s *source, vendor, name string) error {
	releases, err := s.view.Releases(ctx, vendor, name)
	for i := range releases {
		m.add(&releases[i])
	}
	return err
}

// machineFixes is the list of the KBs that a device lacks. How many others lack them is counted by product.
func machineFixes(ctx context.Context, s *source, _ *options) (list[defender.ProductFix], error) {
	d, err := s.find(ctx, s.PathValue("id"))
	if err != nil {
		return list[defender.ProductFix]{}, err
	}
	own, err := newMissing(ctx, s)
	if err != nil {
		return list[defender.ProductFix]{}, err
	}
	releases, err := s.view.Software(ctx, d.ID)
	if err != nil {
		return list[defender.ProductFix]{}, err
	}
	fleet := &missing{catalog: own.catalog, fixes: map[string]*missingKB{}}
	counted := map[string]bool{}
	for i := range releases {
		r := &releases[i]
		before := len(own.fixes)
		if own.add(r); len(own.fixes) == before || counted[r.Name] {
			continue
		}
		counted[r.Name] = true
		if err := fleet.addProduct(ctx, s, r.Vendor, r.Name); err != nil {
			return list[defender.ProductFix]{}, err
		}
	}
	for id, one := range own.fixes {
		if f := fleet.fixes[id]; f != nil {
			one.MachineMissedOn = max(one.MachineMissedOn, f.MachineMissedOn)
		}
	}
	return own.list(), nil
}
