package row_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// fleet has the pieces of rows of about 1.4 kB: a few devices, their distinct paths, and shared
// vulnerabilities.
type fleet struct {
	devices  []row.DevicePiece
	evidence []row.EvidencePiece
	findings []row.VulnerabilityPiece
}

func newFleet() fleet {
	var f fleet
	for i := range 16 {
		d := windows
		d.ID, d.Name = fmt.Sprintf("%040x", i*7919), fmt.Sprintf("laptop-%04d.corp.example.com", i)
		f.devices = append(f.devices, d.Piece())
		f.evidence = append(f.evidence, row.Evidence(
			[]string{fmt.Sprintf(`C:\Users\user%04d\AppData\Local\Programs\Google\Chrome\Application\chrome.exe`, i)},
			[]string{fmt.Sprintf(`HKEY_USERS\S-1-5-21-2944539346-1310925172-2349113062-%d\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Google Chrome`, i)}))
	}
	for i := range 256 {
		v := row.Vulnerability{
			SoftwareKey: row.SoftwareKey{Vendor: "google", Name: "chrome", Version: "81.0.4044.138"},
			CVE:         fmt.Sprintf("CVE-2023-%d", 3000+i), Score: 8.8, Scored: true,
			Update: row.Update{Title: "Update to version 114.0.5735.110", ID: "114.0.5735.110",
				URL: "https://chromereleases.googleblog.com/2023/06/stable-channel-update-for-desktop.html"},
			UpdateAvailable: true, EndOfSupport: row.EndOfSupport{Status: defender.VersionEnded, Date: ends},
			Exploitability: defender.ExploitIsVerified, BatchTitle: "Google June 2023 Vulnerabilities",
		}
		v.BatchURL = "https://nvd.nist.gov/vuln/detail/" + v.CVE
		f.findings = append(f.findings, v.Piece())
	}
	return f
}

// appendDevice appends all rows of one device.
func (f *fleet) appendDevice(dst []byte, i int) []byte {
	i %= len(f.devices)
	for j := range f.findings {
		dst = row.AppendVulnerability(dst, &f.devices[i], &f.findings[j], &f.evidence[i], seen, firstSeen)
	}
	return dst
}

// report reports rows per second from rows per operation.
func report(b *testing.B, rows int) {
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkAppendVulnerability(b *testing.B) {
	f := newFleet()
	buf := f.appendDevice(nil, 0)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		buf = f.appendDevice(buf[:0], i)
	}
	report(b, len(f.findings))
}

func BenchmarkScan(b *testing.B) {
	benchmarkRows(b, func(s *row.Shape, dst []byte, row *row.Row) []byte { return dst })
}

// Megabytes are those of the page's JSON.
func BenchmarkScanAndPage(b *testing.B) {
	benchmarkRows(b, (*row.Shape).AppendPage)
}

func BenchmarkScanAndDelta(b *testing.B) {
	benchmarkRows(b, func(s *row.Shape, dst []byte, row *row.Row) []byte {
		return s.AppendDelta(dst, row, defender.Updated, happened)
	})
}

// benchmarkRows scans a device's rows and calls do for each. Megabytes are those of the output, or
// of the input if there is none.
func benchmarkRows(b *testing.B, do func(s *row.Shape, dst []byte, row *row.Row) []byte) {
	f := newFleet()
	in := f.appendDevice(nil, 3)
	s := row.ShapeOf(defender.Vulnerabilities, false)
	var row row.Row
	pass := func(dst []byte) []byte {
		for rest := in; len(rest) > 0; {
			var err error
			if rest, err = s.Scan(&row, rest); err != nil {
				b.Fatal(err)
			}
			dst = do(s, dst, &row)
		}
		return dst
	}
	out := pass(nil)
	b.SetBytes(int64(max(len(out), len(in)*(1-min(len(out), 1)))))
	b.ReportAllocs()
	for b.Loop() {
		out = pass(out[:0])
	}
	report(b, len(f.findings))
}

func BenchmarkEvidence(b *testing.B) {
	disk := []string{`C:\Users\user0001\AppData\Local\Programs\Google\Chrome\Application\chrome.exe`}
	b.ReportAllocs()
	for b.Loop() {
		row.Evidence(disk, nil)
	}
}

func BenchmarkNewTimestamp(b *testing.B) {
	now := time.Date(2025, 9, 17, 14, 52, 23, 847_698_000, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		row.NewTimestamp(now)
	}
}
