package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/row"
)

// sink is a client that reads everything at once.
type sink struct {
	header http.Header
	bytes  int64
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Write(p []byte) (int, error) {
	s.bytes += int64(len(p))
	return len(p), nil
}

// ReadFrom reads as a network connection would.
func (s *sink) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(io.Discard, r)
	s.bytes += n
	return n, err
}

// estate publishes devices of 262 findings each, of about 1.1 kB, with different paths.
func estate(l *lab, devices int) {
	l.Helper()
	pieces := make([]row.VulnerabilityPiece, 262)
	for i := range pieces {
		pieces[i] = (&row.Vulnerability{
			SoftwareKey: row.SoftwareKey{Vendor: "vendor", Name: fmt.Sprintf("product_%d", i/8), Version: "12.3.4567.8"},
			CVE:         fmt.Sprintf("CVE-2024-%05d", 10000+i*37), Score: 4 + float64(i%60)/10,
			Scored: true, UpdateAvailable: true,
			Update: row.Update{Title: "March 2026 Security Updates", ID: "5065429",
				URL: "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5065429"},
		}).Piece()
	}
	first, last := row.NewTimestamp(noon.Add(-100*time.Hour)), row.NewTimestamp(noon)
	var s slice
	for i := range devices {
		device := (&row.Device{ID: deviceID(i), Name: fmt.Sprintf("host-%05d.corp.example.com", i), OSPlatform: "Windows11",
			OSVersion: "10.0.22631.4751", OSArchitecture: "x64", GroupName: defender.GroupNone}).Piece()
		var r assess.Rows
		for n := range pieces {
			evidence := row.Evidence([]string{fmt.Sprintf(`C:\Program Files\Vendor\Product %d\%08x\bin\application.exe`, n/8,
				i*n)},
				[]string{fmt.Sprintf(`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{%08X-0000-4000-8000-%012X}`, i, n)})
			r[defender.Vulnerabilities] = row.AppendVulnerability(r[defender.Vulnerabilities], &device,
				&pieces[n], &evidence, last, first)
		}
		s.devices = append(s.devices, rowsOf{id: deviceID(i), full: r})
	}
	l.seal(s)
}

func benchmarkPage(b *testing.B, accepted string) {
	l := newLab(b)
	estate(l, 764) // 200,168 rows
	handler := l.handler()
	r := httptest.NewRequest(http.MethodGet,
		"http://localhost/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=200000", nil)
	r.Header.Set("Accept-Encoding", accepted)
	plain := sink{header: http.Header{}}
	handler.ServeHTTP(&plain, httptest.NewRequest(http.MethodGet, r.URL.String(), nil))
	if plain.bytes < 180<<20 {
		b.Fatalf("a page of %d bytes", plain.bytes)
	}
	b.SetBytes(plain.bytes)
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(&sink{header: http.Header{}}, r)
	}
	b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func (l *lab) handler() http.Handler {
	c := l.config
	c.Registry = nil
	handler, err := api.New(c)
	if err != nil {
		l.Fatal(err)
	}
	return handler
}

// BenchmarkPage makes a page of 200,000 rows; MB/s are of JSON, on one core.
func BenchmarkPage(b *testing.B) { benchmarkPage(b, "identity") }

// BenchmarkPageGzip makes the same page, compressed; MB/s are of JSON.
func BenchmarkPageGzip(b *testing.B) { benchmarkPage(b, "gzip") }

// BenchmarkFirstPage makes a page of five rows: what a call costs besides rows.
func BenchmarkFirstPage(b *testing.B) {
	l := newLab(b)
	estate(l, 100)
	handler := l.handler()
	r := httptest.NewRequest(http.MethodGet,
		"http://localhost/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=5", nil)
	for b.Loop() {
		handler.ServeHTTP(&sink{header: http.Header{}}, r)
	}
}

// BenchmarkFile sends a part over a connection.
func BenchmarkFile(b *testing.B) {
	l := newLab(b)
	estate(l, 764)
	link := l.links(l.call("SoftwareVulnerabilitiesExport")).ExportFiles[0]
	b.SetBytes(int64(len(l.get(link).body)))
	for b.Loop() {
		r, err := http.Get(link)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			b.Fatal(err)
		}
		r.Body.Close()
	}
}

// BenchmarkReport stores a report of about 100 kB durably.
func BenchmarkReport(b *testing.B) {
	l := newLab(b)
	var software []string
	for i := range 500 {
		software = append(software, fmt.Sprintf(
			`{"kind":"windows","vendor":"vendor %d","name":"product %d","version":"1.%d","diskPaths":["C:\\Program Files\\Vendor\\%d\\application.exe"],"registryPaths":["HKEY_LOCAL_MACHINE\\SOFTWARE\\Vendor\\%d"]}`, i, i, i, i, i))
	}
	i := 0
	for b.Loop() {
		i++
		body := fmt.Sprintf(`{"device":{"name":"host-%d.example.com"},"software":[%s]}`, i, strings.Join(software, ","))
		l.accept(body, jsonBody)
	}
}
