package web

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// lists are the lists of the dashboard.
func lists() []*list {
	return []*list{vulnerabilities(), actions(), devices(), software(), configurations()}
}

// aboutCVEs are the filters of lists about CVEs.
func aboutCVEs(more ...string) []string {
	return append([]string{"q", "severity", "kev", "exploited", "fix", "group", "cve", "min-epss", "due-before", "software",
		"device", "tag", "since"}, more...)
}

// kevBadge is the mark of what CISA lists as exploited.
const kevBadge = "KEV"

func vulnerabilities() *list {
	return &list{name: "vulnerabilities", title: "Vulnerabilities", one: "CVE", more: "CVEs", fields: aboutCVEs(),
		command: "findings", call: control.ListOfVulnerabilities,
		columns: []column{{name: "CVE", sort: "cveId", falling: true}, {name: "Severity"},
			{name: "CVSS", sort: "cvssScore", falling: true, number: true}, {name: "EPSS", sort: "epssScore", falling: true, number: true},
			{name: "Exploit"}, {name: "Product", sort: "softwareName"}, {name: "Devices", sort: "devices", falling: true, number: true},
			{name: "Fix"}, {name: "Published", sort: "publishedTime", falling: true}},
		ask: func(ctx context.Context, s *control.Session, f *control.ListFilter) (listing, error) {
			got, err := ask(ctx, s, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, f))
			return listing{got.ListHead, cells(got.Rows, vulnerabilityCells), ", " + count(got.Sums.Findings, "finding", "findings")}, err
		}}
}

func vulnerabilityCells(r *control.VulnerabilityRow) []cell {
	return []cell{linked(r.CVEID, "/vulnerabilities/"+url.PathEscape(r.CVEID)),
		{Text: severityOf(r.Severity).Word, Severity: r.Severity}, {Text: score(r.Score)}, {Text: percent(r.EPSS)},
		exploitCell(&r.FindingRow), productsCell(r), numberCell(r.Devices, link("/devices", "cve", r.CVEID)),
		textCell(fixOf(&r.FindingRow)), {Text: day(r.PublishedTime)}}
}

// exploitCell says how far a CVE is exploited.
func exploitCell(r *control.FindingRow) (c cell) {
	if r.KEV {
		c.Badges = append(c.Badges, kevBadge)
	} else {
		c.Text = exploitOf(r.Exploitability)
	}
	if r.Ransomware {
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
func productsCell(r *control.VulnerabilityRow) cell {
	c := linked(productName(r.Vendor, r.Name), productPath(r.Vendor, r.Name))
	if others := int64(len(r.Products)) - 1 + r.MoreProducts; others > 0 {
		c.Text += " and " + count(others, "other", "others")
	}
	return c
}

// fixOf says what removes a CVE.
func fixOf(r *control.FindingRow) string {
	if text := targetsOf(r.Targets, r.Updates); text != "" {
		return text
	}
	if r.UpdateAvailable {
		return "an update"
	}
	return "-"
}

// targetsOf names the versions, or the updates, that remove findings.
func targetsOf(targets []control.TargetRow, updates []control.UpdateRow) string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Version)
	}
	for _, u := range updates {
		if len(targets) == 0 {
			names = append(names, first(u.Title, u.ID))
		}
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}

func actions() *list {
	return &list{name: "actions", title: "Actions", one: "action", more: "actions", fields: aboutCVEs(),
		command: "recommendations", call: control.ListOfRecommendations,
		columns: []column{{name: "Action", sort: "softwareName"}, {name: "Devices", sort: "devices", falling: true, number: true},
			{name: "CVEs", sort: "weaknesses", falling: true, number: true}, {name: "Findings", sort: "findings", falling: true, number: true},
			{name: "Severities"}, {name: "Worst"}},
		ask: func(ctx context.Context, s *control.Session, f *control.ListFilter) (listing, error) {
			got, err := ask(ctx, s, control.List[control.RecommendationRows](control.ListOfRecommendations, f))
			return listing{head: got.ListHead, rows: cells(got.Rows, adviceCells)}, err
		}}
}

func adviceCells(r *control.RecommendationRow) []cell {
	software, worst := r.Vendor+"/"+r.Name, cell{Text: "-"}
	if r.Worst != "" {
		worst = linked(r.Worst, "/vulnerabilities/"+url.PathEscape(r.Worst))
	}
	return []cell{actionCell(r), {Text: number(r.Devices)}, numberCell(r.Weaknesses, link("/vulnerabilities", "software", software)),
		{Text: number(r.Findings)}, {Text: first(coverages.Severities(&r.Severities), "-")}, worst}
}

// actionCell says what to do about a product.
func actionCell(r *control.RecommendationRow) cell {
	text, to := productName(r.Vendor, r.Name), targetsOf(r.Targets, r.Updates)
	switch r.Action {
	case "update":
		if text = "Update " + text; to != "" {
			text += " to " + to
		}
	case "replace":
		text = "Replace " + text + ", which has no support"
	default:
		text = "Watch " + text + ": no update is known"
	}
	c := linked(text, productPath(r.Vendor, r.Name))
	if r.KEV > 0 {
		c.Badges = append(c.Badges, number(r.KEV)+" "+kevBadge)
	}
	return c
}

func devices() *list {
	return &list{name: "devices", title: "Devices", one: "device", more: "devices",
		fields: aboutCVEs("state", "reason", "silent", "fails"), command: "devices", call: control.ListOfDevices,
		columns: []column{{name: "Device", sort: "name"}, {name: "System", sort: "osPlatform"}, {name: "Group"}, {name: "Assessed"},
			{name: "Critical", number: true}, {name: "High", number: true}, {name: "Findings", sort: "findings", falling: true, number: true},
			{name: "Exploited", sort: "exploited", falling: true, number: true},
			{name: "Failed checks", sort: "nonCompliant", falling: true, number: true}, {name: "Last seen", sort: "lastSeenTime"}},
		ask: func(ctx context.Context, s *control.Session, f *control.ListFilter) (listing, error) {
			got, err := ask(ctx, s, control.List[control.FleetRows](control.ListOfDevices, f))
			return listing{head: got.ListHead, rows: cells(got.Rows, deviceCells)}, err
		}}
}

// deviceCells are those of a device. Where nobody looked no number of findings is 0.
func deviceCells(r *control.FleetRow) []cell {
	page := "/devices/" + url.PathEscape(r.ID)
	findings := func(n int64) cell {
		if r.State == coverage.NotAssessed.String() && r.Findings.Sum() == 0 {
			return cell{Text: "not assessed"}
		}
		return cell{Text: number(n)}
	}
	return []cell{linked(first(r.Name, r.ID), page), textCell(strings.TrimSpace(r.OSPlatform + " " + r.OSVersion)),
		textCell(first(r.Group, "-")), {Text: coverages.State(r.State, r.Reason)}, findings(r.Findings.Critical),
		findings(r.Findings.High), findings(r.Findings.Sum()), findings(r.Exploited),
		numberCell(r.NonCompliant, link(page, "view", "settings")), {Text: instant(r.LastSeen)}}
}

func software() *list {
	return &list{name: "software", title: "Software", one: "product", more: "products", fields: aboutCVEs(),
		command: "software", call: control.ListOfSoftware,
		columns: []column{{name: "Product", sort: "softwareName"}, {name: "Versions"},
			{name: "Devices", sort: "devices", falling: true, number: true}, {name: "CVEs", sort: "weaknesses", falling: true, number: true},
			{name: "Severities"}, {name: "Exploited", number: true}, {name: "Support"}},
		ask: func(ctx context.Context, s *control.Session, f *control.ListFilter) (listing, error) {
			got, err := ask(ctx, s, control.List[control.SoftwareRows](control.ListOfSoftware, f))
			return listing{head: got.ListHead, rows: cells(got.Rows, softwareCells)}, err
		}}
}

// softwareCells are those of a product. Where nobody looked the number of CVEs is not 0.
func softwareCells(r *control.SoftwareRow) []cell {
	of := r.Vendor + "/" + r.Name
	cves, severities := numberCell(r.Weaknesses, link("/vulnerabilities", "software", of)), first(coverages.Severities(&r.Severities), "-")
	if !r.Assessed && r.Weaknesses == 0 {
		cves = cell{Text: "not assessed"}
	}
	return []cell{linked(productName(r.Vendor, r.Name), productPath(r.Vendor, r.Name)), versionsCell(r.Versions),
		numberCell(r.Devices, link("/devices", "software", of)), cves, {Text: severities},
		numberCell(r.Exploited, link("/vulnerabilities", "software", of, "exploited", "true")), textCell(first(r.EndOfSupport, "-"))}
}

// versionsCell is the version, or how many there are.
func versionsCell(all []string) cell {
	if len(all) == 1 {
		return cell{Text: first(textCell(all[0]).Text, "-"), Code: true}
	}
	return cell{Text: number(int64(len(all))) + " versions"}
}

func configurations() *list {
	return &list{name: "configuration", title: "Configuration", one: "check", more: "checks",
		fields: []string{"q", "group", "device", "tag"}, command: "configurations", call: control.ListOfConfigurations,
		columns: []column{{name: "Check", sort: "configurationName"}, {name: "Id", sort: "configurationId"},
			{name: "Category", sort: "configurationCategory"}, {name: "Impact", sort: "configurationImpact", falling: true, number: true},
			{name: "Fail", sort: "nonCompliantDevices", falling: true, number: true},
			{name: "Comply", sort: "compliantDevices", falling: true, number: true}, {name: "Not applicable", number: true}},
		ask: func(ctx context.Context, s *control.Session, f *control.ListFilter) (listing, error) {
			got, err := ask(ctx, s, control.List[control.ConfigurationRows](control.ListOfConfigurations, f))
			return listing{head: got.ListHead, rows: cells(got.Rows, checkCells)}, err
		}}
}

func checkCells(r *control.ConfigurationRow) []cell {
	return []cell{linked(first(r.Name, r.ID), "/configuration/"+url.PathEscape(r.ID)), {Text: textCell(r.ID).Text, Code: true},
		textCell(strings.Trim(r.Category+" / "+r.Subcategory, " /")), {Text: score(r.Impact)},
		numberCell(r.NonCompliant, link("/devices", "fails", r.ID)), {Text: number(r.Compliant)}, {Text: number(r.NotApplicable)}}
}
