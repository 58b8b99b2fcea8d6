package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/web/page"
)

// aboutCVEs are the filters of lists about CVEs.
func aboutCVEs(more ...string) []string {
	return append([]string{"q", "severity", "kev", "exploited", "fix", "group", "cve", "min-epss", "due-before", "software",
		"device", "tag", "since"}, more...)
}

// kevBadge is the mark of what CISA lists as exploited.
const kevBadge = "KEV"

func vulnerabilities() *page.List {
	return &page.List{Name: "vulnerabilities", Title: "Vulnerabilities", One: "CVE", More: "CVEs", Fields: aboutCVEs(),
		Command: "findings", Call: control.ListOfVulnerabilities,
		Columns: []page.Column{{Name: "CVE", Sort: "cveId", Falling: true, Whole: true}, {Name: "Severity", Whole: true},
			{Name: "CVSS", Sort: "cvssScore", Falling: true, Number: true}, {Name: "EPSS", Sort: "epssScore", Falling: true, Number: true},
			{Name: "Exploit"}, {Name: "Product", Sort: "softwareName"}, {Name: "Devices", Sort: "devices", Falling: true, Number: true},
			{Name: "Fix"}, {Name: "Published", Sort: "publishedTime", Falling: true, Whole: true}},
		Ask: func(ctx context.Context, s *control.Session, f *control.ListFilter, _ url.Values) (page.Listing, error) {
			got, err := page.Take(ctx, s, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, f))
			return page.Listing{Head: got.ListHead, Rows: page.Cells(got.Rows, vulnerabilityCells),
				Note: page.Matching(page.Count(got.Sums.Findings, "finding", "findings"), "/findings")}, err
		}}
}

func vulnerabilityCells(r *control.VulnerabilityRow) []page.Cell {
	return []page.Cell{page.Linked(r.CVEID, "/vulnerabilities/"+url.PathEscape(r.CVEID)),
		{Text: page.SeverityOf(r.Severity).Word, Severity: r.Severity},
		{Text: page.Score(r.Score)}, page.ShareCell(r.EPSS),
		exploitCell(r.Exploitability, r.KEV, r.Ransomware), productsCell(r),
		page.NumberCell(r.Devices, page.Link("/devices", "cve", r.CVEID)),
		page.TextCell(fixesOf(r)), {Text: page.Day(r.PublishedTime)}}
}

// exploitCell says how far a CVE is exploited.
func exploitCell(level string, kev, ransomware bool) (c page.Cell) {
	if kev {
		c.Badges = append(c.Badges, kevBadge)
	} else {
		c.Text = exploitOf(level)
	}
	if ransomware {
		c.Badges = append(c.Badges, "ransomware")
	}
	return c
}

// exploitOf is a level of exploit in words; "" for none.
func exploitOf(level string) string {
	switch level {
	case defender.ExploitIsPublic:
		return "public"
	case defender.ExploitIsVerified:
		return "verified"
	case defender.ExploitIsInKit:
		return "in a kit"
	}
	return ""
}

// productsCell names the product of the highest risk, and counts the others.
func productsCell(r *control.VulnerabilityRow) page.Cell {
	c := page.Linked(page.ProductName(r.Vendor, r.Name), page.ProductPath(r.Vendor, r.Name))
	if others := int64(len(r.Products)) - 1 + r.MoreProducts; others > 0 {
		c.Text += " and " + page.Count(others, "other", "others")
	}
	return c
}

// fixOf says what removes findings.
func fixOf(targets []control.TargetRow, updates []control.UpdateRow, available bool) string {
	if text := targetsOf(targets, updates); text != "" {
		return text
	}
	if available {
		return "an update"
	}
	return "-"
}

// fixesOf says what removes a CVE: of several products whose fixes differ, of which.
func fixesOf(r *control.VulnerabilityRow) string {
	var fixes, named []string
	for _, p := range r.Products {
		fix := fixOf(p.Targets, p.Updates, p.UpdateAvailable)
		fixes, named = append(fixes, fix), append(named, p.Name+" "+fix)
	}
	if len(slices.Compact(fixes)) == 1 {
		return fixes[0]
	}
	const most = 3
	if len(named) > most {
		return strings.Join(named[:most], "; ") + " and others"
	}
	return strings.Join(named, "; ")
}

// targetsOf names the versions, or the updates, that remove findings.
func targetsOf(targets []control.TargetRow, updates []control.UpdateRow) string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Version)
	}
	for _, u := range updates {
		if len(targets) == 0 {
			names = append(names, page.First(u.Title, u.ID))
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}

// findings is the list with a row for each finding.
func findings() *page.List {
	return &page.List{Name: "findings", Title: "Findings", One: "finding", More: "findings", Fields: aboutCVEs(),
		Command: "findings --each", Call: listed.Findings,
		Columns: []page.Column{{Name: "Device", Sort: "deviceId"}, {Name: "CVE", Sort: "cveId", Falling: true, Whole: true},
			{Name: "Why", Only: page.OnPages}, {Name: "Severity", Whole: true},
			{Name: "CVSS", Sort: "cvssScore", Falling: true, Number: true}, {Name: "EPSS", Sort: "epssScore", Falling: true, Number: true},
			{Name: "Exploit"}, {Name: "Product", Sort: "softwareName"}, {Name: "Version → fix", Only: page.OnPages}, {Name: "Version", Only: page.InFiles}, {Name: "Fix", Only: page.InFiles},
			{Name: "First seen", Whole: true},
			{Name: "Group"}, {Name: "Device id", Only: page.InFiles}},
		Ask: func(ctx context.Context, s *control.Session, f *control.ListFilter, _ url.Values) (page.Listing, error) {
			got, err := page.Take(ctx, s, control.List[listed.DeviceFindingRows](listed.Findings, f))
			return page.Listing{Head: got.ListHead, Rows: page.Cells(got.Rows, findingCells)}, err
		}}
}

func findingCells(r *listed.DeviceFinding) []page.Cell {
	device := "/devices/" + url.PathEscape(r.DeviceID)
	return []page.Cell{page.Linked(page.First(r.DeviceName, r.DeviceID), device),
		page.Linked(r.CVEID, "/vulnerabilities/"+url.PathEscape(r.CVEID)), page.Linked("Why", page.Link(device+"/why", "cve", r.CVEID)),
		{Text: page.SeverityOf(r.Severity).Word, Severity: r.Severity}, {Text: page.Score(r.Score)},
		page.ShareCell(r.EPSS), exploitCell(r.Exploitability, r.KEV, r.Ransomware),
		page.Linked(page.ProductName(r.Vendor, r.Name), page.ProductPath(r.Vendor, r.Name)),
		page.TextCell(page.First(r.Version, "-") + " → " + findingFix(r)), page.TextCell(page.First(r.Version, "-")),
		page.TextCell(findingFix(r)),
		{Text: page.Day(r.FirstSeen)}, page.TextCell(page.First(r.Group, "-")), page.TextCell(r.DeviceID)}
}

// findingFix says what removes a finding.
func findingFix(r *listed.DeviceFinding) string {
	var targets []control.TargetRow
	for _, version := range r.FixedVersions {
		targets = append(targets, control.TargetRow{Version: version})
	}
	var updates []control.UpdateRow
	if r.Update != nil {
		updates = append(updates, control.UpdateRow{Title: r.Update.Title, ID: r.Update.ID})
	}
	return fixOf(targets, updates, r.UpdateAvailable)
}

func actions() *page.List {
	return &page.List{Name: "actions", Title: "Actions", One: "action", More: "actions", Fields: aboutCVEs(),
		Command: "recommendations", Call: control.ListOfRecommendations,
		Columns: []page.Column{{Name: "Action", Sort: "softwareName"}, {Name: "Devices", Sort: "devices", Falling: true, Number: true},
			{Name: "With findings", Number: true}, {Name: "Without support", Number: true},
			{Name: "CVEs", Sort: "weaknesses", Falling: true, Number: true}, {Name: "Findings", Sort: "findings", Falling: true, Number: true},
			{Name: "Severities"}, {Name: "Worst", Whole: true}, {Name: "KEV", Only: page.InFiles}},
		Ask: func(ctx context.Context, s *control.Session, f *control.ListFilter, _ url.Values) (page.Listing, error) {
			got, err := page.Take(ctx, s, control.List[control.RecommendationRows](control.ListOfRecommendations, f))
			return page.Listing{Head: got.ListHead, Rows: page.Cells(got.Rows, adviceCells)}, err
		}}
}

func adviceCells(r *control.RecommendationRow) []page.Cell {
	software, worst := page.ProductFilter(r.Vendor, r.Name), page.Cell{Text: "-"}
	if r.Worst != "" {
		worst = page.Linked(r.Worst, "/vulnerabilities/"+url.PathEscape(r.Worst))
	}
	return []page.Cell{actionCell(r), {Text: page.Number(r.Devices)},
		{Text: page.Number(r.Exposed)}, {Text: page.Number(r.Unsupported)},
		page.MatchCell(r.Weaknesses, page.Link("/vulnerabilities", "software", software)),
		page.MatchCell(r.Findings, page.Link("/findings", "software", software)), {Text: page.First(coverages.Severities(&r.Severities), "-")}, worst,
		{Text: strconv.FormatInt(r.KEV, 10)}}
}

// actionCell says what to do about a product.
func actionCell(r *control.RecommendationRow) page.Cell {
	text, to := page.ProductName(r.Vendor, r.Name), targetsOf(r.Targets, r.Updates)
	switch {
	case r.System != nil:
		return systemCell(r.System)
	case r.Action == "update" && to != "":
		text = "Update " + text + " to " + to
	case r.Action == "update" && r.Unsupported > 0 && r.Findings == 0:
		text = "Update " + text + " to a version with support"
	case r.Action == "update":
		text = "Update " + text
	case r.Action == "replace":
		text = "Replace " + text + ", which has no support"
	case r.Action == "upgrade":
		text = "Upgrade the operating system: " + text + " has no support there, and no update"
	default:
		text = "Watch " + text + ": no update is known"
	}
	c := page.Linked(text, page.ProductPath(r.Vendor, r.Name))
	c.File = c.Text
	if r.KEV > 0 {
		c.Badges = append(c.Badges, page.Number(r.KEV)+" "+kevBadge)
	}
	return c
}

// systemCell says which operating system to upgrade, since when it has no support, and leads to its devices.
func systemCell(of *control.EndedSystem) page.Cell {
	text := "Upgrade " + of.Title + ": no support any more"
	if day, _, ok := strings.Cut(of.Ended, "T"); ok {
		text = "Upgrade " + of.Title + ": no support since " + day
	}
	if of.Version == "" {
		return page.Cell{Text: text}
	}
	c := page.Linked(text, page.Link("/devices", "q", of.Version))
	c.File = text
	return c
}

func devices() *page.List {
	return &page.List{Name: "devices", Title: "Devices", One: "device", More: "devices",
		Fields: aboutCVEs("state", "reason", "silent", "fails"), Command: "devices", Call: control.ListOfDevices,
		Columns: []page.Column{{Name: "Device", Sort: "name", Whole: true}, {Name: "System", Sort: "osPlatform"}, {Name: "Group"}, {Name: "Assessed"},
			{Name: "Critical", Number: true}, {Name: "High", Number: true}, {Name: "Findings", Sort: "findings", Falling: true, Number: true},
			{Name: "Known exploit", Sort: "exploited", Falling: true, Number: true},
			{Name: "Failed checks", Sort: "nonCompliant", Falling: true, Number: true}, {Name: "Last seen", Sort: "lastSeenTime", Whole: true},
			{Name: "Device id", Only: page.InFiles}},
		Ask: func(ctx context.Context, s *control.Session, f *control.ListFilter, _ url.Values) (page.Listing, error) {
			got, err := page.Take(ctx, s, control.List[control.FleetRows](control.ListOfDevices, f))
			return page.Listing{Head: got.ListHead, Rows: page.Cells(got.Rows, deviceCells)}, err
		}}
}

// deviceCells are those of a device. Where nobody looked no number of findings is 0.
func deviceCells(r *control.FleetRow) []page.Cell {
	own := "/devices/" + url.PathEscape(r.ID)
	findings := func(n int64, filter ...string) page.Cell {
		if r.State == coverage.NotAssessed.String() && n == 0 {
			return page.Cell{Text: "not assessed"}
		}
		return page.NumberCell(n, page.Link("/findings", append([]string{"device", r.ID}, filter...)...))
	}
	failing := page.Cell{Text: page.Number(r.NonCompliant)} // a device's page takes no filter of the list
	if r.NonCompliant > 0 {
		failing = page.Linked(failing.Text, page.Link(own, "view", "settings"))
	}
	if r.Compliant+r.NonCompliant == 0 {
		failing = page.Cell{Text: "not judged"}
	}
	return []page.Cell{page.Linked(page.First(r.Name, r.ID), own),
		page.TextCell(strings.TrimSpace(r.OSPlatform + " " + r.OSVersion)),
		page.TextCell(page.First(r.Group, "-")), assessedCell(r.State, r.Reason), findings(r.Findings.Critical, "severity", "critical"),
		findings(r.Findings.High, "severity", "high"), findings(r.Findings.Sum()), findings(r.Exploited, "exploited", "true"),
		failing, {Text: page.Instant(r.LastSeen)}, page.TextCell(r.ID)}
}

// assessedCell says whether a device was assessed; why not wholly, is in the title, and on the device's page.
func assessedCell(state, reason string) page.Cell {
	c := page.Cell{Text: "no", Title: coverages.State(state, reason), File: coverages.State(state, reason)}
	switch state {
	case coverage.Assessed.String():
		c.Text = "yes"
	case coverage.Partly.String():
		c.Text = "partly"
	}
	return c
}

func software() *page.List {
	return &page.List{Name: "software", Title: "Software", One: "product", More: "products", Fields: aboutCVEs(),
		Command: "software", Call: control.ListOfSoftware,
		Columns: []page.Column{{Name: "Product", Sort: "softwareName"}, {Name: "Versions"},
			{Name: "Devices", Sort: "devices", Falling: true, Number: true}, {Name: "CVEs", Sort: "weaknesses", Falling: true, Number: true},
			{Name: "Severities"}, {Name: "Known exploit", Number: true}, {Name: "Support"}},
		Ask: func(ctx context.Context, s *control.Session, f *control.ListFilter, _ url.Values) (page.Listing, error) {
			got, err := page.Take(ctx, s, control.List[control.SoftwareRows](control.ListOfSoftware, f))
			return page.Listing{Head: got.ListHead, Rows: page.Cells(got.Rows, softwareCells)}, err
		}}
}

// softwareCells are those of a product. Where nobody looked the number of CVEs is not 0, nor that of
// exploited ones.
func softwareCells(r *control.SoftwareRow) []page.Cell {
	of := page.ProductFilter(r.Vendor, r.Name)
	cves, severities := page.MatchCell(r.Weaknesses, page.Link("/vulnerabilities", "software", of)),
		page.First(coverages.Severities(&r.Severities), "-")
	exploited := page.MatchCell(r.Exploited, page.Link("/vulnerabilities", "software", of, "exploited", "true"))
	if !r.Assessed && r.Weaknesses == 0 {
		cves, exploited = page.Cell{Text: "not assessed"}, page.Cell{Text: "not assessed"}
	}
	return []page.Cell{page.Linked(page.ProductName(r.Vendor, r.Name), page.ProductPath(r.Vendor, r.Name)),
		versionsCell(r.Versions),
		page.NumberCell(r.Devices, page.Link("/devices", "software", of)), cves, {Text: severities},
		exploited, {Text: supportOf(r.EndOfSupport)}}
}

// supportOf says in words whether a product has support.
func supportOf(status string) string {
	switch status {
	case defender.ProductEnded:
		return "ended"
	case defender.ProductEnding:
		return "ends soon"
	case defender.VersionEnded:
		return "of a version ended"
	case defender.VersionEnding:
		return "of a version ends soon"
	}
	return "-"
}

// versionsCell is the version, or how many there are.
func versionsCell(all []string) page.Cell {
	if len(all) == 1 {
		return page.Cell{Text: page.First(page.TextCell(all[0]).Text, "-"), Code: true}
	}
	return page.Cell{Text: page.Number(int64(len(all))) + " versions", File: page.TextCell(strings.Join(all, "; ")).Text}
}

func configurations() *page.List {
	return &page.List{Name: "configuration", Title: "Configuration", One: "check", More: "checks",
		Fields: []string{"q", "group", "device", "tag"}, Command: "configurations", Call: control.ListOfConfigurations,
		Columns: []page.Column{{Name: "Check", Sort: "configurationName"}, {Name: "Id", Sort: "configurationId", Whole: true},
			{Name: "Category", Sort: "configurationCategory"}, {Name: "Impact", Sort: "configurationImpact", Falling: true, Number: true},
			{Name: "Fail", Sort: "nonCompliantDevices", Falling: true, Number: true},
			{Name: "Comply", Sort: "compliantDevices", Falling: true, Number: true}, {Name: "Not applicable", Number: true}},
		Ask: func(ctx context.Context, s *control.Session, f *control.ListFilter, _ url.Values) (page.Listing, error) {
			got, err := page.Take(ctx, s, control.List[control.ConfigurationRows](control.ListOfConfigurations, f))
			return page.Listing{Head: got.ListHead, Rows: page.Cells(got.Rows, checkCells)}, err
		}}
}

func checkCells(r *control.ConfigurationRow) []page.Cell {
	return []page.Cell{page.Linked(page.First(r.Name, r.ID), "/configuration/"+url.PathEscape(r.ID)),
		{Text: page.TextCell(r.ID).Text, Code: true},
		page.TextCell(strings.Trim(r.Category+" / "+r.Subcategory, " /")), {Text: page.Score(r.Impact)},
		page.NumberCell(r.NonCompliant, page.Link("/devices", "fails", r.ID)),
		{Text: page.Number(r.Compliant)}, {Text: page.Number(r.NotApplicable)}}
}
