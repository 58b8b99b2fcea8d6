package web_test

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/organization"
)

// benchDevices is the number of devices of BenchmarkPages, unless MUSTER_BENCH_DEVICES is set.
const benchDevices = 5_000

// BenchmarkPages asks a server for its pages as a browser does, over HTTP. first-ms is how long the first request of a
// page took, before anything of it was remembered; kB is the size of the page. The fleet is the demonstration's, and a
// hundredth of it has changed since the snapshot before.
func BenchmarkPages(b *testing.B) {
	s := emptySite(b)
	devices := benchDevices
	if text := os.Getenv("MUSTER_BENCH_DEVICES"); text != "" {
		var err error
		if devices, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	f := fleet.Fleet{Seed: 1, Devices: devices, Begun: time.Now().Add(-time.Hour).UTC(), Interval: time.Minute,
		Changing: 0.01}
	receiveAll := func(all func(yield func(*inventory.Report) bool)) {
		b.Helper()
		_, err := s.node.Receiver.Receive(b.Context(), receive.Sending{Organization: organization.Default,
			Sender: trust.Sender{Role: trust.Manager}}, func(yield func(*inventory.Report, error) bool) {
			for r := range all {
				if !yield(r, nil) {
					return
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Import(b.Context()); err != nil {
		b.Fatal(err)
	}
	receiveAll(f.All(0))
	s.mustPublish(b)
	receiveAll(f.Changed(1))
	s.mustPublish(b)
	v, _ := s.as(b, everything())
	rows := v.rows("/devices.csv?sort=-findings&q=ws-0001.")
	if len(rows) == 0 {
		b.Fatal("the fleet has no device")
	}
	text := v.page("/devices?q=ws-0001.", http.StatusOK)
	_, rest, _ := strings.Cut(text, `href="/devices/`)
	device, _, _ := strings.Cut(rest, `"`)
	for _, path := range []string{"/", "/vulnerabilities", "/vulnerabilities?severity=critical", "/vulnerabilities?q=chrome",
		"/findings", "/findings?severity=critical&page=40", "/actions", "/devices", "/devices?kev=true", "/devices?sort=-findings",
		"/software", "/configuration", "/coverage", "/changes", "/changes?status=fixed", "/exceptions",
		"/vulnerabilities/CVE-2024-9680", "/devices/" + device, "/software/google-_-chrome", "/search?q=chrome"} {
		b.Run(path, func(b *testing.B) {
			begun := time.Now()
			size := len(v.page(path, http.StatusOK))
			first := time.Since(begun)
			for b.Loop() {
				v.page(path, http.StatusOK)
			}
			b.ReportMetric(float64(first.Microseconds())/1000, "first-ms")
			b.ReportMetric(float64(size)/1000, "kB")
		})
	}
	b.Run("devices.csv", func(b *testing.B) {
		for b.Loop() {
			n := len(v.page("/devices.csv", http.StatusOK))
			b.SetBytes(int64(n))
		}
	})
	b.Logf("%d devices", devices)
}
