package answers

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// Findings is `muster findings`.
type Findings struct {
	cveFlags
	deviceFlags
	outputFlags
	connect.Flags
}

// Help is the long part of the command's help.
func (Findings) Help() string {
	return `Lists CVEs in software, with the number of devices that have them.

Examples:

    muster findings --kev --server http://127.0.0.1:8800
    muster findings --severity critical,high --fix yes --group Web
    muster findings --device web1.example.com --csv > web1.csv` + listExits
}

// Run lists findings.
func (c *Findings) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	of, err := c.deviceFlags.filter(&c.cveFlags, time.Now())
	if err != nil {
		return err
	}
	return findingList().run(ctx, k, t, &c.Flags, c.outputFlags, &of)
}

// findingList is how findings are printed.
func findingList() *listing[control.FindingRow] {
	return &listing[control.FindingRow]{name: control.ListOfFindings, what: "findings",
		columns: []console.Column{{Name: "cve"}, {Name: "software", Cut: true, Least: 16}, {Name: "severity"},
			{Name: "cvss", Right: true, Rank: 3}, {Name: "exploit", Rank: 2}, {Name: "epss", Right: true, Rank: 5},
			{Name: "kev due", Rank: 1}, {Name: "devices", Right: true}, {Name: "update", Rank: 4},
			{Name: "title", Rank: 6, Cut: true, Least: 20}},
		cells: func(f *control.FindingRow) []string {
			return []string{f.CVEID, f.Vendor + "/" + f.Name, severityOf(f.Severity), scoreOf(f.Score),
				exploitOf(f.Exploitability), epssOf(f.EPSS), dueOf(f.KEV, f.DueTime), number(f.Devices),
				yesNo(f.UpdateAvailable), f.Title}
		},
		fields: []string{"cveId", "softwareVendor", "softwareName", "softwareVersions", "severity", "cvssScore",
			"exploitabilityLevel", "epssScore", "kev", "dueTime", "ransomware", "publishedTime", "devices", "findings", "updateAvailable",
			"updates", "endOfSupportStatus", "title"},
		values: func(f *control.FindingRow) []string {
			return []string{f.CVEID, f.Vendor, f.Name, strings.Join(f.Versions, "; "), f.Severity, scoreOf(f.Score),
				f.Exploitability, epssOf(f.EPSS), strconv.FormatBool(f.KEV), timeOf(f.DueTime), strconv.FormatBool(f.Ransomware),
				timeOf(f.PublishedTime), number(f.Devices), number(f.Findings), strconv.FormatBool(f.UpdateAvailable),
				updatesOf(f.Updates), f.EndOfSupport, f.Title}
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
	return `Lists what to update first, to what, and on how many devices: one row a product. A product without support and without an update is to be replaced; of a product to watch no update is known.

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
		columns: []console.Column{{Name: "software", Cut: true, Least: 20}, {Name: "do"}, {Name: "to", Cut: true, Least: 12},
			{Name: "devices", Right: true}, {Name: "cves", Right: true, Rank: 4}, {Name: "critical", Right: true, Rank: 2},
			{Name: "exploited", Right: true, Rank: 3}, {Name: "kev due", Rank: 1}, {Name: "worst", Rank: 5}},
		cells: func(r *control.RecommendationRow) []string {
			return []string{r.Vendor + "/" + r.Name, r.Action, aimOf(r), number(r.Devices), number(r.Weaknesses),
				number(r.Severities.Critical), number(r.Exploited), dueOf(r.KEV > 0, r.DueTime), r.Worst}
		},
		fields: append([]string{"softwareVendor", "softwareName", "action", "updates", "devices", "weaknesses", "findings",
			"exploited", "kev", "dueTime", "worstCveId", "endOfSupportStatus"}, severityFields()...),
		values: func(r *control.RecommendationRow) []string {
			return append([]string{r.Vendor, r.Name, r.Action, updatesOf(r.Updates), number(r.Devices), number(r.Weaknesses),
				number(r.Findings), number(r.Exploited), number(r.KEV), timeOf(r.DueTime), r.Worst, r.EndOfSupport},
				severityValues(&r.Severities)...)
		},
	}
}

// aimOf says to what to update.
func aimOf(r *control.RecommendationRow) string {
	if len(r.Updates) == 0 {
		return ""
	}
	return updateName(&r.Updates[0])
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

func number(n int64) string { return strconv.FormatInt(n, 10) }

// scoreOf formats a CVSS score.
func scoreOf(score float64) string { return strconv.FormatFloat(score, 'f', 1, 64) }

// severityOf is a severity in small letters; "unrated" if there is none.
func severityOf(s string) string { return cmp.Or(strings.ToLower(s), "unrated") }

// exploitOf is a level of exploit in words; "" for none.
func exploitOf(level string) string {
	switch level {
	case defender.ExploitIsPublic:
		return "public"
	case defender.ExploitIsVerified:
		return "verified"
	case defender.ExploitIsInKit:
		return "in kit"
	}
	return ""
}

// epssOf formats a score of EPSS; "" if it is not known.
func epssOf(score *float64) string {
	if score == nil {
		return ""
	}
	return strconv.FormatFloat(*score, 'f', 5, 64)
}

// dueOf is the day until when CISA wants a CVE mended; "" if it does not list it.
func dueOf(listed bool, due *time.Time) string {
	switch {
	case !listed:
		return ""
	case due == nil:
		return "listed"
	}
	return due.UTC().Format(time.DateOnly)
}

// timeOf formats a time; "" if it is not known.
func timeOf(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// severityFields are the fields of severityValues.
func severityFields() []string { return []string{"critical", "high", "medium", "low", "unrated"} }

func severityValues(s *counts.Severities) []string {
	return []string{number(s.Critical), number(s.High), number(s.Medium), number(s.Low), number(s.Unrated)}
}
