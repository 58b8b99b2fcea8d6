package web_test

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/web/webtest"
)

// benchDevices is the number of devices of BenchmarkPages, unless MUSTER_BENCH_DEVICES is set; benchGroups is how many
// groups they are in.
const benchDevices, benchGroups = 5_000, 20

// large describes the fleet of benchmarks. It is kept in MUSTER_BENCH_FOLDER, if that is set, and used again.
func large(b testing.TB) *webtest.Large {
	b.Helper()
	l := &webtest.Large{Devices: benchDevices, Groups: benchGroups, Folder: os.Getenv("MUSTER_BENCH_FOLDER")}
	if l.Folder == "" {
		l.Folder = b.TempDir()
	}
	if text := os.Getenv("MUSTER_BENCH_DEVICES"); text != "" {
		var err error
		if l.Devices, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	return l
}

// open starts a server with the fleet, which has its catalog in memory, as after a snapshot, and nothing else.
func open(b testing.TB, l *webtest.Large) *site {
	b.Helper()
	s, err := of(l.Start(b.Context()))
	if err == nil {
		_, err = s.node.Library.Current(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// element matches the beginning of an element.
var element = regexp.MustCompile(`<[a-z]`)

// BenchmarkPages asks a server for its pages as a browser does, over HTTP, as somebody who sees all groups, and as
// somebody who sees two. The time is that of a page that was asked for before. In addition it reports
//
//	first-ms  the first request for the page, when the server has read ahead after its start
//	cpu-ms    what a page takes of all processors, with the browser's part: on a busy machine the better figure
//	kB        the size of the page
//	nodes     its elements
//
// The fleet is the demonstration's, of MUSTER_BENCH_DEVICES (5,000); a hundredth of it has changed since the snapshot
// of the day before. MUSTER_BENCH_FOLDER keeps it for the next time: 100,000 devices take minutes to make.
func BenchmarkPages(b *testing.B) {
	l := large(b)
	s := open(b, l)
	all, few := s.reader(b), s.reader(b, "Group 1", "Group 7")
	paths := benchPages(b, all.on(b, s))
	if err := s.Stop(); err != nil {
		b.Fatal(err)
	}
	for _, who := range []struct {
		name string
		reader
	}{{"all", all}, {"two", few}} {
		for _, path := range paths {
			b.Run(who.name+path, func(b *testing.B) { who.benchmark(b, l, path) })
		}
	}
	b.Logf("%d devices in %d groups", l.Devices, l.Groups)
}

// benchmark asks for a page of a server that was just started.
func (r reader) benchmark(b *testing.B, l *webtest.Large, path string) {
	s := open(b, l)
	defer func() {
		if err := s.Stop(); err != nil {
			b.Error(err)
		}
	}()
	v := r.on(b, s)
	if err := node.ReadAhead(b.Context(), s.Node); err != nil {
		b.Fatal(err)
	}
	if strings.Contains(path, ".csv") {
		benchmarkCSV(b, v, path)
		return
	}
	begun := time.Now()
	text := v.page(path, http.StatusOK)
	first := time.Since(begun)
	used, pages := processorTime(b), 0
	for b.Loop() {
		v.page(path, http.StatusOK)
		pages++
	}
	b.ReportMetric(float64((processorTime(b)-used).Microseconds())/1000/float64(pages), "cpu-ms")
	b.ReportMetric(float64(first.Microseconds())/1000, "first-ms")
	b.ReportMetric(float64(len(text))/1000, "kB")
	b.ReportMetric(float64(len(element.FindAllString(text, -1))), "nodes")
}

// BenchmarkStart starts a server with the fleet, and asks for the overview at once, while it is read ahead. It reports
//
//	overview-ms  how long the overview takes
//	cpu-ms       what reading ahead and the overview take of all processors
//	live-MB      what the collector finds in use then
func BenchmarkStart(b *testing.B) {
	l := large(b)
	s := open(b, l)
	all := s.reader(b)
	if err := s.Stop(); err != nil {
		b.Fatal(err)
	}
	var overview, used time.Duration
	var live, starts int64
	for b.Loop() {
		s := open(b, l)
		v, before, begun := all.on(b, s), processorTime(b), time.Now()
		v.page("/", http.StatusOK)
		overview += time.Since(begun)
		if err := node.ReadAhead(b.Context(), s.Node); err != nil {
			b.Fatal(err)
		}
		used += processorTime(b) - before
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		live, starts = live+int64(memory.HeapAlloc), starts+1
		if err := s.Stop(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(overview.Milliseconds())/float64(starts), "overview-ms")
	b.ReportMetric(float64(used.Milliseconds())/float64(starts), "cpu-ms")
	b.ReportMetric(float64(live/starts)/1e6, "live-MB")
}

// processorTime is what this process has used of all processors.
func processorTime(b testing.TB) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// maxCSV is how much of a CSV is read, in bytes.
const maxCSV = 20 << 20

// benchmarkCSV reads a CSV, or its first part: first-ms is when its first byte is there, MB/cpu-s what a second of a
// processor makes.
func benchmarkCSV(b *testing.B, v *browser, path string) {
	var first time.Duration
	used, bytes := processorTime(b), int64(0)
	for n := 0; b.Loop(); n++ {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, v.Site.URL+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		response, err := v.client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := response.Body.Read(make([]byte, 1)); err != nil || response.StatusCode != http.StatusOK {
			b.Fatal(response.Status, err)
		}
		if n == 0 {
			first = time.Since(begun)
		}
		size, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxCSV))
		if err != nil {
			b.Fatal(err)
		}
		response.Body.Close()
		b.SetBytes(size)
		bytes += size
	}
	b.ReportMetric(float64(bytes)/1e6/(processorTime(b)-used).Seconds(), "MB/cpu-s")
	b.ReportMetric(float64(first.Microseconds())/1000, "first-ms")
}

// reader is a client that can be signed in at every start of a server.
type reader struct{ id, secret string }

// reader adds a client, which reads everything.
func (s *site) reader(b testing.TB, groups ...string) reader {
	b.Helper()
	c, secret := s.ClientWithSecret(b, everything(), groups...)
	return reader{c.ID, secret}
}

// on signs the client in.
func (r reader) on(b testing.TB, s *site) *browser {
	b.Helper()
	return s.browser(b).signIn(s.SessionOf(r.id, r.secret))
}

// benchPages are the pages that are asked for: lists with filters, orders and deep pages, entries, and forms that
// try something on all devices.
func benchPages(b *testing.B, v *browser) []string {
	text := v.page("/devices?q=ws-0001.", http.StatusOK)
	_, rest, _ := strings.Cut(text, `href="/devices/`)
	device, _, ok := strings.Cut(rest, `"`)
	if !ok {
		b.Fatal("the fleet has no device")
	}
	device, _, _ = strings.Cut(device, "?")
	text = v.page("/configuration?sort=-nonCompliantDevices", http.StatusOK)
	_, rest, _ = strings.Cut(text, `href="/configuration/`)
	check, _, ok := strings.Cut(rest, `"`)
	if !ok {
		b.Fatal("the fleet has no check")
	}
	check, _, _ = strings.Cut(check, "?")
	paths := []string{"/", "/vulnerabilities", "/vulnerabilities?severity=critical", "/vulnerabilities?kev=true",
		"/vulnerabilities?q=chrome", "/vulnerabilities?software=google/chrome", "/vulnerabilities?group=Group+3",
		"/vulnerabilities?sort=-devices", "/findings", "/findings?severity=critical", "/findings?kev=true",
		"/findings?q=chrome", "/findings?severity=critical&page=40", "/findings?page=1000", "/findings?page=10000",
		"/findings?sort=deviceId", "/findings?sort=deviceId&page=10000", "/findings?sort=-epssScore", "/findings?group=Group+3",
		"/actions", "/actions?kev=true", "/devices", "/devices?kev=true", "/devices?severity=critical", "/devices?silent=true",
		"/devices?q=ws-1", "/devices?software=google/chrome", "/devices?cve=CVE-2024-9680", "/devices?group=Group+3",
		"/devices?fails=" + check, "/devices?sort=-findings", "/devices?sort=name", "/devices?page=1000", "/devices?tag=pilot",
		"/software", "/software?q=mozilla", "/software?sort=-devices", "/configuration", "/configuration?group=Group+3", "/coverage",
		"/changes", "/changes?status=fixed", "/changes?status=new&severity=critical", "/changes?page=100",
		"/exceptions", "/exceptions/add?cve=CVE-2024-9680", "/vulnerabilities/CVE-2024-9680", "/devices/" + device, "/software/google-_-chrome",
		"/configuration/" + check, "/devices/" + device + "?view=software", "/devices/" + device + "?view=settings", "/devices/" + device + "/why",
		"/search?q=chrome", "/intelligence", "/intelligence/titles", "/notices", "/notices/history", "/exports", "/access",
		"/access/groups", "/access/rules/edit", "/access/rules/add", "/access/devices", "/access/enrollments", "/access/sessions",
		"/audit", "/setup", "/devices.csv", "/vulnerabilities.csv", "/findings.csv", "/findings.csv?sort=deviceId", "/software.csv",
		"/actions.csv", "/changes.csv"}
	return paths
}
