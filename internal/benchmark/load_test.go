package benchmark_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory"
)

// valid is a valid check; tests change it.
const valid = `{"id":"scid-1","name":"N","category":"OS","subcategory":"S","impact":5,"platforms":["Linux"],
"facts":["sshd"],"compliant":"'A' in sshd","remediation":"R"}`

func document(checks ...string) fstest.MapFS {
	text := `{"version":1,"checks":[` + strings.Join(checks, ",\n") + `]}`
	return fstest.MapFS{"a.json": {Data: []byte(text)}}
}

// spoil replaces one field of the valid check.
func spoil(t *testing.T, field string, value any) string {
	t.Helper()
	var check map[string]any
	if err := json.Unmarshal([]byte(valid), &check); err != nil {
		t.Fatal(err)
	}
	check[field] = value
	data, err := json.Marshal(check)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestLoadRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  []string // all must be in the error
	}{
		"syntax":  {fstest.MapFS{"a.json": {Data: []byte("{\n\n]")}}, []string{"a.json", "line 3"}},
		"version": {fstest.MapFS{"a.json": {Data: []byte(`{"version":2}`)}}, []string{"a.json", "version 2"}},
		"trailing data": {fstest.MapFS{"a.json": {Data: []byte(`{"version":1}{}`)}},
			[]string{"a.json", "text after the document"}},
		"too large":     {fstest.MapFS{"a.json": {Data: make([]byte, 5<<20)}}, []string{"a.json", "more than"}},
		"unknown field": {document(spoil(t, "complaint", "true")), []string{"complaint"}},
		"null":          {document("null"), []string{"a.json: check 1"}},
		"id":            {document(spoil(t, "id", "scid-x")), []string{`"scid-x"`}},
		"same id":       {document(valid, valid), []string{"check 2", `"scid-1"`, "a.json has the same id"}},
		"name":          {document(spoil(t, "name", "")), []string{"name"}},
		"category":      {document(spoil(t, "category", "Kernel")), []string{`"Kernel"`}},
		"impact":        {document(spoil(t, "impact", 11)), []string{"impact 11"}},
		"no platforms":  {document(spoil(t, "platforms", nil)), []string{"platforms"}},
		"no facts":      {document(spoil(t, "facts", nil)), []string{"facts"}},
		"facts twice":   {document(spoil(t, "facts", []string{"a.b", "a-b"})), []string{"facts", `"a_b"`}},
		"reserved word": {document(spoil(t, "facts", []string{"in"})), []string{`"scid-1"`}},
		"no fix":        {document(spoil(t, "remediation", "")), []string{"remediation"}},
		"CEL syntax": {document(spoil(t, "compliant", "'A' in\n sshd &&")),
			[]string{"a.json: check 1", `"scid-1"`, "compliant", ":2:"}},
		"CEL name": {document(spoil(t, "applies", "'A' in sysctl")), []string{"applies", "sysctl", ":1:8"}},
		"CEL type": {document(spoil(t, "compliant", "sshd['A']")), []string{"string, want bool"}},
		"CEL length": {document(spoil(t, "compliant", strings.Repeat("true && ", 1000)+"true")),
			[]string{"compliant", "size"}},
		"CEL depth": {document(spoil(t, "compliant", strings.Repeat("(", 500)+"true"+strings.Repeat(")", 500))),
			[]string{"compliant"}},
		"CEL nodes": {document(spoil(t, "compliant", "["+strings.Repeat("1,", 1500)+"1].size() > 0")),
			[]string{"compliant"}},
		"regex":          {document(spoil(t, "compliant", "sshd['A'].matches('(')")), []string{"compliant", "matches"}},
		"all in a piece": {document(spoil(t, "id", "x"), spoil(t, "impact", 0)), []string{"check 1", "check 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := benchmark.Load(test.files)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error does not say %q: %v", want, err)
				}
			}
		})
	}
}

// An expression that exceeds the cost limit on a device fails there and gives no result.
func TestCostLimit(t *testing.T) {
	b, err := benchmark.Load(document(spoil(t, "compliant", "sshd.all(a, sshd.all(b, a != b || a == b))")))
	if err != nil {
		t.Fatal(err)
	}
	small := linux(inventory.Facts{"sshd": {"A": "", "B": ""}})
	if results, err := b.Evaluate(small); len(results) != 1 || err != nil {
		t.Errorf("few facts: %d results, %v", len(results), err)
	}
	crowd := map[string]string{}
	for i := range 2000 {
		crowd[strings.Repeat("x", i)] = ""
	}
	results, err := b.Evaluate(linux(inventory.Facts{"sshd": crowd}))
	if len(results) != 0 || err == nil || !strings.Contains(err.Error(), "cost") {
		t.Errorf("many facts: %d results, %v", len(results), err)
	}
}

func TestDevice(t *testing.T) {
	b, err := benchmark.Load(document(strings.Replace(spoil(t, "compliant", "device.osVersion.startsWith('debian')"),
		`"sshd"`, `"device"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	r := linux(inventory.Facts{"device": {"osVersion": "forged"}})
	r.Device.OSVersion = "debian_linux_12"
	results, err := b.Evaluate(r)
	if err != nil || said(results, "scid-1") != "compliant" {
		t.Errorf("%v, %v", results, err)
	}
}

func TestID(t *testing.T) {
	id := func(files fstest.MapFS) string {
		b, err := benchmark.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		return b.ID()
	}
	second := spoil(t, "id", "scid-2")
	if id(document(valid, second)) != id(document(second, valid)) {
		t.Error("the order of checks changes the id")
	}
	if id(document(valid)) == id(document(valid, second)) {
		t.Error("another check does not change the id")
	}
	for _, field := range []string{"name", "applies", "compliant", "remediation"} {
		if id(document(valid)) == id(document(spoil(t, field, "true"))) {
			t.Errorf("another %s does not change the id", field)
		}
	}
	if first, second := load(t).ID(), load(t).ID(); first != second {
		t.Error("two loads have different ids")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"version":1,"checks":[` + valid + `]}`))
	for _, name := range []string{"checks/sshd.json", "checks/controls.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	report := linux(inventory.Facts{"sshd": {"A": "b", "PermitRootLogin": "no"}, "pam": {}, "services": {}})
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := benchmark.Load(fstest.MapFS{"a.json": {Data: data}})
		if err != nil {
			return
		}
		results, _ := b.Evaluate(report)
		if len(results) > len(b.Definitions()) {
			t.Errorf("%d results of %d checks", len(results), len(b.Definitions()))
		}
	})
}
