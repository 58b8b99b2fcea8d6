package row_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

var update = flag.Bool("update", false, "write the golden files that are missing")

// The sample devices and their software.
var (
	windows = row.Device{
		ID: "018d7dc428d98e16abed667a759f9e40a7e8f2c8", Name: "host.example.com",
		OSPlatform: "Windows11", OSVersion: "10.0.26100.6584", OSArchitecture: "x64",
		GroupName: defender.GroupUnassigned,
	}
	linux = row.Device{
		ID: "00044f68765bbaf712342dbe6db733b6a9c59ab4", Name: "db-7.münchen.example",
		OSPlatform: "Linux", OSVersion: "enterprise_linux_9.4", OSArchitecture: "x64",
		GroupID: 12, GroupName: `R&D "west" <1>`,
	}
	openssl = row.SoftwareKey{Vendor: "openssl", Name: "openssl", Version: "3.3.1.0"}
	kernel  = row.SoftwareKey{Vendor: "red_hat", Name: "kernel", Version: "0:5.14.0-427.42.1.el9_4"}

	seen      = row.NewTimestamp(time.Date(2025, 9, 17, 14, 52, 23, 0, time.UTC))
	firstSeen = row.NewTimestamp(time.Date(2025, 9, 10, 11, 18, 18, 847_698_000, time.UTC))
	happened  = row.NewTimestamp(time.Date(2025, 10, 6, 12, 0, 0, 123_000_000, time.UTC))
	ends      = time.Date(2026, 4, 14, 0, 0, 0, 0, time.UTC)
)

// sample returns a few rows of the dataset that show every kind of content.
func sample(d defender.Dataset) []byte {
	var b []byte
	w, l := windows.Piece(), linux.Piece()
	found := row.Evidence([]string{`c:\program files\app\libssl-3-x64.dll`, `d:\"odd"\café.dll`},
		[]string{`HKEY_LOCAL_MACHINE\SOFTWARE\OpenSSL`})
	nowhere := row.Evidence(nil, nil)
	switch d {
	case defender.Vulnerabilities, defender.CleanSoftware, defender.NonCVEAdvisories:
		for _, v := range vulnerabilities(d) {
			p := v.Piece()
			b = row.AppendVulnerability(b, &w, &p, &found, seen, firstSeen)
			b = row.AppendVulnerability(b, &l, &p, &nowhere, seen, firstSeen)
		}
	case defender.Software:
		ssl, os := openssl.Piece(row.EndOfSupport{Status: defender.VersionEnding, Date: ends}),
			kernel.Piece(row.EndOfSupport{})
		b = row.AppendSoftware(b, &w, &ssl, &found, 3, firstSeen)
		b = row.AppendSoftware(b, &l, &os, &nowhere, 0, seen)
	case defender.NoProductCode:
		tool := row.SoftwareKey{Vendor: "intel", Name: "intel®_software_installer", Version: "22.20.2.2"}
		p := tool.Piece(row.EndOfSupport{})
		b = row.AppendNoProductCode(b, &w, &p, seen, `HKEY_LOCAL_MACHINE\SOFTWARE\Intel`)
		b = row.AppendNoProductCode(b, &l, &p, firstSeen, "")
	case defender.Configurations:
		telnet := row.Configuration{ID: "scid-10000", Name: "Disable Telnet", Category: defender.CategoryNetwork, Impact: 5}
		root := row.Configuration{ID: "scid-900001", Name: "Forbid root over SSH",
			Category: defender.CategorySecurityControls, Subcategory: "SSH", Impact: 7.5, UserImpact: true}
		t, r := telnet.Piece(), root.Piece()
		b = row.AppendConfiguration(b, &w, &t, seen, true, true)
		b = row.AppendConfiguration(b, &l, &r, firstSeen, false, true)
	}
	return b
}

// vulnerabilities returns one with the least and one with the most content.
func vulnerabilities(d defender.Dataset) []row.Vulnerability {
	little := row.Vulnerability{SoftwareKey: openssl}
	all := row.Vulnerability{
		SoftwareKey: kernel, Score: 7, Scored: true,
		Update: row.Update{Title: "kernel update", ID: "RHSA-2024:9315",
			URL: "https://access.redhat.com/errata/RHSA-2024:9315"},
		UpdateAvailable: true,
		EndOfSupport:    row.EndOfSupport{Status: defender.ProductEnded, Date: ends},
		Exploitability:  defender.ExploitIsVerified, MitigationStatus: "Mitigated",
		BatchTitle: "November updates", BatchURL: "https://example.com/november",
	}
	switch d {
	case defender.Vulnerabilities:
		little.CVE, all.CVE = "CVE-2024-9143", "CVE-2024-50264"
	case defender.NonCVEAdvisories:
		little.CVE, all.CVE = "GHSA-5j5w-g665-5m35", "MAL-2022-7421"
	default:
		all.Scored = false
	}
	return []row.Vulnerability{little, all}
}

// toDelta turns rows of d into rows of its delta, with all statuses in turn.
func toDelta(t *testing.T, d defender.Dataset, rows []byte) []byte {
	t.Helper()
	var out []byte
	statuses := []defender.Status{defender.New, defender.Fixed, defender.Updated}
	for i, scanned := range scanAll(t, row.ShapeOf(d, false), rows) {
		out = row.ShapeOf(d, false).AppendDelta(out, scanned, statuses[i%len(statuses)], happened)
	}
	return out
}

// scanAll scans all rows.
func scanAll(t testing.TB, s *row.Shape, rows []byte) []*row.Row {
	t.Helper()
	var all []*row.Row
	for len(rows) > 0 {
		row := new(row.Row)
		rest, err := s.Scan(row, rows)
		if err != nil {
			t.Fatalf("scanning a %v row: %v", s.Dataset(), err)
		}
		all, rows = append(all, row), rest
	}
	return all
}

// eachShape runs test for every shape, with sample rows of it.
func eachShape(t *testing.T, test func(t *testing.T, s *row.Shape, rows []byte)) {
	for d := range defender.Dataset(defender.DatasetCount) {
		rows := sample(d)
		t.Run(d.String(), func(t *testing.T) { test(t, row.ShapeOf(d, false), rows) })
		t.Run(d.String()+"-delta", func(t *testing.T) { test(t, row.ShapeOf(d, true), toDelta(t, d, rows)) })
	}
}

// The published form of every shape is a golden file. A changed form needs a new Version, and with
// it new files: -update overwrites none.
func TestGolden(t *testing.T) {
	eachShape(t, func(t *testing.T, s *row.Shape, rows []byte) {
		var pages []byte
		for _, row := range scanAll(t, s, rows) {
			pages = append(s.AppendPage(pages, row), '\n')
		}
		name := s.Dataset().String()
		if s.Delta() {
			name += "-delta"
		}
		golden(t, name+".file.jsonl", rows)
		golden(t, name+".page.jsonl", pages)
	})
}

// golden compares got with the golden file of that name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", fmt.Sprintf("v%d", row.Version), name)
	want, err := os.ReadFile(path)
	if os.IsNotExist(err) && *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		want, err = got, os.WriteFile(path, got, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("rows are not any more what Version %d stands for: if they were meant to change, raise it (doc.go) and run -update\n"+
			"%s (-want +got):\n%s", row.Version, path, cmp.Diff(string(want), string(got)))
	}
}
