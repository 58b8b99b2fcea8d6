package scan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/checks"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
)

// Judge assesses a normalised report at the time now. It wraps the assessment's own error if a check
// of settings could not decide: the result is whole but for that check.
func (i *Intelligence) Judge(report *inventory.Report, b *benchmark.Benchmark, now time.Time) (*Result, error) {
	device := report.Device
	id := cmp.Or(device.ID, inventory.DeriveID("", device.Name))
	var out assess.Output
	assessor := assess.New(i.Catalog, b, assess.DefaultSettings(), now, i.Old(now)...)
	err := assessor.Device(assess.Input{Report: report, LastSeen: now, Device: row.Device{ID: id, Name: device.Name,
		OSPlatform: device.OSPlatform, OSVersion: device.OSVersion, OSArchitecture: device.OSArchitecture}}, &out)
	if err != nil {
		return nil, fmt.Errorf("assessing %q: %w", device.Name, err)
	}
	r := &Result{Device: device, Coverage: out.Coverage, Identifiers: map[[3]string]Identifiers{}}
	states := map[[4]string]intel.FixState{}
	for c, s := range assess.Components(report) {
		v := i.Catalog.Verdict(c)
		if s.CPE != "" || s.PURL != "" {
			r.Identifiers[[3]string{v.Vendor, v.Name, v.Version}] = Identifiers{s.CPE, s.PURL}
		}
		for n := range v.Hits {
			if h := &v.Hits[n]; h.Fix.State != intel.FixUnstated {
				states[[4]string{v.Vendor, v.Name, v.Version, h.CVE}] = h.Fix.State
			}
		}
	}
	for _, n := range out.Dropped {
		r.Dropped += n
	}
	if err := r.read(&out.Rows); err != nil {
		return nil, fmt.Errorf("reading the rows of %q: %w", device.Name, err)
	}
	for n := range r.Findings {
		f := &r.Findings[n]
		f.FixState = states[[4]string{f.Vendor, f.Name, f.Version, f.CVE}].String()
	}
	i.tell(r.Findings)
	slices.SortFunc(r.Findings, compare)
	r.mend(remediesOf(i.Catalog, report))
	return r, out.Problem
}

// Checks returns the files of checks of settings that feeds have.
func (i *Intelligence) Checks() []benchmark.File { return checks.Of(i.Catalog.Sources()) }

// tell adds to findings what the catalog knows of their CVEs, and rows do not say.
func (i *Intelligence) tell(findings []Finding) {
	list := i.Catalog.CVEs()
	for n := range findings {
		f := &findings[n]
		at, ok := list.Find(f.CVE)
		if !ok {
			continue
		}
		known := list.At(at)
		f.KEV, f.Vector = known.KEV.Listed, known.Vector
		if known.EPSS.Scored {
			f.EPSS = &known.EPSS.Score
		}
		if !known.KEV.Due.IsZero() {
			f.Due = known.KEV.Due.Format(time.DateOnly)
		}
		f.Published, f.Updated = clock(known.Published), clock(known.Updated)
	}
}

// mend adds to the findings of a result which version is without each, and lists to what to update products, in the
// order of their worst findings.
func (r *Result) mend(by *remedies) {
	places := map[[2]string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if !f.Fixed {
			continue
		}
		if of := by.releases[[3]string{f.Vendor, f.Name, f.Version}]; of != nil {
			if targets := of.For(f.CVE); len(targets) > 0 {
				f.FixVersion = targets[0].Version
			}
		}
		key := [2]string{f.Vendor, f.Name}
		if _, known := places[key]; !known {
			places[key] = len(r.Updates)
			r.Updates = append(r.Updates, updateOf(key, by.products[key]))
		}
		if u := &r.Updates[places[key]]; u.Named == "" {
			u.Named = f.update()
		}
	}
	for i := range r.Findings {
		if at, ok := places[[2]string{r.Findings[i].Vendor, r.Findings[i].Name}]; ok {
			r.Updates[at].Findings++
		}
	}
	for i := range r.Updates {
		r.Updates[i].Removed = min(r.Updates[i].Removed, r.Updates[i].Findings)
	}
}

// clock writes a time, empty for the zero time.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// read takes over the rows of a device.
func (r *Result) read(rows *assess.Rows) error {
	for _, d := range [...]defender.Dataset{defender.Vulnerabilities, defender.NonCVEAdvisories} {
		if err := each(rows[d], r.addFinding); err != nil {
			return err
		}
	}
	if err := each(rows[defender.Software], r.addSoftware); err != nil {
		return err
	}
	if err := each(rows[defender.NoProductCode], func(*defender.AssetNonCpeSoftware) { r.Software++ }); err != nil {
		return err
	}
	if err := each(rows[defender.Configurations], r.addSetting); err != nil {
		return err
	}
	slices.SortStableFunc(r.Failed, func(a, b Setting) int { return cmp.Compare(b.Impact, a.Impact) })
	return nil
}

// each decodes rows in lines, as files have them.
func each[T any](rows []byte, add func(*T)) error {
	for line := range bytes.Lines(rows) {
		var one T
		if err := json.Unmarshal(line, &one); err != nil {
			return err
		}
		add(&one)
	}
	return nil
}

func (r *Result) addFinding(v *defender.AssetVulnerability) {
	r.Severities.Count(text(v.VulnerabilitySeverityLevel))
	r.Findings = append(r.Findings, Finding{
		Vendor: v.SoftwareVendor, Name: v.SoftwareName, Version: v.SoftwareVersion, CVE: text(v.CVEID),
		Severity: text(v.VulnerabilitySeverityLevel), CVSS: v.CVSSScore, Exploit: v.ExploitabilityLevel,
		Fixed: v.SecurityUpdateAvailable, Fix: text(v.RecommendedSecurityUpdate), FixID: text(v.RecommendedSecurityUpdateID),
		FixURL: text(v.RecommendedSecurityUpdateURL), Paths: append([]string{}, v.DiskPaths...),
	})
}

func (r *Result) addSoftware(s *defender.AssetSoftware) {
	r.Software++
	if s.EndOfSupportStatus != "None" && s.EndOfSupportStatus != "" {
		r.Ends = append(r.Ends, End{Vendor: s.SoftwareVendor, Name: s.SoftwareName, Version: s.SoftwareVersion,
			Status: s.EndOfSupportStatus, Date: day(s.EndOfSupportDate)})
	}
}

func (r *Result) addSetting(c *defender.AssetConfiguration) {
	switch {
	case !c.IsApplicable:
	case c.IsCompliant:
		r.Passed++
	default:
		r.Failed = append(r.Failed, Setting{ID: c.ConfigurationID, Name: c.ConfigurationName,
			Category: c.ConfigurationCategory, Impact: c.ConfigurationImpact})
	}
}

// text returns a nullable text, empty for null.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
