package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/rule"
)

// TestExplanationsAreTheVerdicts: for any statements an explanation says "affected" exactly if there is
// a finding, rests on the same document, and tells of each statement about the product.
func TestExplanationsAreTheVerdicts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		records := rapid.SliceOfN(drawRecord, 1, 8).Draw(rt, "records")
		for i := range records {
			a := &records[i].Affected[0]
			a.TargetSW = rapid.SampledFrom([]string{"", "", "python", "wordpress", "android", "windows"}).Draw(rt, "target")
			a.SWEdition = rapid.SampledFrom([]string{"", "", "lite"}).Draw(rt, "edition")
		}
		c := build(t, catalog.Config{}, records...)
		component := windows("Acme", "Rocket", drawVersion.Draw(rt, "installed"))
		if rapid.Bool().Draw(rt, "by CPE") {
			component.CPE = "cpe:2.3:a:acme:rocket:*:*:*:*:pro:python:*:*"
		}
		v := c.Verdict(component)
		for i := range 4 {
			cve := fmt.Sprintf("CVE-2024-%04d", i)
			e, h := c.Explain(component, cve), hit(v, cve)
			if e.Affected() != (h != nil) {
				rt.Fatalf("%s: explained %v, but a hit %v: %+v", cve, e.Affected(), h != nil, e.Statements)
			}
			if h != nil && e.Statements[0].Source != h.Source {
				rt.Fatalf("%s rests on %s, explained by %s", cve, h.Source, e.Statements[0].Source)
			}
			if h == nil && slices.ContainsFunc(e.Statements, func(s rule.Said) bool { return s.Effect == rule.Affects }) {
				rt.Fatalf("%s: a statement affects, but there is no hit: %+v", cve, e.Statements)
			}
			for _, r := range records {
				told := slices.ContainsFunc(e.Statements, func(s rule.Said) bool { return s.Source == "test/"+r.Source })
				if a := r.Affected[0]; v.Product && a.CVE == cve && a.Product == "rocket" && mayAffect(a) && !told {
					rt.Fatalf("%s: nothing told of %q", cve, r.Source)
				}
			}
		}
	})
}

// mayAffect reports whether a statement has a range that may lead to a finding.
func mayAffect(a intel.Affected) bool {
	return slices.ContainsFunc(a.Versions, func(r intel.Range) bool {
		unbounded := r.Exact == "" && r.High == "" && (r.Low == "" || r.Low == "0")
		return r.Unaffected || !unbounded || a.By == intel.ByCNA
	})
}
