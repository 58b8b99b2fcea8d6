package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/testneed"
)

// asked is a random filter: as OData has it, and as jq does over the same rows.
type asked struct{ odata, jq string }

// mixed makes a range of devices whose findings differ in every field that is filtered by.
func mixed(group int64, from, to int) slice {
	s := slice{group: group}
	for i := from; i < to; i++ {
		device := (&row.Device{ID: deviceID(i), Name: fmt.Sprintf("host-%d.example.com", i), OSPlatform: []string{"Windows11", "Linux"}[i%2],
			OSVersion: "10.0", OSArchitecture: "x64", GroupID: group, GroupName: fmt.Sprintf("group %d", group)}).Piece()
		var r assess.Rows
		for n := range 1 + i%4 {
			v := row.Vulnerability{SoftwareKey: row.SoftwareKey{Vendor: "v", Name: fmt.Sprintf("name_%d'é", n), Version: "1.0"},
				CVE: fmt.Sprintf("CVE-2024-%04d", i+n), Score: float64((i*7+n*13)%101) / 10, Scored: (i+n)%5 > 0,
				UpdateAvailable: n%2 == 0, Exploitability: []string{defender.NoExploit, defender.ExploitIsInKit}[i%2]}
			if n%3 > 0 {
				v.Update = row.Update{Title: "say \"it\" & more", ID: fmt.Sprint(n)}
			}
			piece := v.Piece()
			evidence := row.Evidence([][]string{nil, {`C:\a.exe`}, {`C:\a.exe`, `D:\"b".exe`}}[(i+n)%3], nil)
			r[defender.Vulnerabilities] = row.AppendVulnerability(r[defender.Vulnerabilities], &device, &piece, &evidence,
				row.NewTimestamp(noon), row.NewTimestamp(noon.Add(-time.Duration(i+n)*time.Hour)))
		}
		status := []defender.Status{defender.New, defender.Updated}[i%2]
		s.devices = append(s.devices, rowsOf{deviceID(i), r, changed(r, status, noon)})
	}
	return s
}

func drawAsked(t *rapid.T, depth int) asked {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
		return drawTermOfRows(t)
	}
	a, b := drawAsked(t, depth-1), drawAsked(t, depth-1)
	switch rapid.IntRange(0, 2).Draw(t, "join") {
	case 0:
		return asked{"(" + a.odata + ") and (" + b.odata + ")", "((" + a.jq + ") and (" + b.jq + "))"}
	case 1:
		return asked{"(" + a.odata + ") or (" + b.odata + ")", "((" + a.jq + ") or (" + b.jq + "))"}
	}
	return asked{"not (" + a.odata + ")", "((" + a.jq + ")|not)"}
}

func drawTermOfRows(t *rapid.T) asked {
	jqText := func(text string) string {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(quoted)
	}
	odataText := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
	operators := map[string]string{"eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
	operator := rapid.SampledFrom([]string{"eq", "ne", "gt", "ge", "lt", "le"}).Draw(t, "operator")
	same := rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "equality")
	i := rapid.IntRange(0, 12).Draw(t, "i")
	switch rapid.IntRange(0, 11).Draw(t, "term") {
	case 0:
		score := fmt.Sprintf("%.1f", float64(i)*0.9)
		return asked{"cvssScore " + operator + " " + score, ".cvssScore " + operators[operator] + " " + score}
	case 1:
		level := rapid.SampledFrom([]string{"low", "HIGH", "Critical", "none"}).Draw(t, "level")
		return asked{"vulnerabilitySeverityLevel " + same + " '" + level + "'",
			"(.vulnerabilitySeverityLevel // \"\" | ascii_downcase) " + operators[same] + " " + jqText(strings.ToLower(level))}
	case 2:
		ranks := `{"None":0,"Low":1,"Medium":2,"High":3,"Critical":4}`
		return asked{"vulnerabilitySeverityLevel ge 'medium'",
			".vulnerabilitySeverityLevel as $s | ($s != null and " + ranks + "[$s] >= 2)"}
	case 3:
		name := fmt.Sprintf("name_%d'é", i%5)
		return asked{"softwareName " + same + " " + odataText(name), ".softwareName " + operators[same] + " " + jqText(name)}
	case 4:
		ids := []string{fmt.Sprintf("cve-2024-%04d", i), fmt.Sprintf("CVE-2024-%04d", i+3)}
		return asked{"cveId in ('" + ids[0] + "', '" + ids[1] + "')",
			`(.cveId | ascii_upcase) as $c | ($c == ` + jqText(strings.ToUpper(ids[0])) + " or $c == " + jqText(ids[1]) + ")"}
	case 5:
		return asked{fmt.Sprintf("rbacGroupId %s '%d'", same, i%3), fmt.Sprintf(".rbacGroupId %s %d", operators[same], i%3)}
	case 6:
		return asked{"deviceId eq '" + strings.ToUpper(deviceID(i)) + "'", ".deviceId == " + jqText(deviceID(i))}
	case 7:
		at := noon.Add(-time.Duration(i) * time.Hour)
		return asked{"firstSeenTimestamp " + operator + " " + at.Format(time.RFC3339),
			"(.firstSeenTimestamp[:19]) " + operators[operator] + " " + jqText(at.Format(time.DateTime))}
	case 8:
		path := rapid.SampledFrom([]string{`C:\a.exe`, `D:\"b".exe`, "x"}).Draw(t, "path")
		return asked{"diskPaths/any(p: p " + same + " " + odataText(path) + ")",
			"any(.diskPaths[]; . " + operators[same] + " " + jqText(path) + ")"}
	case 9:
		if same == "eq" {
			return asked{"recommendedSecurityUpdate eq null", ".recommendedSecurityUpdate == null"}
		}
		return asked{"contains(recommendedSecurityUpdate,'\"it\" & ')",
			`(.recommendedSecurityUpdate // "" | contains("\"it\" & "))`}
	case 10:
		return asked{"securityUpdateAvailable", ".securityUpdateAvailable"}
	}
	return asked{"exploitabilityLevel gt 'NoExploit' and endswith(osPlatform,'UX')",
		`(.exploitabilityLevel == "ExploitIsInKit" and (.osPlatform | ascii_downcase | endswith("ux")))`}
}

// TestFiltersAgreeWithJQ: for random filters and sizes of pages, the pages of a pull have the rows
// that jq selects of all rows, in their order; no page but the last is short; $count is their
// number, on each page; and $select takes keys away and nothing else.
func TestFiltersAgreeWithJQ(t *testing.T) {
	jq := testneed.Command(t, "jq")
	l := newLab(t)
	l.seal(mixed(0, 0, 6), mixed(1, 6, 9), mixed(2, 9, 12))
	all := map[string][]string{}
	for _, call := range []string{"SoftwareVulnerabilitiesByMachine?", changesCall + "?sinceTime=" + since + "&"} {
		all[call], _ = l.pull(l.server.URL + "/api/machines/" + call)
	}
	rapid.Check(t, func(t *rapid.T) {
		filter, size := drawAsked(t, 3), rapid.IntRange(1, 30).Draw(t, "size")
		call := rapid.SampledFrom([]string{"SoftwareVulnerabilitiesByMachine?", changesCall + "?sinceTime=" + since + "&"}).Draw(t, "call")
		script := "select(" + filter.jq + ")"
		query := fmt.Sprintf("%s$filter=%s&pageSize=%d&$count=true", call, url.QueryEscape(filter.odata), size)
		if rapid.Bool().Draw(t, "select") {
			query += "&$select=cveId,DEVICEID"
			script += "|{deviceId,cveId}"
		}
		command := exec.CommandContext(l.Context(), jq, "-c", script)
		command.Stdin = strings.NewReader(strings.Join(all[call], "\n"))
		var problems bytes.Buffer
		command.Stderr = &problems
		out, err := command.Output()
		if err != nil {
			t.Fatalf("jq %s: %v\n%s", script, err, problems.String())
		}
		var want []string
		for line := range strings.Lines(string(out)) {
			want = append(want, jqForm(t, []byte(line)))
		}
		got, pages := []string{}, 0
		for link := "/api/machines/" + query; link != ""; pages++ {
			r := l.get(link)
			p := l.page(r)
			for _, v := range p.Value {
				got = append(got, jqForm(t, v))
			}
			if count := fmt.Sprintf(`"@odata.count":%d`, len(want)); !strings.Contains(string(r.body), count) {
				t.Fatalf("%s: no %s in %.300s", query, count, r.body)
			}
			if link = ""; p.NextLink != nil {
				link = *p.NextLink
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%s\njq %s\ngot %d rows, jq %d:\n%s\n\n%s", filter.odata, script, len(got), len(want),
				strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if full := max(1, (len(want)+size-1)/size); pages != full {
			t.Fatalf("%s: %d pages for %d rows of %d", query, pages, len(want), size)
		}
	})
}

// jqForm returns JSON without what jq writes in another way: keys in order, numbers as numbers.
func jqForm(t *rapid.T, text []byte) string {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
