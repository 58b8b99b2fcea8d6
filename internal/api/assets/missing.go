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
	// lacking are the updates of the catalog by version of an operating system.
	lacking map[string][]catalog.Lacking
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
	return &missing{catalog: c, lacking: map[string][]catalog.Lacking{}, fixes: map[string]*missingKB{}}, nil
}

// add adds what is missing of a release on its devices.
func (m *missing) add(r *answer.Release) {
	found := map[string]bool{} // and not fixed yet by what was added
	for _, f := range r.Findings {
		if isKB(f.Update.ID) && !f.Advisory {
			found[f.CVE] = true
		}
	}
	if r.Vendor != "microsoft" || len(found) == 0 {
		return
	}
	left := maps.Clone(found)
	for _, one := range m.of(r) {
		cves := slices.DeleteFunc(slices.Clone(one.CVEs), func(cve string) bool { return !found[cve] })
		if !slices.ContainsFunc(cves, func(cve string) bool { return left[cve] }) {
			continue
		}
		m.note(r, one.ID, one.Title, one.URL, cves)
		for _, cve := range cves {
			delete(left, cve)
		}
	}
	byKB := map[string][]int{} // what the catalog does not know any more, as rows have it
	for i, f := range r.Findings {
		if left[f.CVE] && !f.Advisory {
			byKB[f.Update.ID] = append(byKB[f.Update.ID], i)
		}
	}
	for id, at := range byKB {
		var cves []string
		for _, i := range at {
			cves = append(cves, r.Findings[i].CVE)
		}
		update := &r.Findings[at[0]].Update
		m.note(r, id, update.Title, update.URL, cves)
	}
}

// of lists the updates that the catalog names for a release of Windows.
func (m *missing) of(r *answer.Release) []catalog.Lacking {
	key := r.Name + " " + r.Version
	list, known := m.lacking[key]
	if !known {
		if component, ok := shown.Component(m.catalog, r.Vendor, r.Name, r.Version, nil); ok && component.Kind == "os" {
			list = catalog.LackingUpdates(m.catalog, component)
		}
		m.lacking[key] = list
	}
	return list
}

// note adds the devices of a release to those that lack a KB.
func (m *missing) note(r *answer.Release, id, title, url string, cves []string) {
	one := m.fixes[id]
	if one == nil {
		one = &missingKB{cves: map[string]bool{},
			ProductFix: defender.ProductFix{ID: id, Name: title, URL: text(url), OSBuild: buildOf(r), ProductsNames: []string{}}}
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
	for _, cve := range cves {
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

// isKB reports whether the id of an update is the number of a KB.
func isKB(id string) bool { return id != "" && strings.Trim(id, "0123456789") == "" }

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
	fleet := &missing{catalog: own.catalog, lacking: own.lacking, fixes: map[string]*missingKB{}}
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
