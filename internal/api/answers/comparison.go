package answers

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer/changed"
	"github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
	"github.com/muster-project/muster/internal/store/publication"
)

// Parameters of changes.
var (
	from = edge.TakesNumber("from", 0, 0, 1<<40,
		"since the snapshot with this number; 0 is the newest that is at least 24 hours older, or else the oldest")
	dataset = edge.TakesText("dataset", "vulnerabilities (if absent), software, configurations or no-product-code")
	status  = edge.TakesText("status", "only rows that are new, fixed or updated, separated by commas")
	fixedBy = edge.TakesText("reason", "only findings that are fixed for one of these reasons, separated by commas: "+
		"onDevice, deviceGone, notAssessed, moved, excepted")
)

// changeFilters are those of changes. Rows of changes have no tags, and a device may be gone.
func changeFilters() []edge.Parameter {
	return []edge.Parameter{from, dataset, status, fixedBy, cveID, severity, exploited, kev, minEPSS, dueBefore, fix, text,
		software, device, group}
}

// datasetsOfChanges are those whose changes are listed.
func datasetsOfChanges() []string {
	return []string{listed.OfVulnerabilities, listed.OfSoftware, listed.OfConfigurations, listed.OfNoProductCode}
}

// comparison is a request for changes.
type comparison struct {
	question
	files   *snapshot.Files
	dataset defender.Dataset
	status  []string
	reasons []why.Reason // why findings are fixed; nil for all rows
	device  string
	sees    func(group int64) bool // which groups the caller sees; nil for all
	// older is the snapshot that is compared with; nil if there is none. steps are those after it, newest first.
	older *publication.Snapshot
	steps []publication.Snapshot
}

// about reads of which dataset and status changes are asked for.
func (c *comparison) about(q edge.Query) (err error) {
	name := q.Text(dataset)
	if name == "" {
		name = listed.OfVulnerabilities
	}
	known := datasetsOfChanges()
	if c.dataset, err = defender.ParseDataset(name); err != nil || !slices.Contains(known, name) {
		return edge.Invalid("dataset is %q, must be %s", edge.Clip(name), strings.Join(known, ", "))
	}
	if c.dataset != defender.Vulnerabilities && c.filter.aboutFindings() {
		return edge.Invalid("filters about CVEs go with the dataset %s alone, and not with %s", listed.OfVulnerabilities, name)
	}
	if c.dataset == defender.Configurations && c.filter.software != "" {
		return edge.Invalid("software is no filter of the dataset %s", name)
	}
	if names := q.Text(status); names != "" {
		all := map[string]defender.Status{"new": defender.New, "fixed": defender.Fixed, "updated": defender.Updated}
		for one := range strings.SplitSeq(strings.ToLower(names), ",") {
			known, ok := all[strings.TrimSpace(one)]
			if !ok {
				return edge.Invalid("status is %q, must be new, fixed or updated", edge.Clip(names))
			}
			c.status = append(c.status, string(known))
		}
	}
	return c.fixedFor(q.Text(fixedBy))
}

// fixedFor reads for which reasons findings are fixed that are asked for.
func (c *comparison) fixedFor(names string) error {
	if names == "" {
		return nil
	}
	if c.dataset != defender.Vulnerabilities {
		return edge.Invalid("reason goes with the dataset %s alone", listed.OfVulnerabilities)
	}
	for one := range strings.SplitSeq(names, ",") {
		reason, err := why.Parse(strings.TrimSpace(one))
		if err != nil {
			return edge.Invalid("%v", err)
		}
		c.reasons = append(c.reasons, reason)
	}
	return nil
}

// visible says which groups the changes are of; nil is all.
func (c *comparison) visible() func(int64) bool {
	if c.only != AllGroups {
		return func(group int64) bool { return group == c.only }
	}
	return c.sees
}

// textIn is a text of a row; "" for null.
func textIn(r *row.Row, f defender.Field) string {
	value := r.Value(f)
	if len(value) < 2 {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return "" // rows that were scanned have the written form
	}
	return text
}

// flagIn is a boolean of a row; nil for null.
func flagIn(r *row.Row, f defender.Field) *bool {
	value := r.Value(f)
	if value == nil {
		return nil
	}
	is := string(value) == "true"
	return &is
}

func numberIn(r *row.Row, f defender.Field) float64 {
	n, _ := strconv.ParseFloat(string(r.Value(f)), 64) // 0 for null
	return n
}

// empty reports whether nothing is asked for.
func (f *filter) empty() bool { return !f.aboutFindings() && f.software == "" && f.text == "" }

// matches reports whether a change is asked for.
func (c *comparison) matches(one changed.Change) bool {
	if c.reasons != nil && !slices.Contains(c.reasons, one.Reason) {
		return false
	}
	r := one.Row
	if c.status != nil && !slices.Contains(c.status, textIn(r, defender.FieldStatus)) {
		return false
	}
	if c.device != "" && !strings.EqualFold(c.device, textIn(r, defender.FieldDeviceID)) &&
		!strings.EqualFold(c.device, textIn(r, defender.FieldDeviceName)) {
		return false
	}
	if c.filter.empty() {
		return true
	}
	if c.dataset == defender.Configurations {
		return c.filter.names(textIn(r, defender.FieldConfigurationID), textIn(r, defender.FieldConfigurationName))
	}
	vendor, name := textIn(r, defender.FieldSoftwareVendor), textIn(r, defender.FieldSoftwareName)
	if !c.filter.product(vendor, name) {
		return false
	}
	if c.dataset != defender.Vulnerabilities {
		return c.filter.names(vendor, name)
	}
	f := findingIn(r)
	return c.filter.matches(&f, c.know.of(f.CVE), vendor, name)
}

// findingIn is what a change says of its CVE.
func findingIn(r *row.Row) projection.Finding {
	update := flagIn(r, defender.FieldSecurityUpdateAvailable)
	return projection.Finding{CVE: textIn(r, defender.FieldCVEID),
		Severity: textIn(r, defender.FieldVulnerabilitySeverityLevel), Score: numberIn(r, defender.FieldCVSSScore),
		Exploitability: textIn(r, defender.FieldExploitabilityLevel),
		Update: row.Update{Title: textIn(r, defender.FieldRecommendedSecurityUpdate),
			ID:  textIn(r, defender.FieldRecommendedSecurityUpdateID),
			URL: textIn(r, defender.FieldRecommendedSecurityUpdateURL)},
		UpdateAvailable: update != nil && *update}
}

// row is a change as it is shown.
func (c *comparison) row(change changed.Change) listed.ChangeRow {
	r := change.Row
	one := listed.ChangeRow{Status: textIn(r, defender.FieldStatus), Reason: change.Reason.String(), Number: change.Number,
		DeviceID: textIn(r, defender.FieldDeviceID), DeviceName: textIn(r, defender.FieldDeviceName),
		Group:  textIn(r, defender.FieldRBACGroupName),
		Vendor: textIn(r, defender.FieldSoftwareVendor), Name: textIn(r, defender.FieldSoftwareName),
		Version: textIn(r, defender.FieldSoftwareVersion)}
	if at, err := defender.ParseTime(textIn(r, defender.FieldEventTimestamp)); err == nil {
		one.EventTime = at.UTC()
	}
	switch c.dataset {
	case defender.Vulnerabilities:
		f := findingIn(r)
		one.CVEID, one.Severity, one.Score, one.Exploitability = f.CVE, f.Severity, f.Score, f.Exploitability
		one.KEV = c.know.of(f.CVE).KEV.Listed
	case defender.Configurations:
		one.ConfigurationID, one.ConfigurationName = textIn(r, defender.FieldConfigurationID),
			textIn(r, defender.FieldConfigurationName)
		one.Applicable, one.Compliant = flagIn(r, defender.FieldIsApplicable), flagIn(r, defender.FieldIsCompliant)
		one.WasCompliant = flagIn(r, defender.FieldPreviousIsCompliant)
	}
	return one
}
