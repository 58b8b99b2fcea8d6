package api

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/exception"
	"github.com/muster-project/muster/internal/store/reports"
)

var (
	whyCVE = edge.TakesText("cve", "the CVE to explain, or an advisory (GHSA-…); without one every piece of software is told, "+
		"and no statement")

	explainsDevice = edge.Description{
		Summary: "How a device's software was identified and judged, and why a CVE affects it or not",
		Query:   []edge.Parameter{whyCVE},
		Gives:   []edge.Payload{edge.JSONOf[control.Why](http.StatusOK, "the explanation, as data and in words")},
		Fails:   []int{http.StatusNotFound},
	}
	explainsFinding = edge.Description{
		Summary: "Why a finding, given by the id of its row, is or is not one now",
		Gives:   []edge.Payload{edge.JSONOf[control.Why](http.StatusOK, "the explanation, as data and in words")},
		Fails:   []int{http.StatusNotFound},
	}
)

// explanations handles questions why.
type explanations struct {
	devices    *devices
	library    *library.Library
	exceptions *exception.Store
	clock      func() time.Time
}

// whyDevice is GET /v1/devices/{id}/why.
func (x *explanations) whyDevice(w *edge.Response, r *edge.Request) error {
	cve := intel.CanonicalID(r.Query.Text(whyCVE))
	if cve != "" && !intel.IsVulnerability(cve) {
		return edge.Invalid("cve %q is not a CVE id; want CVE-YEAR-NUMBER, or the id of an advisory (GHSA-…)", edge.Clip(cve))
	}
	return x.answer(w, r, question{device: r.PathValue("id"), cve: cve})
}

// whyFinding is GET /v1/findings/{id}/why. The id is that of a row: device, vendor, name, version and
// CVE or advisory, joined by "_" (contract.md, section 4).
func (x *explanations) whyFinding(w *edge.Response, r *edge.Request) error {
	id := r.PathValue("id")
	device, rest, ok := strings.Cut(id, "_")
	at := strings.LastIndex(rest, "_")
	if !ok || at < 0 || !intel.IsVulnerability(rest[at+1:]) {
		return noFinding(r)
	}
	return x.answer(w, r, question{device: device, cve: rest[at+1:], product: rest[:at]})
}

func noFinding(r *edge.Request) error {
	return edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "no finding %q",
		edge.Clip(r.PathValue("id")))
}

// question is what is asked about: a device, a CVE or none, and vendor, name and version of a row or
// none.
type question struct{ device, cve, product string }

// answer loads a device that the caller may see, and explains how its report is judged.
func (x *explanations) answer(w *edge.Response, r *edge.Request, q question) error {
	found, give, err := x.devices.open(r, q.device)
	if err != nil {
		return err
	}
	defer give()
	c, err := x.library.Current(r.Context())
	if err != nil {
		return err
	}
	at := except.Place{Device: found.ID, Group: found.Group}
	excepted, err := exceptedAt(r, x.exceptions, x.clock(), at)
	if err != nil {
		return err
	}
	why := q.explain(found.Device, found.report, c, &excepted)
	if why.Software == nil {
		return noFinding(r)
	}
	return w.JSON(http.StatusOK, why)
}

// explain says how a device's software is judged. Software is nil if the question is about a product
// that the device does not have.
func (q question) explain(found reports.Device, report *inventory.Report, c *catalog.Catalog,
	excepted *excepted) control.Why {
	cve, product := q.cve, q.product
	if named, ok := c.Named(cve); ok {
		cve = named // the question names one of several advisories on it
	}
	why := control.Why{DeviceID: found.ID, DeviceName: found.Name, CVE: cve, Catalog: c.ID()}
	if product == "" {
		why.Software = []control.WhySoftware{}
	}
	subjects := map[string]bool{}
	var asked []coverage.Compared
	for component, s := range assess.Components(report) {
		e := c.Explain(component, cve)
		if product != "" && e.Vendor+"_"+e.Name+"_"+e.Version != product {
			continue
		}
		for _, key := range e.Subjects {
			subjects[key] = true
		}
		if product == "" && cve != "" && len(e.Statements) == 0 {
			continue
		}
		one := describeWhy(component, s, e, cve)
		excepted.about(&one, component, cve)
		why.Affected = why.Affected || one.Affected
		why.Software = append(why.Software, one)
		asked = append(asked, comparedOf(&one))
	}
	slices.SortStableFunc(why.Software, func(a, b control.WhySoftware) int {
		return cmp.Compare(flag(b.Affected), flag(a.Affected))
	})
	if cve != "" {
		var about []string
		about, why.Known = c.About(cve)
		for _, key := range about {
			if !subjects[key] {
				why.Elsewhere = append(why.Elsewhere, key)
			}
		}
		why.Verdict = coverage.WordOfDevice(why.Known, asked).String()
	}
	why.Text = wordsOf(&why)
	return why
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

// describeWhy describes how one component was judged.
func describeWhy(r catalog.Component, s *inventory.Software, e *catalog.Explanation, cve string) control.WhySoftware {
	one := control.WhySoftware{Kind: r.Kind, Vendor: s.Vendor,
		Name: cmp.Or(s.Name, r.Name), Version: cmp.Or(s.Version, r.Version),
		SoftwareVendor: e.Vendor, SoftwareName: e.Name, SoftwareVersion: e.Version,
		Rule: e.Rule, Subjects: e.Subjects, Compared: e.Compared, Scheme: e.Scheme,
		Coverage: control.WhyCoverage{State: e.Coverage.State.String(), Reason: e.Coverage.Reason.String(),
			Wants: e.Coverage.Wants, Feeds: e.Coverage.Feeds},
		Affected: e.Affected()}
	for i := range e.Hits {
		if intel.IsCVE(e.Hits[i].CVE) {
			one.Findings++
		} else {
			one.Advisories++
		}
		if state := e.Hits[i].Fix.State.String(); state != "" {
			if one.Unfixed == nil {
				one.Unfixed = map[string]int{}
			}
			one.Unfixed[state]++
		}
	}
	for i := range e.Statements {
		one.Statements = append(one.Statements, describeStatement(&e.Statements[i]))
	}
	one.Text = wordsOfSoftware(&one, cve)
	return one
}

func describeStatement(s *rule.Said) control.WhyStatement {
	one := control.WhyStatement{Source: s.Source, Subject: s.Subject, Trust: s.Trust.String(),
		Versions:   versionsOf(s.Range),
		Unaffected: s.Range.Unaffected, Platforms: s.On.Names(), Target: s.Target, Edition: s.Edition,
		Effect: string(s.Effect), Decides: s.Decides, PlatformsBy: s.Platforms, UpperBy: s.Upper, LowerBy: s.Lower,
		WholeBy: s.Whole, FixState: s.Fix.State.String(), Fix: strings.TrimSpace(s.Fix.ID + " " + s.Fix.URL)}
	one.Text = wordsOfStatement(&one)
	return one
}

// whyRoutes are the calls that explain.
func (x *explanations) routes() []edge.Route {
	return []edge.Route{
		edge.At("why", "/v1/devices/{id}/why", edge.Methods{
			http.MethodGet: edge.Needs(x.whyDevice, auth.ReadVulnerabilities, auth.Manage).As(explainsDevice)}),
		edge.At("whyfinding", "/v1/findings/{id}/why", edge.Methods{
			http.MethodGet: edge.Needs(x.whyFinding, auth.ReadVulnerabilities, auth.Manage).As(explainsFinding)}),
	}
}
