package answers

import (
	"cmp"
	"context"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	single "github.com/muster-project/muster/internal/control/listed"
)

// Findings is `muster findings`.
type Findings struct {
	cveFlags
	deviceFlags
	outputFlags
	Format   string `placeholder:"FORMAT" enum:",table,json,csv,cyclonedx" default:"" help:"What to print: table, json, csv, or cyclonedx: a Vulnerability Disclosure Report (CycloneDX 1.5) of every finding that matches, with its devices."`
	Excepted bool   `help:"List instead what exceptions hide or mark, by device. Takes --group, --limit, --json and --csv."`
	Each     bool   `help:"List findings one by one, with the device, the version, and when each was first seen: a row for each."`
	connect.Flags
}

// Help is the long part of the command's help.
func (Findings) Help() string {
	return `Lists CVEs in software, with the number of devices that have them.

Examples:

    muster findings --kev --server http://127.0.0.1:8800
    muster findings --severity critical,high --fix yes --group Web
    muster findings --device web1.example.com --csv > web1.csv
    muster findings --severity critical --each --csv > critical.csv
    muster findings --excepted --group Web
    muster findings --group Web --format cyclonedx > web.cdx.json` + listExits
}

// check refuses flags that contradict each other.
func (c *Findings) check() error {
	switch {
	case c.Format == "":
		return nil
	case c.JSON && c.Format != "json" || c.CSV && c.Format != "csv":
		return console.Usage("--json, --csv and --format %s contradict each other", c.Format)
	case c.Format == "cyclonedx" && c.Limit != 0:
		return console.Usage("--format cyclonedx has every finding that matches: it takes no --limit")
	case c.Format == "cyclonedx" && c.Each:
		return console.Usage("--each and --format cyclonedx contradict each other")
	}
	c.JSON, c.CSV = c.Format == "json", c.Format == "csv"
	return nil
}

// Run lists findings.
func (c *Findings) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	of, err := c.deviceFlags.filter(&c.cveFlags, time.Now())
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return err
	}
	if c.Excepted {
		plain := Findings{outputFlags: c.outputFlags, Format: c.Format, Excepted: true, Flags: c.Flags}
		plain.Group = c.Group
		if !reflect.DeepEqual(plain, *c) || c.Format == "cyclonedx" {
			return console.Usage("--excepted goes with --group, --limit, --json and --csv only")
		}
		return listExcepted(ctx, k, t, &c.Flags, c.outputFlags, c.Group)
	}
	if c.Format == "cyclonedx" {
		return writeVDR(ctx, k, t, &c.Flags, &of)
	}
	if c.Each {
		return eachList().run(ctx, k, t, &c.Flags, c.outputFlags, &of)
	}
	return findingList().run(ctx, k, t, &c.Flags, c.outputFlags, &of)
}

// findingList is how findings are printed.
func findingList() *listing[control.FindingRow] {
	return &listing[control.FindingRow]{name: control.ListOfFindings, what: "findings",
		columns: []console.Column{{Name: "cve"}, {Name: "software", Cut: true, Tail: true, Least: 16}, {Name: "severity"},
			{Name: "cvss", Right: true, Rank: 3}, {Name: "exploit", Rank: 2}, {Name: "epss", Right: true, Rank: 5},
			{Name: "kev due", Rank: 1}, {Name: "devices", Right: true}, {Name: "update to", Rank: 4, Cut: true, Least: 14},
			{Name: "title", Rank: 6, Cut: true, Least: 20}},
		cells: func(f *control.FindingRow) []string {
			return []string{f.CVEID, f.Vendor + "/" + f.Name, severityOf(f.Severity), scoreOf(f.Score),
				exploitOf(f.Exploitability), epssOf(f.EPSS), dueOf(f.KEV, f.DueTime), number(f.Devices),
				mendOf(f), f.Title}
		},
		fields: []string{"cveId", "softwareVendor", "softwareName", "softwareVersions", "severity", "cvssScore",
			"exploitabilityLevel", "epssScore", "kev", "dueTime", "ransomware", "publishedTime", "devices", "findings", "updateAvailable",
			"targets", "updates", "endOfSupportStatus", "title"},
		values: func(f *control.FindingRow) []string {
			return []string{f.CVEID, f.Vendor, f.Name, strings.Join(f.Versions, "; "), f.Severity, scoreOf(f.Score),
				f.Exploitability, epssOf(f.EPSS), strconv.FormatBool(f.KEV), timeOf(f.DueTime), strconv.FormatBool(f.Ransomware),
				timeOf(f.PublishedTime), number(f.Devices), number(f.Findings), strconv.FormatBool(f.UpdateAvailable),
				targetsOf(f.Targets), updatesOf(f.Updates), f.EndOfSupport, f.Title}
		},
	}
}

// eachList is how findings are printed one by one.
func eachList() *listing[single.DeviceFinding] {
	return &listing[single.DeviceFinding]{name: single.Findings, what: "findings",
		columns: []console.Column{{Name: "device", Cut: true, Least: 12}, {Name: "cve"},
			{Name: "software", Cut: true, Tail: true, Least: 16}, {Name: "version", Rank: 1, Cut: true, Least: 8}, {Name: "severity"},
			{Name: "cvss", Right: true, Rank: 5}, {Name: "exploit", Rank: 3}, {Name: "kev due", Rank: 2},
			{Name: "update to", Rank: 4, Cut: true, Least: 14}, {Name: "first seen", Rank: 6}, {Name: "group", Rank: 7, Cut: true, Least: 8}},
		cells: func(f *single.DeviceFinding) []string {
			return []string{cmp.Or(f.DeviceName, f.DeviceID), f.CVEID, f.Vendor + "/" + f.Name, f.Version, severityOf(f.Severity),
				scoreOf(f.Score), exploitOf(f.Exploitability), dueOf(f.KEV, f.DueTime), strings.Join(f.FixedVersions, ", "),
				timeOf(f.FirstSeen), f.Group}
		},
		fields: []string{"deviceId", "deviceName", "rbacGroupName", "cveId", "softwareVendor", "softwareName", "softwareVersion",
			"severity", "cvssScore", "exploitabilityLevel", "epssScore", "kev", "dueTime", "ransomware", "updateAvailable",
			"fixedVersions", "firstSeenTime", "title"},
		values: func(f *single.DeviceFinding) []string {
			return []string{f.DeviceID, f.DeviceName, f.Group, f.CVEID, f.Vendor, f.Name, f.Version, f.Severity,
				scoreOf(f.Score), f.Exploitability, epssOf(f.EPSS), strconv.FormatBool(f.KEV), timeOf(f.DueTime),
				strconv.FormatBool(f.Ransomware),
				strconv.FormatBool(f.UpdateAvailable), strings.Join(f.FixedVersions, "; "), timeOf(f.FirstSeen), f.Title}
		},
	}
}

// Recommendations is `muster recommendations`.
type Recommendations struct {
	cveFlags
	deviceFlags
	outputFlags
	connect.Flags
}

// Help is the long part of the command's help.
func (Recommendations) Help() string {
	return `Lists what to update first, to what, and on how many devices: one row a product. A product without support and without an update is to be replaced; of a product to watch no update is known. The version to update to is the lowest at which no finding is left, by the ranges of CVE records; "(part)" says that other findings stay, of which no such version is known. Where records name none, it is the advisory of the distribution or maker, if there is one.

Examples:

    muster recommendations --server http://127.0.0.1:8800
    muster recommendations --group Web --due-before 168h
    muster recommendations --data muster-data --json | jq -r .softwareName` + listExits
}

// Run lists recommendations.
func (c *Recommendations) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	of, err := c.deviceFlags.filter(&c.cveFlags, time.Now())
	if err != nil {
		return err
	}
	return adviceList().run(ctx, k, t, &c.Flags, c.outputFlags, &of)
}

// adviceList is how recommendations are printed.
func adviceList() *listing[control.RecommendationRow] {
	return &listing[control.RecommendationRow]{name: control.ListOfRecommendations, what: "recommendations",
		columns: []console.Column{{Name: "software", Cut: true, Tail: true, Least: 20}, {Name: "do"}, {Name: "to", Cut: true, Least: 12},
			{Name: "devices", Right: true}, {Name: "unsupported", Right: true, Rank: 6}, {Name: "cves", Right: true, Rank: 4},
			{Name: "critical", Right: true, Rank: 2},
			{Name: "exploited", Right: true, Rank: 3}, {Name: "kev due", Rank: 1}, {Name: "worst", Rank: 5}},
		cells: func(r *control.RecommendationRow) []string {
			return []string{r.Vendor + "/" + r.Name, r.Action, aimOf(r), number(r.Devices), number(r.Unsupported),
				number(r.Weaknesses), number(r.Severities.Critical), number(r.Exploited), dueOf(r.KEV > 0, r.DueTime), r.Worst}
		},
		fields: append([]string{"softwareVendor", "softwareName", "action", "targets", "updates", "devices", "weaknesses",
			"findings", "exploited", "kev", "dueTime", "worstCveId", "endOfSupportStatus"}, append(severityFields(),
			"exposedDevices", "unsupportedDevices", "system")...),
		values: func(r *control.RecommendationRow) []string {
			return append([]string{r.Vendor, r.Name, r.Action, targetsOf(r.Targets), updatesOf(r.Updates), number(r.Devices),
				number(r.Weaknesses), number(r.Findings), number(r.Exploited), number(r.KEV), timeOf(r.DueTime), r.Worst,
				r.EndOfSupport}, append(severityValues(&r.Severities), number(r.Exposed), number(r.Unsupported), systemOf(r))...)
		},
	}
}

// systemOf is the operating system that is to be upgraded; "" where a row is about software.
func systemOf(r *control.RecommendationRow) string {
	if r.System == nil {
		return ""
	}
	return cmp.Or(r.System.Version, r.System.Title)
}

// aimOf says to what to update: the version that removes all findings, or those that a known version removes.
func aimOf(r *control.RecommendationRow) string {
	switch {
	case len(r.Targets) > 0:
		removed := int64(0)
		for _, one := range r.Targets {
			removed += one.Findings
		}
		versions := commas(r.Targets)
		if removed < r.Findings {
			versions += " (part)"
		}
		return versions
	case len(r.Updates) > 0:
		return updateName(&r.Updates[0])
	case r.System != nil && r.System.Ended != "":
		day, _, _ := strings.Cut(r.System.Ended, "T")
		return "no support since " + day
	case r.System != nil || r.Action == "upgrade":
		return "no support"
	case r.Action == "update" && r.Findings == 0:
		return "a version with support"
	case r.Action == "update":
		return "not known"
	}
	return ""
}

// mendOf says to what to update for one CVE: the version without it, or the update in words or by its advisory.
func mendOf(f *control.FindingRow) string {
	switch {
	case len(f.Targets) > 0:
		return commas(f.Targets)
	case len(f.Updates) > 0:
		return updateName(&f.Updates[0])
	}
	return yesNo(f.UpdateAvailable)
}

// updateName names an update.
func updateName(u *control.UpdateRow) string { return cmp.Or(u.Title, u.ID, u.URL) }

// updatesOf lists updates.
func updatesOf(all []control.UpdateRow) string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = updateName(&all[i])
	}
	return strings.Join(names, "; ")
}
