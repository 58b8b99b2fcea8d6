package answers

import (
	"slices"
	"sync"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/remedy"
	"github.com/muster-project/muster/internal/intel/shown"
)

// maxReleases is how many releases of a product are asked for the version that mends them.
const maxReleases = 200

// mending finds the versions that remove the findings of a product that match, by what the rules of the catalog
// say. Rows do not say what a piece of software was: a release counts only if the catalog has all of its findings
// for software of this name. Others, and findings that no known version removes, are not counted.
type mending struct {
	vendor, name string
	releases     []affectedRelease
	lock         sync.Mutex
	asked        bool
	found        remedy.Remedies
	byCVE        map[string][]control.TargetRow // those that were asked for
}

// affectedRelease is a release of a product with the CVEs that match, ascending.
type affectedRelease struct {
	system, version string
	devices         int64
	cves            []string
}

// add adds a release with those of its findings that match. It returns about how many bytes that takes.
func (m *mending) add(i *installed, matching []worst) int64 {
	one := affectedRelease{system: i.system, version: i.Version, devices: i.Devices}
	for _, w := range matching {
		one.cves = append(one.cves, w.CVE)
	}
	slices.Sort(one.cves)
	for n := range m.releases {
		if r := &m.releases[n]; r.version == one.version && r.system == one.system && slices.Equal(r.cves, one.cves) {
			r.devices += one.devices
			return 0
		}
	}
	if len(m.releases) == maxReleases {
		return 0
	}
	m.releases = append(m.releases, one)
	const release, found = 150, 24 + 150 // with what is found of the CVE
	return release + found*int64(len(one.cves))
}

// of returns the remedies; whoever asks holds the lock.
func (m *mending) of(c *catalog.Catalog) *remedy.Remedies {
	if !m.asked {
		for i := range m.releases {
			r := &m.releases[i]
			if component, ok := shown.Component(c, r.system, m.vendor, m.name, r.version, r.cves); ok {
				m.found.Add(c, component, r.cves, r.devices)
			}
		}
		m.asked, m.byCVE = true, map[string][]control.TargetRow{}
	}
	return &m.found
}

// targets are the versions that remove all findings that match, targetsOf those that remove one CVE.
func (m *mending) targets(c *catalog.Catalog) []control.TargetRow {
	m.lock.Lock()
	defer m.lock.Unlock()
	return targetRows(m.of(c).Targets())
}

func (m *mending) targetsOf(c *catalog.Catalog, cve string) []control.TargetRow {
	m.lock.Lock()
	defer m.lock.Unlock()
	found := m.of(c)
	known, ok := m.byCVE[cve]
	if !ok {
		known = targetRows(found.For(cve))
		m.byCVE[cve] = known
	}
	return known
}

func targetRows(all []remedy.Target) (rows []control.TargetRow) {
	for _, one := range all {
		rows = append(rows, control.TargetRow{Version: one.Version, Findings: one.Findings})
	}
	return rows
}
