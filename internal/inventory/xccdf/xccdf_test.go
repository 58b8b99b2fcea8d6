package xccdf_test

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/xccdf"
	"github.com/muster-project/muster/internal/testneed"
)

// The parts of documents as OpenSCAP writes them, with rules of our own.
const (
	content = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_org.example_benchmark_DEBIAN-12">
  <title>All</title>
  <Group id="g_services"><title>Services</title>
    <Group id="g_ssh"><title lang="de">Fernzugang</title><title xml:lang="en-US">SSH Server</title>
      <Rule id="rule_root" severity="high" weight="1.0">
        <title>Disable <html:code xmlns:html="http://www.w3.org/1999/xhtml">root</html:code>
          login</title>
        <description>Set it:<html:pre xmlns:html="http://www.w3.org/1999/xhtml">
PermitRootLogin  no
# at once</html:pre>Tries: <sub idref="x_value_tries"/>, <sub idref="x_value_other"/>.</description>
        <reference href="https://www.isaca.org/resources/cobit">DSS05</reference>
        <reference href="https://www.cisecurity.org/benchmark/debian_linux/">5.1.20</reference>
        <reference href="https://www.cisecurity.org/benchmark/debian_linux/">5.1.20</reference>
        <fix system="urn:xccdf:fix:script:sh">sed -i</fix>
        <ident system="https://ncp.nist.gov/cce">CCE-1-1</ident>
      </Rule>
    </Group>
    <Rule id="rule_telnet" severity="low"><title>No telnet</title><description>Long words.</description>
      <fixtext>Remove it:<br/>apt purge telnetd</fixtext></Rule>
  </Group>
  <Group id="g_audit"><title>Record events</title><Rule id="rule_audit"><title>Audit</title></Rule></Group>
  <Rule id="rule_bare"/>
`
	results = `<TestResult xmlns="http://checklists.nist.gov/xccdf/1.2" id="t" end-time="2026-11-23T19:05:49+00:00">
    <benchmark href="d.xml" id="xccdf_org.example_benchmark_DEBIAN-12"/>
    <target>web1</target>
    <target-address>127.0.0.1</target-address><target-address>192.0.2.2</target-address><target-address>0:0:0:0:0:0:0:1</target-address>
    <target-address>fe80::1</target-address><target-address>2001:db8:0:0:0:0:0:2</target-address><target-address>eth0</target-address>
    <target-facts>
      <fact name="urn:xccdf:fact:scanner:name" type="string">OpenSCAP</fact>
      <fact name="urn:xccdf:fact:scanner:version" type="string">1.3.7</fact>
      <fact name="urn:xccdf:fact:asset:identifier:fqdn" type="string">WEB1.example.com</fact>
    </target-facts>
    <platform idref="cpe:/o:debian:debian_linux:12"/>
    <set-value idref="x_value_tries">4</set-value>
    <rule-result idref="rule_root" severity="high" weight="1.000000"><result>fail</result></rule-result>
    <rule-result idref="rule_telnet" severity="low"><result>fixed</result></rule-result>
    <rule-result idref="rule_audit" weight="2"><result>notapplicable</result><check><result>fail</result></check></rule-result>
    <rule-result idref="rule_bare" severity="medium"><result>pass</result></rule-result>
    <rule-result idref="rule_bare" severity="medium"><result> error </result></rule-result>
    <rule-result idref="rule_else" severity="unknown" weight="0"><result>pass</result></rule-result>
    <rule-result idref="rule_not"><result>notselected</result></rule-result>
    <rule-result idref="rule_told"><result>informational</result></rule-result>
    <score>10</score>
  </TestResult>`
	whole = `<?xml version="1.0" encoding="UTF-8"?>` + content + results + `</Benchmark>`
	arf   = `<arf:asset-report-collection xmlns:arf="http://scap.nist.gov/schema/asset-reporting-format/1.1" xmlns:core="http://scap.nist.gov/schema/reporting-core/1.1" xmlns:ai="http://scap.nist.gov/schema/asset-identification/1.1">
  <core:relationships xmlns:v="http://scap.nist.gov/specifications/arf/vocabulary/relationships/1.0#">
    <core:relationship type="v:createdFor" subject="r1"><core:ref>c1</core:ref></core:relationship>
    <core:relationship type="v:isAbout" subject="r1"><core:ref>asset0</core:ref></core:relationship>
  </core:relationships>
  <arf:report-requests><arf:report-request id="c1"><arf:content>
    <ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2"><ds:component id="x">` + content + `</Benchmark></ds:component>
    <ds:component id="o"><oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><result>fail</result></oval_definitions></ds:component>
    </ds:data-stream-collection></arf:content></arf:report-request></arf:report-requests>
  <arf:assets><arf:asset id="asset0"><ai:computing-device><ai:cpe>cpe:/o:debian:debian_linux:12</ai:cpe>
    <ai:connections><ai:connection><ai:ip-address><ai:ip-v4>192.0.2.9</ai:ip-v4></ai:ip-address></ai:connection></ai:connections>
    <ai:fqdn>web1.example.com</ai:fqdn><ai:hostname>web1</ai:hostname></ai:computing-device></arf:asset></arf:assets>
  <arf:reports><arf:report id="r1"><arf:content>` + results + `</arf:content></arf:report>
    <arf:report id="o1"><arf:content><oval_results xmlns="http://oval.mitre.org/XMLSchema/oval-results-5"/></arf:content></arf:report></arf:reports>
</arf:asset-report-collection>`
)

// decode decodes a document that is understood.
func decode(t testing.TB, text string, given inventory.Given) []xccdf.Outcome {
	t.Helper()
	all, err := xccdf.Decode(strings.NewReader(text), given, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if err := one.Report.Normalize(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// A test result in its benchmark, in ARF, and in other forms, is the same results.
func TestResults(t *testing.T) {
	want := &inventory.Report{
		Device: inventory.Device{Name: "WEB1.example.com", OSPlatform: "Linux", OSVersion: "debian_linux_12", Supposed: true},
		Time:   time.Date(2026, 11, 23, 19, 5, 49, 0, time.UTC), Source: "xccdf/org.example/DEBIAN",
		Collector: inventory.Collector{Name: "OpenSCAP", Version: "1.3.7"},
		Addresses: []inventory.Address{{IP: "192.0.2.2"}, {IP: "2001:db8::2"}},
		Configurations: []inventory.Configuration{
			{ConfigurationID: "rule_audit", Name: "Audit", Category: "Security controls", Subcategory: "Record events", Impact: 10},
			{ConfigurationID: "rule_else", Impact: 1, Applicable: true, Compliant: true},
			{ConfigurationID: "rule_root", Name: "Disable root login", Category: "Application", Subcategory: "SSH Server",
				Impact: 9, Applicable: true, Remediation: "Set it:\nPermitRootLogin  no\n# at once\nTries: 4, other.",
				References: []string{"CCE-1-1", "CIS 5.1.20", "COBIT DSS05"}},
			{ConfigurationID: "rule_telnet", Name: "No telnet", Category: "Application", Subcategory: "Services", Impact: 3,
				Applicable: true, Compliant: true, Remediation: "Remove it:\napt purge telnetd"},
		},
	}
	counts := map[string]int{"fail": 1, "fixed": 1, "notapplicable": 1, "pass": 2, "error": 1, "notselected": 1, "informational": 1}
	old := strings.ReplaceAll(strings.ReplaceAll(whole, "xccdf/1.2", "xccdf/1.1"), `xmlns="http://c`, `xmlns:cdf="http://c`)
	for _, name := range []string{"Benchmark", "TestResult", "Group", "Rule", "title", "description", "reference", "fixtext", "ident", "benchmark",
		"target", "target-facts", "target-address", "fact", "platform", "set-value", "rule-result", "result", "sub"} {
		for _, end := range []string{" ", ">", "/"} {
			old = strings.ReplaceAll(strings.ReplaceAll(old, "<"+name+end, "<cdf:"+name+end), "</"+name+end, "</cdf:"+name+end)
		}
	}
	for name, text := range map[string]string{"XCCDF": whole, "ARF": arf, "XCCDF 1.1, prefixed": old,
		"Latin 1":            strings.Replace(whole, "UTF-8", "ISO-8859-1", 1),
		"a mark and a space": "\ufeff \n" + strings.TrimPrefix(whole, `<?xml version="1.0" encoding="UTF-8"?>`),
		"results before content": `<a:asset-report-collection xmlns:a="http://scap.nist.gov/schema/asset-reporting-format/1.1"><a:reports><a:report><a:content>` +
			results + `</a:content></a:report></a:reports><a:content>` + content + `</Benchmark></a:content></a:asset-report-collection>`} {
		all := decode(t, text, inventory.Given{})
		if len(all) != 1 {
			t.Errorf("%s: %d reports", name, len(all))
			continue
		}
		if diff := cmp.Diff(want, all[0].Report); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if !maps.Equal(all[0].Results, counts) {
			t.Errorf("%s: %v", name, all[0].Results)
		}
	}
	bare := decode(t, results, inventory.Given{Name: "other", OSPlatform: "linux"})[0].Report // a test result alone
	if d := bare.Device; d.Name != "other" || d.Supposed || d.OSPlatform != "Linux" || d.OSVersion != "" {
		t.Errorf("given: %+v", d)
	}
	if c := bare.Configurations; len(c) != 4 || c[2].ConfigurationID != "rule_root" || c[2].Name != "" || c[2].Impact != 9 {
		t.Errorf("alone: %+v", c)
	}
	if bare.Software != nil || bare.Facts != nil || bare.Hotfixes != nil {
		t.Errorf("%+v: results clear other sections", bare)
	}
}

// What a document calls a device, and which machine that is.
func TestNames(t *testing.T) {
	for _, test := range []struct{ target, fqdn, host, want string }{
		{"web1", "web1.example.com", "web1", "web1.example.com"},
		{"web1.example.com", "web1", "web1", "web1.example.com"},
		{"web1", "other.example.com", "", "web1"},
		{"localhost", "localhost.localdomain", "web1", "web1"},
		{"docker-image://sha256:00", "", "", ""},
		{"192.0.2.1", "web1.example.com", "", "web1.example.com"},
		{"", "", "", ""},
	} {
		text := strings.Replace(results, "<target>web1</target>", "<target>"+test.target+"</target>", 1)
		text = strings.Replace(text, ">WEB1.example.com<", ">"+test.fqdn+"<", 1)
		text = strings.Replace(text, "</target-facts>", `<fact name="urn:scap:fact:asset:identifier:host_name">`+test.host+"</fact></target-facts>", 1)
		all, err := xccdf.Decode(strings.NewReader(text), inventory.Given{}, nil)
		if test.want == "" {
			if !errors.Is(err, xccdf.ErrNoDevice) || !errors.Is(err, parse.ErrInvalid) {
				t.Errorf("%+v: %v", test, err)
			}
			continue
		}
		if err != nil || all[0].Report.Device.Name != test.want {
			t.Errorf("%+v: %v, %+v", test, err, all)
		}
	}
}

// ARF's asset names a machine where the test result does not.
func TestNamesOfAssets(t *testing.T) {
	text := strings.NewReplacer("<target>web1<", "<target>localhost<", ">WEB1.example.com<", ">localhost<",
		"<target-address>", "<x>", "</target-address>", "</x>").Replace(arf)
	r := decode(t, text, inventory.Given{})[0].Report
	if r.Device.Name != "web1.example.com" || len(r.Addresses) != 1 || r.Addresses[0].IP != "192.0.2.9" {
		t.Errorf("%+v, %+v", r.Device, r.Addresses)
	}
}

func TestPlatforms(t *testing.T) {
	for cpes, want := range map[string]string{
		"cpe:/o:redhat:enterprise_linux:9.1 cpe:/o:redhat:enterprise_linux:9 cpe:/a:redhat:x": "Linux enterprise_linux_9",
		"cpe:2.3:o:canonical:ubuntu_linux:22.04:*:*:*:*:*:*:*":                                "Linux ubuntu_linux_22.04",
		"cpe:/o:microsoft:windows_11":                                                         "Windows11 ",
		"cpe:/o:microsoft:windows_server_2022:-":                                              "WindowsServer2022 ",
		"cpe:/o:apple:macos:14.0":                                                             "macOS 14.0",
		"cpe:/o:debian:debian_linux:12 cpe:/o:canonical:ubuntu_linux:22.04":                   " ",
		"cpe:/o:hp:hp-ux:11 nonsense cpe:/o:x":                                                " ",
	} {
		lines := ""
		for cpe := range strings.SplitSeq(cpes, " ") {
			lines += `<platform idref="` + cpe + `"/>`
		}
		text := strings.Replace(results, `<platform idref="cpe:/o:debian:debian_linux:12"/>`, lines, 1)
		if d := decode(t, text, inventory.Given{})[0].Report.Device; d.OSPlatform+" "+d.OSVersion != want {
			t.Errorf("%s: %q %q, want %s", cpes, d.OSPlatform, d.OSVersion, want)
		}
	}
}

// Of several test results of a benchmark on a device the newest counts; those of others stand beside it.
func TestSeveralRuns(t *testing.T) {
	change := func(text string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(text) }
	words := map[bool]string{true: "pass", false: "fail"}
	older := change(results, "2026-11-23", "2026-11-22", ">fail<", ">pass<", "DEBIAN-12", "DEBIAN-11")
	firefox := change(results, "DEBIAN-12", "FIREFOX", "rule_", "fox_")
	elsewhere := change(results, "web1", "web2", "WEB1", "web2")
	collect := func(texts ...string) string {
		return `<a:asset-report-collection xmlns:a="http://scap.nist.gov/schema/asset-reporting-format/1.1"><a:reports><a:report id="r">` +
			strings.Join(texts, "") + `</a:report></a:reports></a:asset-report-collection>`
	}
	for _, text := range []string{collect(older, results, firefox, elsewhere),
		collect(results, older, firefox, elsewhere)} {
		var got []string
		for _, one := range decode(t, text, inventory.Given{}) {
			c := one.Report.Configurations[2]
			got = append(got, strings.Join([]string{one.Report.Device.Name, one.Report.Source, c.ConfigurationID,
				words[c.Compliant]}, " "))
		}
		want := []string{"WEB1.example.com xccdf/org.example/DEBIAN rule_root fail", "WEB1.example.com xccdf/org.example/FIREFOX fox_root fail",
			"web2.example.com xccdf/org.example/DEBIAN rule_root fail"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := xccdf.Decode(strings.NewReader(collect(results, elsewhere)), inventory.Given{Name: "x"}, nil); err == nil ||
		!strings.Contains(err.Error(), "results of 2 devices") {
		t.Errorf("one name for two devices: %v", err)
	}
	if all := decode(t, collect(older, results), inventory.Given{Name: "x"}); len(all) != 1 || all[0].Report.Device.Name != "x" {
		t.Errorf("%+v", all)
	}
}

// Real results of OpenSCAP, with the counts of their README.
func TestRealResults(t *testing.T) {
	var standard []inventory.Configuration
	for _, test := range []struct {
		file                                               string
		pass, fail, notapplicable, notchecked, notselected int
	}{
		{"debian12-standard.results.xml.gz", 23, 20, 1, 0, 311},
		{"debian12-anssi-nt28-high.results.xml.gz", 26, 22, 2, 0, 305},
		{"debian12-cis-level2-server.results.xml.gz", 98, 94, 79, 2, 319},
		{"debian12-standard.results-arf.xml.gz", 23, 20, 1, 0, 311},
	} {
		all := decode(t, string(testneed.Unpacked(t, "xccdf", test.file)), inventory.Given{})
		if len(all) != 1 || all[0].Report.Device.Name != "debian12-01.corp.example" {
			t.Fatalf("%s: %+v", test.file, all)
		}
		want := map[string]int{"pass": test.pass, "fail": test.fail, "notapplicable": test.notapplicable, "notselected": test.notselected}
		if test.notchecked > 0 {
			want["notchecked"] = test.notchecked
		}
		if !maps.Equal(all[0].Results, want) {
			t.Errorf("%s: %v", test.file, all[0].Results)
		}
		pass, fail, not := 0, 0, 0
		for _, c := range all[0].Report.Configurations {
			switch {
			case !c.Applicable:
				not++
			case c.Compliant:
				pass++
			default:
				fail++
			}
			if c.Name == "" || c.Category == "" || c.Subcategory == "" || c.Remediation == "" || c.Impact == 0 {
				t.Errorf("%s: %+v", test.file, c)
			}
		}
		if pass != test.pass || fail != test.fail || not != test.notapplicable {
			t.Errorf("%s: %d compliant, %d not, %d not applicable", test.file, pass, fail, not)
		}
		switch {
		case strings.Contains(test.file, "standard.results.xml"):
			standard = all[0].Report.Configurations
		case strings.Contains(test.file, "arf"):
			if diff := cmp.Diff(standard, all[0].Report.Configurations); diff != "" {
				t.Errorf("XCCDF and ARF: %s", diff)
			}
		}
	}
}

// The end of a piece that was read says nothing: results are the same byte by byte.
func TestPieces(t *testing.T) {
	text := strings.Replace(arf, "<arf:assets>", "<!-- <a> - > --><![CDATA[ ]] > <b> ]]]><?x <y> ? > ?><arf:assets>", 1)
	one, err := xccdf.Decode(iotest.OneByteReader(strings.NewReader(text)), inventory.Given{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := xccdf.Decode(bytes.NewReader([]byte(text)), inventory.Given{}, nil)
	if diff := cmp.Diff(all, one); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// What ends the reading from outside is returned as it is.
func TestErrorsFromOutside(t *testing.T) {
	outside := errors.New("outside")
	_, err := xccdf.Decode(strings.NewReader(whole), inventory.Given{}, func(int64) error { return outside })
	if !errors.Is(err, outside) {
		t.Errorf("hold: %v", err)
	}
	slow := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(whole)))
	if _, err := xccdf.Decode(slow, inventory.Given{}, nil); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("read: %v", err)
	}
}
