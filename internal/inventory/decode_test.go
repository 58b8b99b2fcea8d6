package inventory_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
	"github.com/muster-project/muster/internal/inventory/parse"
)

func TestDecodeReport(t *testing.T) {
	got, err := inventory.DecodeReport([]byte("\uFEFF"+`{
		"device": {"id": "0123456789ABCDEF0123456789abcdef01234567", "name": "host.corp.example.com",
			"osPlatform": "Windows11", "osVersion": "10.0.22631.4751", "osArchitecture": "x64", "tags": ["prod"], "rbacGroup": "Servers", "colour": "grey"},
		"time": "2026-11-23T10:00:00+01:00", "source": "collect",
		"collector": {"name": "muster", "version": "v1.2.0", "build": 7},
		"software": [
			{"kind": "windows", "vendor": "Google LLC", "name": "Google Chrome", "version": "81.0.4044.138",
				"cpe": "cpe:2.3:a:google:chrome:81.0.4044.138:*:*:*:*:*:*:*", "purl": "pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64",
				"sourcePackage": "openssl", "sourceVersion": "3.0.11-1~deb12u2", "bundleId": "com.google.Chrome",
				"diskPaths": ["C:\\Program Files\\chrome.exe"], "registryPaths": ["HKEY_LOCAL_MACHINE\\SOFTWARE"], "pathsCut": 3,
				"unknown": [[{"deep": [1, -2.5e+3, true, false, null, "\ud83d\ude00"]}]]},
			{"name": "caf\u00e9 \"\/\b\f\n\r\t\\ \uD83D\uDE00 \ud83d", "version": null}
		],
		"hotfixes": ["KB5051989"],
		"facts": {"sshd": {"PermitRootLogin": "no", "Port": null}, "sysctl": {}, "absent": null},
		"configurations": [{"configurationId": "scid-1", "name": "n", "category": "OS", "subcategory": "s", "impact": 9.5, "userImpact": true, "compliant": true},
			{"configurationId": "scid-2", "applicable": false}],
		"later": {"version": 2}
	}`), inventory.Given{})
	if err != nil {
		t.Fatal(err)
	}
	want := &inventory.Report{
		Device: inventory.Device{
			ID: "0123456789ABCDEF0123456789abcdef01234567", Name: "host.corp.example.com",
			OSPlatform: "Windows11", OSVersion: "10.0.22631.4751", OSArchitecture: "x64",
			Tags: []string{"prod"}, RBACGroup: "Servers",
		},
		Time:   time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Source: "collect", Collector: inventory.Collector{Name: "muster", Version: "v1.2.0"},
		Software: []inventory.Software{
			{
				Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome", Version: "81.0.4044.138",
				CPE:           "cpe:2.3:a:google:chrome:81.0.4044.138:*:*:*:*:*:*:*",
				PURL:          "pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64",
				SourcePackage: "openssl", SourceVersion: "3.0.11-1~deb12u2", BundleID: "com.google.Chrome",
				DiskPaths:     []string{`C:\Program Files\chrome.exe`},
				RegistryPaths: []string{`HKEY_LOCAL_MACHINE\SOFTWARE`}, PathsCut: 3,
			},
			{Name: "café \"/\b\f\n\r\t\\ 😀 \uFFFD"},
		},
		Hotfixes: []string{"KB5051989"},
		Facts:    inventory.Facts{"sshd": {"PermitRootLogin": "no"}, "sysctl": {}},
		Configurations: []inventory.Configuration{
			{ConfigurationID: "scid-1", Name: "n", Category: "OS", Subcategory: "s", Impact: 9.5, UserImpact: true,
				Applicable: true, Compliant: true},
			{ConfigurationID: "scid-2"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("DecodeReport (-want +got):\n%s", diff)
	}
}

func TestAbsentAndEmptySections(t *testing.T) {
	const device = `{"device":{"name":"h"}`
	for _, test := range []struct {
		members string
		want    inventory.Report
	}{
		{``, inventory.Report{}},
		{`,"software":null,"hotfixes":null,"facts":null,"configurations":null`, inventory.Report{}},
		{`,"software":[],"hotfixes":[],"facts":{},"configurations":[]`, inventory.Report{
			Software: []inventory.Software{}, Hotfixes: []string{}, Facts: inventory.Facts{},
			Configurations: []inventory.Configuration{},
		}},
		{`,"software":[{"name":"a"}],"software":[]`, inventory.Report{Software: []inventory.Software{}}},
		{`,"facts":{"a":{"x":"1"},"a":{}}`, inventory.Report{Facts: inventory.Facts{"a": {}}}},
	} {
		test.want.Device.Name = "h"
		got, err := inventory.DecodeReport([]byte(device+test.members+"}"), inventory.Given{})
		if err != nil {
			t.Errorf("%s: %v", test.members, err)
			continue
		}
		if diff := cmp.Diff(&test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.members, diff)
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		again, err := inventory.DecodeReport(written, inventory.Given{})
		if diff := cmp.Diff(got, again); err != nil || diff != "" {
			t.Errorf("%s, written and read again: %v (-want +got):\n%s", written, err, diff)
		}
	}
}

func TestDecodeReportRefuses(t *testing.T) {
	const name = `{"device":{"name":"h"},`
	repeat := func(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	long := strings.Repeat("a", inventory.MaxString+1)
	for _, test := range []struct{ report, want string }{
		{``, "byte 0: the text ends, an object was expected"},
		{`[]`, `byte 0: an object was expected, found "[]"`},
		{`{"device":{"name":"h"}} {}`, `byte 24: the end of the text was expected, found "{}"`},
		{`{"device":{"name":"h"}`, "byte 22: the text ends, ',' or '}' was expected"},
		{`{"device":{"name":"h"},}`, `byte 23: a string was expected, found "}"`},
		{`{"device":{"name":"h`, "device.name: byte 20: the text ends inside a string"},
		{"{\"device\":{\"name\":\"h\n\"}}", "device.name: byte 20: a string contains a control character"},
		{`{"device":{"name":"\x"}}`, "device.name: byte 19: a string contains an invalid escape"},
		{`{"device":{"name":"\u12g4"}}`, "device.name: byte 19: a string contains an invalid escape"},
		{`{}`, "device.name: is missing"},
		{`{"device":{"name":"  "}}`, "device.name: is missing"},
		{`{"device":{"name":7}}`, `device.name: byte 18: a string was expected, found "7}}"`},
		{`{"device":{"name":"a\u0000b"}}`, `device.name: is "a\x00b", which has characters that cannot be printed`},
		{`{"device":{"name":"-.-"}}`, `device.name: is "-.-", which has neither letter nor digit`},
		{`{"device":{"name":"` + strings.Repeat("a", 256) + `"}}`,
			"device.name: is 256 bytes long, at most 255 are allowed"},
		{`{"device":{"name":"h","id":"12"}}`, `device.id: is "12", not 40 hex digits`},
		{`{"device":{"name":"h","tags":[` + repeat(101, `"t"`) + `]}}`, "device.tags: has more than 100 entries"},
		{`{"device":{"name":"h","tags":["` + strings.Repeat("a", 256) + `"]}}`,
			"device.tags[0]: is 256 bytes long, at most 255 are allowed"},
		{`{"device":{"name":"h","rbacGroup":["a"]}}`, `device.rbacGroup: byte 34: a string was expected, found "[\"a\"]}}"`},
		{`{"device":{"name":"h","rbacGroup":"` + strings.Repeat("a", 256) + `"}}`,
			"device.rbacGroup: is 256 bytes long, at most 255 are allowed"},
		{name + `"time":"yesterday"}`, `time: is "yesterday", not a time such as 2026-11-23T10:00:00Z (RFC 3339)`},
		{name + `"source":"` + strings.Repeat("a", 256) + `"}`, "source: is 256 bytes long, at most 255 are allowed"},
		{name + `"collector":"c"}`, `collector: byte 35: an object was expected, found "\"c\"}"`},
		{name + `"collector":{"name":"` + strings.Repeat("a", 256) + `"}}`,
			"collector.name: is 256 bytes long, at most 255 are allowed"},
		{name + `"collector":{"version":"` + strings.Repeat("a", 256) + `"}}`,
			"collector.version: is 256 bytes long, at most 255 are allowed"},
		{name + `"software":{}}`, `software: byte 34: an array was expected, found "{}}"`},
		{name + `"software":[{"name":"a"},{"name":[]}]}`, `software[1].name: byte 56: a string was expected, found "[]}]}"`},
		{name + `"software":[{"name":"` + long + `"}]}`, "software[0].name: is 65537 bytes long, at most 65536 are allowed"},
		{name + `"software":[{"name":"a","diskPaths":["x",1]}]}`,
			`software[0].diskPaths[1]: byte 64: a string was expected, found "1]}]}"`},
		{name + `"software":[{"name":"a","pathsCut":-1}]}`, "software[0].pathsCut: is -1, not a count"},
		{name + `"software":[` + repeat(inventory.MaxSoftware+1, "{}") + `]}`, "software: has more than 20000 entries"},
		{name + `"hotfixes":[` + repeat(inventory.MaxHotfixes+1, `""`) + `]}`, "hotfixes: has more than 10000 entries"},
		{name + `"hotfixes":["` + long + `"]}`, "hotfixes[0]: is 65537 bytes long, at most 65536 are allowed"},
		{name + `"facts":{"sysctl":{"net.ipv4.ip_forward":0}}}`,
			`facts.sysctl."net.ipv4.ip_forward": byte 64: a string was expected, found "0}}}"`},
		{name + `"facts":{"f":{"` + long + `":""}}}`,
			`facts.f."` + long[:64] + `…": has a name or value of more than 65536 bytes`},
		{name + `"facts":{"f":{` + repeat(inventory.MaxFacts, `"x":""`) + `}}}`, "facts: has more than 50000 entries"},
		{name + `"facts":{` + repeat(inventory.MaxFacts+1, `"x":{}`) + `}}`, "facts: has more than 50000 entries"},
		{name + `"configurations":[{"configurationId":"a"}]}`, "configurations[0].compliant: is missing"},
		{name + `"configurations":[{"configurationId":"a","compliant":1}]}`,
			`configurations[0].compliant: byte 76: true or false was expected, found "1}]}"`},
		{name + `"configurations":[{"impact":1e999}]}`,
			`configurations[0].impact: byte 56: the number "1e999" is out of range`},
		{name + `"configurations":[{"impact":01}]}`,
			`configurations[0].impact: byte 51: a number was expected, found "01}]}"`},
		{name + `"x":` + strings.Repeat("[", 40),
			`x` + strings.Repeat("[0]", 31) + `: byte 59: objects and arrays nest deeper than 32`},
		{name + `"x":tru}`, `x: byte 27: true or false was expected, found "tru}"`},
		{name + `"x":-}`, `x: byte 27: a value was expected, found "-}"`},
	} {
		_, err := inventory.DecodeReport([]byte(test.report), inventory.Given{})
		var field *parse.FieldError
		if !errors.As(err, &field) || !errors.Is(err, parse.ErrInvalid) {
			t.Errorf("%.80s: error %v is no FieldError of ErrInvalid", test.report, err)
			continue
		}
		if err.Error() != test.want {
			t.Errorf("%.80s:\n got %s\nwant %s", test.report, err, test.want)
		}
	}
}

func TestDecodeReportTooLarge(t *testing.T) {
	report := `{"device":{"name":"h"},"x":"` + strings.Repeat("a", inventory.MaxReport) + `"}`
	if _, err := inventory.DecodeReport([]byte(report), inventory.Given{}); !errors.Is(err, parse.ErrTooLarge) {
		t.Errorf("a report of %d bytes: error %v, want ErrTooLarge", len(report), err)
	}
}

// streamed returns the device names of a stream and its error.
func streamed(r io.Reader) (names []string, err error) {
	for report, err := range inventory.DecodeLines(r, inventory.Given{}, func([]byte) error { return nil }) {
		if err != nil {
			return names, err
		}
		names = append(names, report.Device.Name)
	}
	return names, nil
}

func TestDecodeStream(t *testing.T) {
	line := func(name string) string { return fmt.Sprintf(`{"device":{"name":%q}}`, name) }
	long := `{"device":{"name":"long"},"x":"` + strings.Repeat("a", inventory.MaxReport-33) + `"}`
	for _, test := range []struct {
		stream string
		names  []string
		err    string
	}{
		{"", nil, ""},
		{"\n \r\n", nil, ""},
		{line("a"), []string{"a"}, ""},
		{line("a") + "\r\n\n" + line("b") + "\n", []string{"a", "b"}, ""},
		{"\n" + line("a") + "\n" + `{"device":{}}` + "\n" + line("c"), []string{"a"}, "line 3: device.name: is missing"},
		{line("a") + "\n" + line("b") + line("c"), []string{"a"},
			`line 2: byte 23: the end of the text was expected, found "{\"device\":{\"name\":\"c…"`},
		{line("a") + "\n" + long + "\r\n" + line("b"), []string{"a", "long", "b"}, ""},
		{line("a") + "\n" + long + " \n" + line("b"), []string{"a"}, "line 2: the report has more than 16777216 bytes"},
		{line("a") + "\n" + long + long, []string{"a"}, "line 2: the report has more than 16777216 bytes"},
	} {
		names, err := streamed(strings.NewReader(test.stream))
		if !slices.Equal(names, test.names) {
			t.Errorf("%.80q: devices %q, want %q", test.stream, names, test.names)
		}
		if (err != nil || test.err != "") && (err == nil || err.Error() != test.err) {
			t.Errorf("%.80q: error %v, want %v", test.stream, err, test.err)
		}
		if err != nil && !errors.Is(err, parse.ErrInvalid) {
			t.Errorf("%.80q: error %v does not wrap ErrInvalid", test.stream, err)
		}
	}
}

func TestDecodeStreamReadError(t *testing.T) {
	broken := errors.New("connection reset")
	r := io.MultiReader(strings.NewReader(`{"device":{"name":"a"}}`+"\n"), iotest.ErrReader(broken))
	names, err := streamed(r)
	if !slices.Equal(names, []string{"a"}) || !errors.Is(err, broken) || errors.Is(err, parse.ErrInvalid) {
		t.Errorf("devices %q, error %v, want a and the reader's own error", names, err)
	}
}

// FuzzDecodeReport compares the decoder with encoding/json: accepted text is JSON, skipped JSON is
// accepted, and the result can be normalised, stored and read back.
func FuzzDecodeReport(f *testing.F) {
	f.Add([]byte(`{"device":{"name":"h"},"software":[{"name":"a\u00e9","diskPaths":["x"]}],"facts":{"a":{"b":"c"}}}`))
	f.Add([]byte(`[1,-0.5e3,"\ud800",{"a":[]}]`))
	f.Add([]byte(`{"device":{"name":"h"},"hotfixes":["1"," "],"configurations":[{"configurationId":"c","compliant":true}]}`))
	codec := inventorytest.Codec(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := inventory.DecodeReport(data, inventory.Given{}); err == nil {
			if !json.Valid([]byte(strings.TrimPrefix(string(data), "\uFEFF"))) {
				t.Errorf("accepted what is no JSON: %q", data)
			}
			inventorytest.CheckRoundTrip(t, codec, r)
		}
		member := `{"device":{"name":"h"},"x":` + string(data) + `}`
		_, err := inventory.DecodeReport([]byte(member), inventory.Given{})
		if valid := json.Valid([]byte(member)); (err == nil) != valid &&
			!strings.Contains(fmt.Sprint(err), "deeper") && !hasSections(member) {
			t.Errorf("%q: error %v, valid JSON: %v", member, err, valid)
		}
	})
}

// hasSections reports whether a report has members with rules beyond those of JSON.
func hasSections(report string) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal([]byte(report), &members) != nil || len(members) > 2 ||
		string(members["device"]) != `{"name":"h"}`
}

func FuzzDecodeStream(f *testing.F) {
	f.Add("{\"device\":{\"name\":\"a\"}}\n\n{\"device\":{\"name\":\"b\"}}\n")
	f.Add("{\"device\":{\"name\":\"a\"}}\r\n{}")
	f.Fuzz(func(t *testing.T, stream string) {
		var field *parse.FieldError
		_, err := streamed(strings.NewReader(stream))
		if err != nil && (!errors.As(err, &field) || field.Line < 1 || field.Line > 1+strings.Count(stream, "\n")) {
			t.Errorf("%q: error %v names no line of the stream", stream, err)
		}
	})
}
