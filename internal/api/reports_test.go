package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/control"
)

// accepted is the reply to reports.
type accepted struct {
	Accepted int
	Reports  []acceptedReport
}

type acceptedReport struct {
	ID, DeviceID string
	NotCounted   []string
}

const jsonBody = "Content-Type: application/json"

// report is a report of a device with one release.
func report(name, version string) string {
	return fmt.Sprintf(`{"device":{"name":%q,"osPlatform":"Linux","osVersion":"debian_linux_12"},"time":"2026-11-23T10:00:00Z","source":"collect",`+
		`"software":[{"kind":"generic","vendor":"acme","name":"tool","version":%q}],"configurations":[{"configurationId":"xccdf_1","compliant":true}]}`, name, version)
}

func (l *lab) post(body string, headers ...string) reply {
	l.Helper()
	return l.do(http.MethodPost, "/v1/reports", strings.NewReader(body), headers...)
}

// accept sends reports that must be accepted.
func (l *lab) accept(body string, headers ...string) accepted {
	l.Helper()
	var a accepted
	l.decode(l.post(body, headers...), http.StatusAccepted, &a)
	if a.Accepted != len(a.Reports) {
		l.Errorf("accepted %d, reports %+v", a.Accepted, a.Reports)
	}
	return a
}

func pack(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReports(t *testing.T) {
	l := newLab(t)
	t.Run("a report", func(t *testing.T) {
		a := l.accept(report("one.example.com", "1.0"), "Content-Type: Application/JSON; charset=utf-8")
		var r map[string]any
		l.decode(l.get("/v1/reports/"+a.Reports[0].ID), 200, &r)
		l.equal("receipt", r, map[string]any{"id": a.Reports[0].ID, "deviceId": a.Reports[0].DeviceID, "source": "collect",
			"receivedTime": "2026-11-23T12:00:00Z", "changed": true, "snapshot": nil})
		again := l.accept(report("one.example.com", "1.0"), jsonBody)
		l.decode(l.get("/v1/reports/"+again.Reports[0].ID), 200, &r)
		l.equal("replay is harmless", []any{r["changed"], r["deviceId"]}, []any{false, a.Reports[0].DeviceID})
	})
	t.Run("a batch, compressed", func(t *testing.T) {
		body := report("two.example.com", "1.0") + "\n\n" + report("three.example.com", "1.0") + "\n"
		for _, coding := range []string{"gzip", "x-gzip"} {
			a := l.accept(pack(t, body), "Content-Type: application/x-ndjson", "Content-Encoding: "+coding)
			l.equal("accepted", a.Accepted, 2)
		}
		l.equal("as it is", l.accept(body, "Content-Type: application/x-ndjson", "Content-Encoding: identity").Accepted, 2)
	})
	t.Run("documents that do not name their device", func(t *testing.T) {
		const cyclonedx = `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"tool","version":"1","purl":"pkg:generic/tool@1"}]}`
		const xml = `<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component type="library"><name>tool</name><version>1</version></component></components></bom>`
		const spdx = `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"x","dataLicense":"CC0-1.0","documentNamespace":"https://x.example/1","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: x"]},` +
			`"packages":[{"name":"tool","SPDXID":"SPDXRef-1","versionInfo":"1","downloadLocation":"NOASSERTION"}]}`
		id := strings.Repeat("ab", 20)
		for mediaType, body := range map[string]string{"application/vnd.cyclonedx+json": cyclonedx,
			"application/vnd.cyclonedx+xml": xml, "application/spdx+json": spdx} {
			message := l.refused(l.post(body, "Content-Type: "+mediaType), 400, control.CodeDeviceNeeded)
			if !strings.Contains(message, "deviceName") {
				t.Errorf("%s: message %q does not name the parameter", mediaType, message)
			}
			r := l.do(http.MethodPost, "/v1/reports?deviceName=sbom.example.com&deviceId="+
				id+"&osPlatform=Linux&osArchitecture=x64", strings.NewReader(body), "Content-Type: "+mediaType)
			var a accepted
			l.decode(r, http.StatusAccepted, &a)
			l.equal("device", a.Reports[0].DeviceID, id)
		}
	})
}

func TestRefusedReports(t *testing.T) {
	l := newLab(t)
	const lines = "Content-Type: application/x-ndjson"
	t.Run("400 naming field and line; whole or not at all", func(t *testing.T) {
		for body, says := range map[string]string{
			`{"device":{"name":"x.example.com"},"software":[{"name":7}]}`: "software[0].name",
			`{"software":[]}`: "device.name",
			`{"device":`:      "byte 10",
			``:                "byte 0",
		} {
			if message := l.refused(l.post(body, jsonBody), 400, defender.CodeInvalidInput); !strings.Contains(message, says) {
				t.Errorf("%s: message %q does not name %s", body, message, says)
			}
		}
		message := l.refused(l.post(report("a.example.com", "1")+"\n"+`{"device":{"name":"b.example.com","id":"xyz"}}`,
			lines), 400, defender.CodeInvalidInput)
		if !strings.Contains(message, "line 2: device.id") {
			t.Errorf("message %q", message)
		}
		l.refused(l.post("\n\n", lines), 400, defender.CodeInvalidInput)
		var all struct{ Devices []any }
		l.decode(l.get("/v1/devices"), 200, &all)
		l.equal("devices", len(all.Devices), 0)
	})
	t.Run("413", func(t *testing.T) {
		huge := `{"device":{"name":"x.example.com"},"x":"` + strings.Repeat("a", 16<<20) + `"}`
		l.refused(l.post(huge, jsonBody), http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		l.refused(l.post(pack(t, huge), lines, "Content-Encoding: gzip"),
			http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
	})
	t.Run("a zip bomb is cut", func(t *testing.T) {
		small := newLab(t, func(c *api.Config) { c.MaxBody = 1 << 20 })
		bomb := pack(t, blank(1<<20)+" ")
		small.refused(small.post(bomb, lines, "Content-Encoding: gzip"),
			http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		small.refused(small.post(blank(1<<20)+" ", lines), http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		small.refused(small.post(blank(1<<20), lines), 400, defender.CodeInvalidInput)
	})
	t.Run("415", func(t *testing.T) {
		for _, header := range []string{"Content-Type: text/plain", "Content-Type: ",
			"Content-Type: application/x-www-form-urlencoded", "Content-Type: ;;"} {
			if message := l.refused(l.post("{}", header), http.StatusUnsupportedMediaType,
				"UnsupportedMediaType"); !strings.Contains(message, "application/spdx+json") {
				t.Errorf("message %q does not say what is taken", message)
			}
		}
		l.refused(l.post("{}", jsonBody, "Content-Encoding: br"), http.StatusUnsupportedMediaType, "UnsupportedMediaType")
	})
	t.Run("damaged compression", func(t *testing.T) {
		packed := pack(t, report("x.example.com", "1"))
		for _, body := range []string{"", "no gzip", packed[:len(packed)-3], packed[:20],
			packed[:len(packed)-8] + "12345678"} {
			l.refused(l.post(body, jsonBody, "Content-Encoding: gzip"), 400, defender.CodeInvalidInput)
		}
	})
	if strings.Contains(l.log.String(), "request failed") {
		t.Errorf("a sender's mistakes are logged as ours: %s", l.log)
	}
}

// blank makes a number of bytes of empty lines.
func blank(size int) string {
	line := strings.Repeat(" ", 64<<10-1) + "\n"
	return strings.Repeat(line, size/len(line))
}

// until waits for what the server does by itself after a request.
func (l *lab) until(what string, done func() bool) {
	l.Helper()
	for range 1000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	l.Fatalf("waited for nothing: %s", what)
}

// TestEndToEnd sends reports and reads them back through every call.
func TestEndToEnd(t *testing.T) {
	l := newLab(t)
	first := l.accept(report("one.example.com", "1.0")+"\n"+report("two.example.com", "1.0"),
		"Content-Type: application/x-ndjson")
	type generation struct {
		Number                   int64
		State, Failure           string
		BegunTime, GeneratedTime time.Time
		Totals                   struct {
			Devices int
			Rows    map[string]int
		}
	}
	publish := func() (g generation) {
		t.Helper()
		l.decode(l.do(http.MethodPost, "/v1/generations?wait=true", strings.NewReader("any"), "Content-Type: text/plain"),
			200, &g)
		return g
	}
	g := publish()
	if g.Number != 1 || g.State != "sealed" || g.Totals.Devices != 2 || g.Totals.Rows["no-product-code"] < 2 ||
		!g.GeneratedTime.After(g.BegunTime.Add(-time.Second)) {
		t.Errorf("generation %+v", g)
	}
	var receipt struct{ Snapshot int64 }
	l.decode(l.get("/v1/reports/"+first.Reports[1].ID), 200, &receipt)
	l.equal("snapshot of the report", receipt.Snapshot, g.Number)
	rows, _ := l.pull(l.server.URL + "/api/machines/SoftwareInventoryNoProductCodeByMachine?pageSize=1")
	l.equal("rows", len(rows), g.Totals.Rows["no-product-code"])
	configurations, _ := l.pull(l.server.URL + "/api/machines/SecureConfigurationsAssessmentByMachine?pageSize=1")
	l.equal("configurations", len(configurations), g.Totals.Rows["configurations"])
	if len(configurations) < 2 || !strings.Contains(configurations[0]+configurations[len(configurations)-1],
		`"xccdf_1"`) {
		t.Errorf("configurations %s", configurations)
	}
	t.Run("200 with a generation begun after the call, also when nothing had changed", func(t *testing.T) {
		if next := publish(); next.Number != 2 || next.Totals.Devices != 2 {
			t.Errorf("generation %+v", next)
		}
	})
	t.Run("202", func(t *testing.T) {
		r := l.do(http.MethodPost, "/v1/generations", strings.NewReader(`{"a":1`), jsonBody)
		l.equal("reply", fmt.Sprint(r.StatusCode, " ", string(r.body)), `202 {"status":"accepted"}`+"\n")
		l.refused(l.do(http.MethodPost, "/v1/generations?wait=perhaps", nil), 400, defender.CodeInvalidInput)
	})
	t.Run("generations", func(t *testing.T) {
		publish()
		var all struct{ Generations []generation }
		l.decode(l.get("/v1/generations?limit=2"), 200, &all)
		l.equal("listed", len(all.Generations), 2)
		var one generation
		l.decode(l.get("/v1/generations/1"), 200, &one)
		l.equal("the first", one, g)
		l.refused(l.get("/v1/generations?limit=0"), 400, defender.CodeInvalidInput)
		l.refused(l.get("/v1/generations/99"), 404, defender.CodeResourceNotFound)
	})
	t.Run("devices", func(t *testing.T) { l.devices(first) })
	t.Run("verify", func(t *testing.T) {
		var v struct {
			Files    int
			Problems []string
		}
		l.decode(l.do(http.MethodPost, "/v1/verify", nil), 200, &v)
		if v.Files == 0 || len(v.Problems) != 0 {
			t.Errorf("%+v", v)
		}
	})
}

// devices checks the calls about the two devices of TestEndToEnd.
func (l *lab) devices(sent accepted) {
	type device struct {
		ID, Name, OSPlatform string
		Hidden               bool
	}
	var ids []string
	next := ""
	for {
		var list struct {
			Devices []device
			Next    string
		}
		l.decode(l.get("/v1/devices?limit=1&after="+next), 200, &list)
		for _, d := range list.Devices {
			ids = append(ids, d.ID)
		}
		if next = list.Next; next == "" {
			break
		}
	}
	l.equal("devices", len(ids), 2)
	var named struct{ Devices []device }
	l.decode(l.get("/v1/devices?name=TWO."), 200, &named)
	l.equal("by name", named.Devices, []device{{ID: sent.Reports[1].DeviceID,
		Name: "two.example.com", OSPlatform: "Linux"}})
	var one struct {
		device
		Sources []struct {
			Name     string
			Sections []string
		}
		Report struct{ Software []map[string]any }
	}
	l.decode(l.get("/v1/devices/"+sent.Reports[0].DeviceID), 200, &one)
	if one.Name != "one.example.com" || len(one.Sources) != 1 || len(one.Sources[0].Sections) != 2 ||
		len(one.Report.Software) != 1 {
		l.Errorf("device %+v", one)
	}
	gone := "/v1/devices/" + sent.Reports[0].DeviceID
	if r := l.do(http.MethodDelete, gone, nil); r.StatusCode != http.StatusNoContent || len(r.body) != 0 {
		l.Errorf("removing: %d %s", r.StatusCode, r.body)
	}
	l.refused(l.get(gone), 404, defender.CodeResourceNotFound)
	l.refused(l.do(http.MethodDelete, gone, nil), 404, defender.CodeResourceNotFound)
	l.refused(l.get("/v1/devices?limit=x"), 400, defender.CodeInvalidInput)
	if !json.Valid(l.get("/v1/devices").body) {
		l.Error("devices is no JSON")
	}
}
