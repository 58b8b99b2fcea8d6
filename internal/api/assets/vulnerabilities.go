package assets

import (
	"context"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cve"
)

// vulnerabilities are all CVEs, by id: those of the catalog, and those of rows that it does not have,
// because a feed was removed.
type vulnerabilities struct {
	known *cve.List
	found []answer.CVE // of the snapshot, by id
	// extra are places in found of CVEs that are not known; at has the number of each among all.
	extra []int
	at    []int
}

// vulnerabilities reads what is known of CVEs, and which are found.
func (s *source) vulnerabilities(ctx context.Context) (*vulnerabilities, error) {
	catalog, err := s.calls.library.Newest(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.view.CVEs(ctx)
	if err != nil {
		return nil, err
	}
	v := &vulnerabilities{known: catalog.CVEs()}
	v.found = slices.DeleteFunc(slices.Clone(found), func(c answer.CVE) bool { return c.Advisory })
	for i := range v.found {
		if place, ok := v.known.Find(v.found[i].ID); !ok {
			v.extra, v.at = append(v.extra, i), append(v.at, place+len(v.at))
		}
	}
	return v, nil
}

// len returns how many there are.
func (v *vulnerabilities) len() int { return v.known.Len() + len(v.extra) }

// after returns the number of CVEs up to an id.
func (v *vulnerabilities) after(id string) int64 {
	n := sort.Search(v.len(), func(n int) bool { return v.id(n) > id })
	return int64(n)
}

// place returns where CVE n is: in extra, or else in known.
func (v *vulnerabilities) place(n int) (place int, isExtra bool) {
	before, ok := slices.BinarySearch(v.at, n)
	if ok {
		return before, true
	}
	return n - before, false
}

func (v *vulnerabilities) id(n int) string {
	place, isExtra := v.place(n)
	if isExtra {
		return v.found[v.extra[place]].ID
	}
	return v.known.ID(place)
}

// count returns what the snapshot has of a CVE.
func (v *vulnerabilities) count(id string) (answer.CVE, bool) {
	at, ok := slices.BinarySearchFunc(v.found, id, func(c answer.CVE, id string) int { return strings.Compare(c.ID, id) })
	if !ok {
		return answer.CVE{}, false
	}
	return v.found[at], true
}

// describe describes CVE n, without texts.
func (v *vulnerabilities) describe(n int) defender.Vulnerability {
	place, isExtra := v.place(n)
	if isExtra {
		found := v.found[v.extra[place]]
		return describeCVE(cve.CVE{ID: found.ID}, found)
	}
	c := v.known.At(place)
	found, _ := v.count(c.ID)
	return describeCVE(c, found)
}

// describeCVE describes a CVE by what the catalog has of it; what that lacks comes from rows.
func describeCVE(c cve.CVE, found answer.CVE) defender.Vulnerability {
	severity, exploit := assess.SeverityOf(c), exploitOf(c.Exploit)
	if severity == "" {
		severity = found.Severity
	}
	if c.Exploit == intel.NoExploit {
		exploit = max(exploit, defender.ExploitRank(found.Exploitability))
	}
	v := defender.Vulnerability{ID: c.ID, Name: text(c.ID), Severity: text(severity), CVSSV3: c.Score,
		CVSSVector: text(c.Vector), ExposedMachines: found.Devices,
		PublishedOn: defender.Time{Time: c.Published}, UpdatedOn: defender.Time{Time: c.Updated},
		PublicExploit: exploit >= 1, ExploitVerified: exploit >= 2, ExploitInKit: exploit >= 3,
		ExploitTypes: []string{}, ExploitURIs: []string{}, Tags: []string{},
		EPSS: c.EPSS.Score, Status: defender.VulnerabilityNoAction}
	if !c.Scored {
		v.CVSSV3 = found.Score
	}
	if c.Updated.IsZero() {
		v.UpdatedOn = v.PublishedOn
	}
	if found.Devices > 0 {
		v.Status, v.CVESupportability = defender.VulnerabilityOpen, text(defender.Supported)
	}
	return v
}

// exploitOf returns the level of exploits as defender.ExploitRank has it.
func exploitOf(e intel.Exploit) int {
	switch {
	case e >= intel.ExploitInKit:
		return 3
	case e >= intel.ExploitVerified:
		return 2
	case e >= intel.ExploitPublic:
		return 1
	}
	return 0
}

// textKeys are the keys of a vulnerability that are read from texts.
var textKeys = []string{"description", "exploitUris"}

// fillTexts completes vulnerabilities by their texts.
func (v *vulnerabilities) fillTexts(_ context.Context, rows []defender.Vulnerability) error {
	for i := range rows {
		n, ok := v.known.Find(rows[i].ID)
		if !ok {
			continue
		}
		t, err := v.known.Text(n)
		if err != nil {
			return err
		}
		rows[i].Description, rows[i].ExploitURIs = text(t.Description), notNil(t.ExploitURLs)
	}
	return nil
}

// withTexts adds texts to a list: to all rows if the request asks for them, else to those of the page.
func (v *vulnerabilities) withTexts(l list[defender.Vulnerability], o *options) list[defender.Vulnerability] {
	if !o.asks(newObject[defender.Vulnerability]().schema, textKeys...) {
		l.fill = v.fillTexts
		return l
	}
	read := l.read
	l.read = func(ctx context.Context, skip int64, limit int) ([]defender.Vulnerability, error) {
		rows, err := read(ctx, skip, limit)
		if err == nil {
			rows = slices.Clone(rows)
			err = v.fillTexts(ctx, rows)
		}
		return rows, err
	}
	return l
}

// catalogue is the list of all CVEs that are known, by id.
func catalogue(ctx context.Context, s *source, o *options) (list[defender.Vulnerability], error) {
	v, err := s.vulnerabilities(ctx)
	if err != nil {
		return list[defender.Vulnerability]{}, err
	}
	l := list[defender.Vulnerability]{total: int64(v.len()), after: v.after,
		key: func(c *defender.Vulnerability) string { return c.ID },
		read: func(_ context.Context, skip int64, limit int) ([]defender.Vulnerability, error) {
			var rows []defender.Vulnerability
			for n := min(skip, int64(v.len())); n < min(skip+int64(limit), int64(v.len())); n++ {
				rows = append(rows, v.describe(int(n)))
			}
			return rows, nil
		}}
	return v.withTexts(l, o), nil
}

// some is the list of some CVEs, which are found.
func (s *source) some(ctx context.Context, o *options, ids []string) (list[defender.Vulnerability], error) {
	v, err := s.vulnerabilities(ctx)
	if err != nil {
		return list[defender.Vulnerability]{}, err
	}
	rows := []defender.Vulnerability{}
	for _, id := range ids {
		if one, ok := v.find(id); ok {
			rows = append(rows, one)
		}
	}
	return v.withTexts(all(rows), o), nil
}

// find describes the CVE with an id, without texts.
func (v *vulnerabilities) find(id string) (defender.Vulnerability, bool) {
	n := int(v.after(id)) - 1
	if n < 0 || v.id(n) != id {
		return defender.Vulnerability{}, false
	}
	return v.describe(n), true
}

// vulnerability is one CVE.
func vulnerability(ctx context.Context, s *source, id string) (defender.Vulnerability, error) {
	v, err := s.vulnerabilities(ctx)
	if err != nil {
		return defender.Vulnerability{}, err
	}
	one, ok := v.find(strings.ToUpper(id))
	if !ok {
		return defender.Vulnerability{}, noSuch("Vulnerability", id)
	}
	if one.FirstDetected, err = s.firstDetected(ctx, one.ID); err != nil {
		return one, err
	}
	rows := []defender.Vulnerability{one}
	err = v.fillTexts(ctx, rows)
	return rows[0], err
}

// maxDetected is how many findings of a CVE are read for its first one.
const maxDetected = 20_000

// firstDetected returns when a CVE was first found on a device; nil if it is on none, or on too many to
// look at each.
func (s *source) firstDetected(ctx context.Context, id string) (*defender.Time, error) {
	f := answer.Filter{CVE: id}
	if n, err := s.view.CountFindings(ctx, f); err != nil || n == 0 || n > maxDetected {
		return nil, err
	}
	found, err := s.view.Findings(ctx, f, answer.Page{Limit: maxDetected})
	if err != nil {
		return nil, err
	}
	lines, err := s.view.Rows(ctx, found.Rows)
	if err != nil {
		return nil, err
	}
	var first time.Time
	for _, line := range lines {
		var seen defender.AssetVulnerability
		if err := json.Unmarshal(line, &seen); err != nil {
			return nil, err
		}
		if at, err := defender.ParseTime(seen.FirstSeenTimestamp); err == nil && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return timeOf(first), nil
}

// vulnerabilityMachines is the list of the devices that a CVE affects.
func vulnerabilityMachines(ctx context.Context, s *source, _ *options) (list[defender.MachineReference], error) {
	v, err := s.vulnerabilities(ctx)
	if err != nil {
		return list[defender.MachineReference]{}, err
	}
	id := s.PathValue("id")
	one, ok := v.find(strings.ToUpper(id))
	if !ok {
		return list[defender.MachineReference]{}, noSuch("Vulnerability", id)
	}
	return s.references(answer.Of{CVE: one.ID}, one.ExposedMachines), nil
}

// machineVulnerabilities is the list of the CVEs of a device.
func machineVulnerabilities(ctx context.Context, s *source, o *options) (list[defender.Vulnerability], error) {
	d, err := s.find(ctx, s.PathValue("id"))
	if err != nil {
		return list[defender.Vulnerability]{}, err
	}
	releases, err := s.view.Software(ctx, d.ID)
	if err != nil {
		return list[defender.Vulnerability]{}, err
	}
	return s.some(ctx, o, cvesOf(releases))
}

// cvesOf lists the CVEs of releases, by id.
func cvesOf(releases []answer.Release) (ids []string) {
	for i := range releases {
		for _, f := range releases[i].Findings {
			if !f.Advisory {
				ids = append(ids, f.CVE)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
