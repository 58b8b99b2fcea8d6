package web

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// exportsPage is what the page of exports shows.
type exportsPage struct {
	Origin, Tenant, Permission string
	Calls                      []exportCall
	// Chosen is the call that the lines are for; Pages is the one with pages that has the same rows.
	Chosen, Pages string
	Lines         []exportLines
}

// exportCall is a call that the caller may use.
type exportCall struct {
	Name, Path, Rows, How, Link string
	Own, Here                   bool
}

// exportLines are the lines for one program.
type exportLines struct {
	Name, Note, Text string
	Open             bool
}

// permitted are the export calls that the caller may use.
func permitted(v *page.Visit) (all []defender.Call) {
	for _, c := range defender.Calls() {
		if v.Admitted(edge.Needs(nil, auth.Permission(c.ApplicationPermission))) == nil {
			all = append(all, c)
		}
	}
	return all
}

// showExports is GET /exports.
func showExports(v *page.Visit) error {
	a, err := page.ReadAddress("/exports", v.URL.RawQuery, []string{"call"})
	if err != nil {
		return err
	}
	p := &exportsPage{Origin: v.Origin(), Tenant: v.Caller.Organization}
	calls := permitted(v)
	wanted := a.Value("call")
	if wanted == "" {
		wanted = "SoftwareVulnerabilitiesByMachine"
	}
	at := slices.IndexFunc(calls, func(c defender.Call) bool { return c.Name == wanted })
	if at < 0 && a.Value("call") != "" {
		return edge.NotFound("no export call %q that you may use", edge.Clip(wanted))
	}
	at = max(at, 0)
	for i, c := range calls {
		p.Calls = append(p.Calls, exportCall{Name: c.Name, Path: "/api/machines/" + c.Name, Rows: rowsOf(&c), How: howOf(&c),
			Link: page.Link("/exports", "call", c.Name), Own: c.Own, Here: i == at})
	}
	if len(calls) > 0 {
		pages := calls[at]
		if pages.Files && at > 0 {
			pages = calls[at-1] // each call by files comes after the one that has its rows in pages
		}
		p.Chosen, p.Pages, p.Permission = calls[at].Name, pages.Name, calls[at].ApplicationPermission
		p.Lines = linesFor(p, &calls[at], &pages, v.Now())
	}
	return v.Page("exports", &page.Frame{Title: "Exports", Content: p})
}

// rowsOf says what a call has rows of.
func rowsOf(c *defender.Call) string {
	return map[defender.Dataset]string{defender.Vulnerabilities: "findings", defender.Software: "software",
		defender.NoProductCode: "software without a product code", defender.Configurations: "checks of settings"}[c.Dataset]
}

// howOf says how a call gives its rows.
func howOf(c *defender.Call) string {
	what, how := "all rows", "pages"
	if c.Delta {
		what = "changes since a time"
	}
	if c.Files {
		how = "files"
	}
	return what + ", by " + how
}

// linesFor are the lines for the chosen call, with this server's address. None has a secret: they take it from the
// environment, or leave it to be filled in.
func linesFor(p *exportsPage, chosen, pages *defender.Call, now time.Time) []exportLines {
	curl, python := curlPages, pythonPages
	if chosen.Files {
		curl, python = curlFiles, pythonFiles
	}
	fill := func(text string, c *defender.Call) string {
		query := url.Values{}
		m := "[pageSize = \"5000\"]"
		if !c.Files {
			query.Set("pageSize", "5000")
		}
		if c.Delta {
			since := now.UTC().Add(-24 * time.Hour).Format(time.RFC3339)
			query.Set("sinceTime", since)
			m = "[pageSize = \"5000\", sinceTime = \"" + since + "\"]"
		}
		call := c.Name
		if len(query) > 0 {
			call += "?" + query.Encode()
		}
		return strings.NewReplacer("{SERVER}", p.Origin, "{TENANT}", p.Tenant, "{CALL}", call, "{NAME}", c.Name, "{QUERY}", m).
			Replace(text)
	}
	byPages := ""
	if chosen.Files {
		byPages = " It reads the same rows by pages."
	}
	return []exportLines{
		{"curl", "With jq.", fill(curlToken+curl, chosen), true},
		{"Python", "It needs nothing but the standard library.", fill(pythonToken+python, chosen), false},
		{"PowerShell", "No test of ours runs these lines: PowerShell is not where muster is made." + byPages,
			fill(powerShell, pages), false},
		{"Power BI", "For the advanced editor, with anonymous access to the address; make parameters of the first two values. " +
			"No test of ours runs these lines." + byPages, fill(powerQuery, pages), false},
	}
}
