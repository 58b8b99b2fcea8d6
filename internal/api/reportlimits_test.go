package api_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
)

const linesBody = "Content-Type: application/x-ndjson"

// lines makes a body of so many reports.
func lines(n int, report func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(report(i) + "\n")
	}
	return b.String()
}

// ofSource makes a report of one source of a device.
func ofSource(device, source, version string) string {
	return fmt.Sprintf(`{"device":{"name":%q},"source":%q,"software":[{"name":"tool","version":%q}]}`, device, source,
		version)
}

// devices counts what is stored.
func (l *lab) storedDevices() int64 {
	l.Helper()
	n, err := l.store.Reports.CountDevices(l.Context(), org)
	if err != nil {
		l.Fatal(err)
	}
	return n
}

// tooLarge sends a body that exceeds a limit, of which no report may be stored, and returns the
// message.
func (l *lab) tooLarge(body string, status int, code string) string {
	l.Helper()
	before := l.storedDevices()
	message := l.refused(l.post(body, linesBody), status, code)
	l.equal("devices stored", l.storedDevices(), before)
	return message
}

// 17.5 kB may be 300,000 reports.
func TestThreeHundredThousandReportsInASmallBody(t *testing.T) {
	l := newLab(t)
	body := pack(t, strings.Repeat(`{"device":{"name":"x"}}`+"\n", 300_000))
	if len(body) > 64<<10 {
		t.Fatalf("%d bytes are not small", len(body))
	}
	message := l.refused(l.post(body, linesBody, "Content-Encoding: gzip"),
		http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
	if !strings.Contains(message, "more than 10000 reports") {
		t.Errorf("message %q does not name the limit", message)
	}
	l.equal("devices", l.storedDevices(), int64(0))
}

func TestManyReportsOfOneDevice(t *testing.T) {
	l := newLab(t)
	t.Run("4,000 sources in a body", func(t *testing.T) {
		message := l.tooLarge(lines(4000, func(i int) string { return ofSource("a", fmt.Sprint("source ", i), "1") }),
			http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		if !strings.Contains(message, "report 257") || !strings.Contains(message, `"a"`) {
			t.Errorf("message %q", message)
		}
	})
	t.Run("100 sources", func(t *testing.T) {
		message := l.tooLarge(lines(100, func(i int) string { return ofSource("a", fmt.Sprint("source ", i), "1") }),
			http.StatusConflict, "Conflict")
		if !strings.Contains(message, "report 65") || !strings.Contains(message, `"source 64"`) {
			t.Errorf("message %q", message)
		}
	})
	t.Run("under names that are the same in the end", func(t *testing.T) {
		l.tooLarge(lines(300, func(i int) string {
			return fmt.Sprintf(`{"device":{"name":"%s%s"}}`, strings.Repeat(" ", i%17),
				[]string{"\u00e9", "e\u0301", "\u00c9"}[i%3])
		}), http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
	})
}

// Reports of one device that come too fast get the time to try again. Refused reports do not
// count, and others are not affected.
func TestReportsOfADeviceAMinute(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Limits = api.Limits{} }) // --limits off
	batch := func(device string, n int) string {
		return lines(n, func(int) string { return ofSource(device, "collect", "1") })
	}
	l.accept(batch("a", 200), linesBody)
	for range 3 {
		r := l.post(batch("b", 10)+batch("a", 100), linesBody)
		message := l.refused(r, http.StatusTooManyRequests, defender.CodeTooManyRequests)
		if r.Header.Get("Retry-After") != "11" ||
			!strings.Contains(message, "has reported too often") { // 44 of 256 a minute
			t.Errorf("Retry-After %q: %s", r.Header.Get("Retry-After"), message)
		}
	}
	l.accept(batch("b", 256), linesBody)
	l.accept(batch("a", 56), linesBody)
	l.refused(l.post(batch("A", 1), linesBody), http.StatusTooManyRequests, defender.CodeTooManyRequests)
	l.advance(time.Minute)
	l.accept(batch("a", 256), linesBody)

	text := string(l.get("/metrics").body)
	for _, want := range []string{`muster_reports_refused_total{limit="device_rate"} 4`, "muster_reports_waiting_calls 0",
		"muster_reports_waiting_slices 0"} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

// The rate of a device's credential is the device's, whatever names its reports have.
func TestRateOfACredentialIsThatOfItsDevice(t *testing.T) {
	device := strings.Repeat("ab", 20)
	l := newLab(t, func(c *api.Config) {
		c.Trusted = &auth.Caller{Organization: org, ID: "device", Device: device,
			Permissions: []auth.Permission{auth.WriteOwnReports}}
	})
	l.tooLarge(lines(300, func(i int) string { return ofSource(fmt.Sprint("name ", i), "collect", "1") }),
		http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
}

// The largest honest senders are below all limits.
func TestHonestSendersAreBelowTheLimits(t *testing.T) {
	l := newLab(t)
	t.Run("a collector of 5,000 devices, with two sources each", func(t *testing.T) {
		sources, times := 2, 2 // it reports again at once
		if testing.Short() {
			sources, times = 1, 1
		}
		for range times {
			n := 5000 * sources
			a := l.accept(pack(t, lines(n, func(i int) string {
				return ofSource(fmt.Sprint("host-", i/sources), fmt.Sprint("source-", i%sources), "1")
			})),
				linesBody, "Content-Encoding: gzip")
			l.equal("accepted", a.Accepted, n)
		}
		l.equal("devices", l.storedDevices(), int64(5000))
	})
	t.Run("a build host with 40 SBOMs", func(t *testing.T) {
		sbom := func(i int) string { return ofSource("build", fmt.Sprint("sbom-", i), "1") }
		l.equal("accepted", l.accept(lines(40, sbom), linesBody).Accepted, 40)
		for i := range 2 * 40 { // and once more each, and again after a failure
			l.accept(sbom(i%40), jsonBody)
		}
	})
	t.Run("a developer's machine with 20,000 packages", func(t *testing.T) {
		var software []string
		for i := range 20_000 {
			software = append(software, fmt.Sprintf(`{"kind":"npm","name":"package-%d","version":"1.%d.0"}`, i, i%50))
		}
		l.accept(`{"device":{"name":"developer"},"software":[`+strings.Join(software, ",")+`]}`, jsonBody)
	})
	t.Run("a proxy for many devices", func(t *testing.T) {
		for i := range 600 {
			l.accept(ofSource("behind-"+strconv.Itoa(i), "collect", "1"), jsonBody)
		}
	})
}

// Stalled bodies hold no turn of decoding, however many there are.
func TestStalledBodiesHoldNoTurn(t *testing.T) {
	l := newLab(t)
	var pipes []*io.PipeWriter
	stalled := 3 * (runtime.GOMAXPROCS(0) + 1)
	done := make(chan reply, stalled)
	for i := range stalled {
		reader, writer := io.Pipe()
		pipes = append(pipes, writer)
		go func() { done <- l.do(http.MethodPost, "/v1/reports", reader, linesBody) }()
		if _, err := io.WriteString(writer, report(fmt.Sprint("stalled-", i), "1")+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range stalled {
		l.accept(report(fmt.Sprint("host-", i), "1"), jsonBody)
	}
	for _, p := range pipes {
		p.Close()
	}
	for range stalled {
		var a accepted
		l.decode(<-done, http.StatusAccepted, &a)
	}
	l.equal("devices", l.storedDevices(), int64(2*stalled))
}

// While the server stops, reports that are not stored are refused, and the reply says so.
func TestReportsWhileTheServerStops(t *testing.T) {
	l := newLab(t)
	l.store.Reports.StopReceiving()
	r := l.post(report("x.example.com", "1"), jsonBody)
	l.refused(r, http.StatusServiceUnavailable, defender.CodeServiceUnavailable)
	if r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if !strings.Contains(string(l.get("/metrics").body), `muster_reports_refused_total{limit="stop"} 1`) {
		t.Error("it is not counted")
	}
}
