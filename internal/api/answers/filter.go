package answers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/score"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

var (
	cveID     = edge.TakesText("cve", "only this CVE, or advisory that names none")
	severity  = edge.TakesText("severity", "only these severities: critical, high, medium, low or none, separated by commas")
	exploited = edge.TakesFlag("exploited", "only CVEs with a known exploit")
	kev       = edge.TakesFlag("kev", "only CVEs that CISA lists as known to be exploited")
	dueBefore = edge.TakesText("dueBefore", "only CVEs that CISA wants mended before this time, such as 2026-11-23T10:00:00Z")
	minEPSS   = edge.TakesText("minEpss", "only CVEs with this EPSS score of FIRST or a higher one, from 0 to 1")
	fix       = edge.TakesText("fix", "yes: only findings that an update removes; no: only others")
	text      = edge.TakesText("q", "only what has this text in its names, in any case")
	software  = edge.TakesText("software", "only this software: its name, or vendor/name")
	device    = edge.TakesText("device", "only the device with this id or whole name")
	group     = edge.TakesText("group", "only devices of this RBAC group, by name or number")
	tag       = edge.TakesText("tag", "only devices with this tag")
	since     = edge.TakesText("since", "only CVEs that were published at this time or later; of devices: that were seen")
	state     = edge.TakesText("state", "of devices: only those that are assessed, partly or notAssessed")
	reason    = edge.TakesText("reason", "of devices: only those with this principal reason, such as noDistributionFeed")
	silent    = edge.TakesFlag("silent", "of devices: only those that were seen last more than seven days before the snapshot")
	fails     = edge.TakesText("fails", "of devices: only those that do not comply with the configuration with this id")
	details   = edge.TakesFlag("details", "with the description of each CVE")
	limit     = edge.TakesNumber("limit", 100, 1, 1000, "rows of a page")
	after     = edge.TakesText("after", "the next of the page before")

	failing   = edge.TakesFlag("failing", "only checks that a device fails")
	minImpact = edge.TakesText("minImpact", "only checks with this impact or a higher one, from 0 to 10")
	category  = edge.TakesText("category", "only checks of this category or subcategory, in any case")
	platform  = edge.TakesText("platform", "only checks for devices of this platform, such as Linux or Windows11, in any case")
	verdict   = edge.TakesText("verdict",
		"list the devices with this outcome: nonCompliant, which is the default, compliant or notApplicable")
)

// checkFilters are those of checks, beside those that select devices.
func checkFilters() []edge.Parameter { return []edge.Parameter{failing, minImpact, category, platform} }

// filters are those of lists about CVEs.
func filters() []edge.Parameter {
	return []edge.Parameter{cveID, severity, exploited, kev, minEPSS, dueBefore, fix, text, software, device, group, tag,
		since}
}

// filter says which findings a list is about.
type filter struct {
	cve, software, text string
	severities          []string
	exploited, kev      bool
	minEPSS             float64 // 0 is any
	dueBefore, since    time.Time
	fixable             *bool
}

// severityNames are the severities as people write them, and as rows spell them; rows have null for none.
var severityNames = map[string][]string{"critical": {defender.SeverityCritical}, "high": {defender.SeverityHigh},
	"medium": {defender.SeverityMedium}, "low": {defender.SeverityLow}, "none": {"", "None"}}

// key names what the filter asks for: equal keys ask for the same.
func (f *filter) key() string {
	fixable := "either"
	if f.fixable != nil {
		fixable = strconv.FormatBool(*f.fixable)
	}
	return fmt.Sprintf("%q %q %q %q %t %t %g %s %s %s", f.cve, f.software, f.text, f.severities, f.exploited, f.kev, f.minEPSS,
		f.dueBefore.Format(time.RFC3339Nano), f.since.Format(time.RFC3339Nano), fixable)
}

// readFilter reads the filters of a request.
func readFilter(q edge.Query) (f filter, err error) {
	if f.cve = intel.CanonicalID(q.Text(cveID)); f.cve != "" && !intel.IsVulnerability(f.cve) {
		return f, edge.Invalid("cve is %q, must be an id such as CVE-2024-9143 or GHSA-5j5w-g665-5m35", edge.Clip(f.cve))
	}
	if names := q.Text(severity); names != "" {
		for name := range strings.SplitSeq(strings.ToLower(names), ",") {
			known, ok := severityNames[strings.TrimSpace(name)]
			if !ok {
				return f, edge.Invalid("severity is %q, must be critical, high, medium, low or none", edge.Clip(names))
			}
			f.severities = append(f.severities, known...)
		}
	}
	if f.exploited, err = q.Flag(exploited); err != nil {
		return f, err
	}
	if f.kev, err = q.Flag(kev); err != nil {
		return f, err
	}
	if f.minEPSS, err = readShare(q, minEPSS); err != nil {
		return f, err
	}
	if f.dueBefore, err = readTime(q, dueBefore); err != nil {
		return f, err
	}
	if f.since, err = readTime(q, since); err != nil {
		return f, err
	}
	switch fixed := q.Text(fix); fixed {
	case "":
	case "yes", "no":
		yes := fixed == "yes"
		f.fixable = &yes
	default:
		return f, edge.Invalid("fix is %q, must be yes or no", edge.Clip(fixed))
	}
	f.text, f.software = strings.ToLower(q.Text(text)), q.Text(software)
	return f, nil
}

// readShare reads a number from 0 to 1; 0 if it is absent.
func readShare(q edge.Query, p edge.Parameter) (float64, error) {
	value := q.Text(p)
	if value == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !(n >= 0 && n <= 1) { // so is not a number refused, too
		return 0, edge.Invalid("%s is %q, must be a number from 0 to 1 such as 0.5", p.Name, edge.Clip(value))
	}
	return n, nil
}

// readTime reads a time, or a day; the zero time if it is absent.
func readTime(q edge.Query, p edge.Parameter) (at time.Time, err error) {
	value := q.Text(p)
	if value == "" {
		return at, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err = time.Parse(layout, value); err == nil {
			return at, nil
		}
	}
	return at, edge.Invalid("%s is %q, must be a time such as 2026-11-23T10:00:00Z", p.Name, edge.Clip(value))
}

// aboutFindings reports whether the filter asks for findings, and not only for software by its name.
func (f *filter) aboutFindings() bool {
	return f.cve != "" || f.severities != nil || f.exploited || f.ofCatalog() || !f.since.IsZero() ||
		f.fixable != nil
}

// ofCatalog reports whether the filter asks for what the catalog knows of CVEs beside their age.
func (f *filter) ofCatalog() bool { return f.kev || f.minEPSS > 0 || !f.dueBefore.IsZero() }

// product reports whether software is asked for, by its name or by vendor/name. Either may contain slashes, and the
// vendor may be empty: so the whole is compared, and not what stands before a slash.
func (f *filter) product(vendor, name string) bool {
	return f.software == "" || strings.EqualFold(f.software, name) || strings.EqualFold(f.software, vendor+"/"+name)
}

// matches reports whether a finding of a product is asked for.
func (f *filter) matches(one *projection.Finding, known *facts, vendor, name string) bool {
	switch {
	case f.cve != "" && one.CVE != f.cve,
		f.severities != nil && !slices.Contains(f.severities, one.Severity),
		f.exploited && !one.Exploited(),
		f.fixable != nil && *f.fixable != hasUpdate(one),
		!f.ofCVE(known):
		return false
	}
	return f.text == "" || strings.Contains(strings.ToLower(one.CVE), f.text) || f.names(vendor, name) ||
		strings.Contains(strings.ToLower(known.title()), f.text)
}

// ofCVE reports whether a CVE is asked for by what the catalog knows of it.
func (f *filter) ofCVE(known *facts) bool {
	return (!f.kev || known.KEV.Listed) &&
		(f.minEPSS == 0 || known.EPSS.Scored && known.EPSS.Score >= f.minEPSS) &&
		(f.dueBefore.IsZero() || !known.KEV.Due.IsZero() && known.KEV.Due.Before(f.dueBefore)) &&
		(f.since.IsZero() || !known.Published.Before(f.since))
}

// names reports whether the text is in the names of software.
func (f *filter) names(vendor, name string) bool {
	return strings.Contains(strings.ToLower(vendor), f.text) || strings.Contains(strings.ToLower(name), f.text)
}

// hasUpdate reports whether an update removes a finding.
func hasUpdate(one *projection.Finding) bool {
	return one.UpdateAvailable || one.Update.Title != "" || one.Update.ID != "" || one.Update.URL != ""
}

// facts are what the catalog knows of a CVE; zero if it does not know it.
type facts struct {
	cve.CVE
	list *cve.List
	n    int
	once sync.Once
	text cve.Text
}

// words returns the texts of the CVE.
func (f *facts) words() *cve.Text {
	f.once.Do(func() {
		if f.list != nil {
			if text, err := f.list.Text(f.n); err == nil { // a list without titles is better than none
				f.text = text
			}
		}
	})
	return &f.text
}

func (f *facts) title() string { return f.words().Title }

// knowledge looks up CVEs, each once.
type knowledge struct {
	catalog *catalog.Catalog
	list    *cve.List
	known   map[string]*facts
}

// know returns what the current catalog knows.
func (ls *lists) know(ctx context.Context) (*knowledge, error) {
	c, err := ls.Library.Current(ctx)
	if err != nil {
		return nil, err
	}
	return &knowledge{c, c.CVEs(), map[string]*facts{}}, nil
}

func (k *knowledge) of(id string) *facts {
	if f := k.known[id]; f != nil {
		return f
	}
	f := &facts{}
	if n, ok := k.list.Find(id); ok {
		f.CVE, f.list, f.n = k.list.At(n), k.list, n
	}
	k.known[id] = f
	return f
}

func riskOf(one *projection.Finding, known *facts, devices int64) score.Risk {
	return score.Risk{KEV: known.KEV.Listed, Exploitability: one.Exploitability, EPSS: known.EPSS.Score, CVSS: one.Score,
		Severity: one.Severity, Advisory: one.Advisory, Devices: devices}
}
