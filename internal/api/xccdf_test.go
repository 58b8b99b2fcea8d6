package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
)

// xccdf is a test result in XCCDF of a device, by the results of its rules.
func xccdf(target string, results ...string) string {
	text := `<?xml version="1.0"?><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_org.example_benchmark_X-1">` +
		`<Group id="g"><title>SSH Server</title><Rule id="rule_0"><title>The first rule</title><description>Do it.</description></Rule></Group>` +
		`<TestResult id="t" end-time="2026-11-23T11:00:00Z"><target>` + target + `</target><platform idref="cpe:/o:debian:debian_linux:11"/>`
	for i, result := range results {
		text += fmt.Sprintf(`<rule-result idref="rule_%d" severity="high"><result>%s</result></rule-result>`, i, result)
	}
	return text + `</TestResult></Benchmark>`
}

// Results of OpenSCAP become configurations beside those that the device has, and change nothing else of it.
func TestResultsOfOpenSCAP(t *testing.T) {
	l := newLab(t)
	known := l.accept(report("one.example.com", "1.0"), jsonBody).Reports[0].DeviceID
	type taken struct {
		DeviceID   string
		NotCounted []string
		Results    map[string]int
	}
	send := func(path, body string, headers ...string) (one taken) {
		t.Helper()
		var a struct{ Reports []taken }
		l.decode(l.do(http.MethodPost, path, strings.NewReader(body), headers...), http.StatusAccepted, &a)
		if len(a.Reports) != 1 {
			t.Fatalf("%+v", a)
		}
		return a.Reports[0]
	}
	const typed = "Content-Type: application/xml"
	first := send("/v1/reports", xccdf("one.example.com", "pass", "fail", "notapplicable", "notchecked", "notselected"), typed)
	l.equal("reply", first, taken{DeviceID: known, Results: map[string]int{"pass": 1, "fail": 1, "notapplicable": 1, "notchecked": 1,
		"notselected": 1}})
	packed := pack(t, xccdf("other", "fail", "pass"))
	second := send("/v1/reports?deviceName=ONE.example.com", packed, "Content-Type: text/xml; charset=utf-8", "Content-Encoding: gzip")
	l.equal("device by name", second.DeviceID, known)
	made := send("/v1/reports", xccdf("new.example.com", "fail"), typed)
	l.decode(l.do(http.MethodPost, "/v1/generations?wait=true", nil), 200, &struct{}{})

	rows, _ := l.pull(l.server.URL + "/api/machines/SecureConfigurationsAssessmentByMachine")
	var got []string
	for _, row := range rows {
		for _, id := range []string{"rule_0", "rule_1", "rule_2", "rule_3", "xccdf_1"} {
			if strings.Contains(row, `"configurationId":"`+id+`"`) && strings.Contains(row, known) {
				got = append(got, fmt.Sprint(id, strings.Contains(row, `"isCompliant":true`), strings.Contains(row, `"The first rule"`),
					strings.Contains(row, `"configurationSubcategory":"SSH Server"`), strings.Contains(row, `"configurationImpact":9`)))
			}
		}
	}
	l.equal("rows: those of the newer results, and those of another source", got, []string{"rule_0false" + " true true true",
		"rule_1true" + " false false true", "xccdf_1true" + " false false false"})
	var device struct {
		Name, OSVersion string
		Sources         []struct{ Name string }
		Report          struct {
			Software       []any
			Configurations []struct{ ConfigurationID, Remediation string }
		}
	}
	l.decode(l.get("/v1/devices/"+known), 200, &device)
	if device.OSVersion != "debian_linux_12" || len(device.Report.Software) != 1 || len(device.Sources) != 2 ||
		device.Report.Configurations[0].Remediation != "Do it." {
		t.Errorf("the device is %+v", device)
	}
	l.decode(l.get("/v1/devices/"+made.DeviceID), 200, &device)
	l.equal("the version of a device of which nothing else is known", device.OSVersion, "debian_linux_11")

	// A document is read as it comes: it may be larger than any report, and than the memory of its sender.
	item := "<x>" + strings.Repeat("line of a file ", 60_000) + "</x>"
	large := strings.Replace(xccdf("one.example.com", "fail", "pass"), "<Group", strings.Repeat(item, 40)+"<Group", 1)
	l.equal("a large document", send("/v1/reports", pack(t, large), typed, "Content-Encoding: gzip").Results["fail"], 1)

	for body, want := range map[string]string{
		`<!DOCTYPE B [<!ENTITY a "b">]>` + xccdf("a", "pass"): "document type",
		`<bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>`:  `the element "bom"`,
		xccdf("a", "perhaps"):                                 "TestResult.rule-result.result",
		xccdf("a", "pass")[:300]:                              "unexpected EOF",
	} {
		if message := l.refused(l.post(body, typed), 400, defender.CodeInvalidInput); !strings.Contains(message, want) {
			t.Errorf("%q, want %q", message, want)
		}
	}
	l.refused(l.post(xccdf("localhost", "pass"), typed), 400, control.CodeDeviceNeeded)
	flood := strings.Replace(xccdf("a", "pass"), `<Group id="g"`, `<Group `+strings.Repeat(`a="b" `, 100), 1)
	l.refused(l.post(flood, typed), http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
}
