package api_test

import (
	"fmt"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/row"
)

// The rows of tests are made here: device i has one release, with one row of every kind, and n
// vulnerabilities of it.

var chrome = row.SoftwareKey{Vendor: "google", Name: "chrome", Version: "81.0.4044.138"}

// deviceID is the id of device i; ids are in the order of i.
func deviceID(i int) string { return fmt.Sprintf("%040x", i+1) }

// rows makes all rows of device i, with a number of findings.
func rows(i int, group int64, findings int) assess.Rows {
	groupName := defender.GroupNone
	if group != 0 {
		groupName = fmt.Sprintf("group %d", group)
	}
	device := (&row.Device{ID: deviceID(i), Name: fmt.Sprintf("host-%d.example.com", i), OSPlatform: "Windows11",
		OSVersion: "10.0.22631.4751", OSArchitecture: "x64", GroupID: group, GroupName: groupName}).Piece()
	first, last := row.NewTimestamp(noon.Add(-48*time.Hour)), row.NewTimestamp(noon)
	evidence := row.Evidence([]string{`C:\Program Files\Google\Chrome\Application\chrome.exe`},
		[]string{fmt.Sprintf(`HKEY_LOCAL_MACHINE\SOFTWARE\Google\%d`, i)})
	software := chrome.Piece(row.EndOfSupport{})
	var r assess.Rows
	for n := range findings {
		v := (&row.Vulnerability{SoftwareKey: chrome, CVE: fmt.Sprintf("CVE-2023-%06d", n), Score: 8.8, Scored: true,
			Update:          row.Update{Title: "Chrome 114", ID: "114", URL: "https://chrome.example/?a=1&b=<2>"},
			UpdateAvailable: true, Exploitability: defender.ExploitIsPublic}).Piece()
		r[defender.Vulnerabilities] = row.AppendVulnerability(r[defender.Vulnerabilities], &device,
			&v, &evidence, last, first)
	}
	clean := (&row.Vulnerability{SoftwareKey: row.SoftwareKey{Vendor: "igor_pavlov", Name: "7-zip",
		Version: "24.07"}}).Piece()
	r[defender.CleanSoftware] = row.AppendVulnerability(nil, &device, &clean, &evidence, last, first)
	r[defender.Software] = row.AppendSoftware(nil, &device, &software, &evidence, findings, first)
	tool := row.SoftwareKey{Vendor: "acme", Name: "tool", Version: "1.0"}.Piece(row.EndOfSupport{})
	r[defender.NoProductCode] = row.AppendNoProductCode(nil, &device, &tool, last, "")
	check := (&row.Configuration{ID: "scid-2010", Name: "Turn on real-time protection",
		Category: defender.CategorySecurityControls, Subcategory: "Antivirus", Impact: 9}).Piece()
	r[defender.Configurations] = row.AppendConfiguration(nil, &device, &check, last, false, true)
	return r
}

// changed makes delta rows with a status for all rows.
func changed(full assess.Rows, status defender.Status, event time.Time) (delta assess.Rows) {
	for d := range full {
		shape := row.ShapeOf(defender.Dataset(d), false)
		var scanned row.Row
		for rest := full[d]; len(rest) > 0; {
			var err error
			if rest, err = shape.Scan(&scanned, rest); err != nil {
				panic(err) // the rows are valid
			}
			delta[d] = shape.AppendDelta(delta[d], &scanned, status, row.NewTimestamp(event))
		}
	}
	return delta
}

// fleet makes one range of new devices [from, to), with a number of findings each.
func (l *lab) fleet(group int64, from, to, findings int) slice {
	s := slice{group: group}
	for i := from; i < to; i++ {
		full := rows(i, group, findings)
		s.devices = append(s.devices, rowsOf{deviceID(i), full, changed(full, defender.New, l.clock())})
	}
	return s
}

// since is a sinceTime from before everything.
const since = "2026-11-20T00:00:00Z"
