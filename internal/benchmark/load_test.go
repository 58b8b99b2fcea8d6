package benchmark_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory"
)

// valid is a valid check; tests change it.
const valid = `{"id":"scid-1","name":"N","category":"OS","subcategory":"S","impact":5,"platforms":["Linux"],
"facts":["sshd"],"compliant":"'A' in sshd","remediation":"R",
"cases":{"compliant":[{"sshd":{"A":""}}],"nonCompliant":[{"sshd":{"B":""}}],"notApplicable":[{"sshd":{}}]}}`

func document(checks ...string) fstest.MapFS {
	text := `{"version":1,"checks":[` + strings.Join(checks, ",\n") + `]}`
	return fstest.MapFS{"a.yaml": {Data: []byte(text)}}
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
		"no files":     {fstest.MapFS{"a.yml": {Data: []byte(`{"version":1}`)}}, []string{"no file *.yaml"}},
		"other ending": {fstest.MapFS{"a.yaml": {Data: []byte("version: 1\n")}, "b.yml": {}}, []string{"b.yml", "not read"}},
		"empty":        {fstest.MapFS{"a.yaml": {}}, []string{"a.yaml", "empty"}},
		"syntax":       {fstest.MapFS{"a.yaml": {Data: []byte("{\n\n]")}}, []string{"a.yaml", "line 2"}},
		"version":      {fstest.MapFS{"a.yaml": {Data: []byte(`{"version":2}`)}}, []string{"a.yaml", "version 2"}},
		"trailing data": {fstest.MapFS{"a.yaml": {Data: []byte(`{"version":1}{}`)}},
			[]string{"a.yaml"}},
		"second document": {fstest.MapFS{"a.yaml": {Data: []byte("version: 1\n---\nversion: 1\n")}},
			[]string{"a.yaml:2", "second document"}},
		"no version": {fstest.MapFS{"a.yaml": {Data: []byte("checks: []\n")}}, []string{"a.yaml:1", "version 0"}},
		"aliases": {fstest.MapFS{"a.yaml": {Data: []byte("version: 1\nchecks:\n- id: scid-1\n  facts: &a [x]\n  platforms: *a\n")}},
			[]string{"a.yaml:4: scid-1: aliases", "a.yaml:5: scid-1: aliases"}},
		"repeated":   {fstest.MapFS{"a.yaml": {Data: []byte("version: 1\nversion: 1\n")}}, []string{"a.yaml:2", "repeated"}},
		"wrong type": {document(spoil(t, "impact", "high")), []string{"a.yaml:1: scid-1", "number"}},
		"wrong list": {document(spoil(t, "facts", "sshd")), []string{"a.yaml:1: scid-1", "list of texts"}},
		"no list":    {fstest.MapFS{"a.yaml": {Data: []byte("version: 1\nchecks: all\n")}}, []string{"a.yaml:2", "list"}},
		"no cases":   {document(spoil(t, "cases", map[string]any{})), []string{"scid-1", "none is compliant"}},
		"case kind":  {document(spoil(t, "cases", map[string]any{"good": nil})), []string{"scid-1", `"good"`}},
		"case of other facts": {document(spoil(t, "cases", map[string]any{
			"compliant":    []any{map[string]any{"pam": map[string]any{}}},
			"nonCompliant": []any{map[string]any{"sshd": map[string]any{}}}})), []string{"scid-1", `"pam"`}},
		"without nothing": {fstest.MapFS{"a.yaml": {Data: []byte("version: 1\nwithout: [scid-7]\n")}},
			[]string{"a.yaml:2: scid-7", "no earlier check"}},
		"too large":     {fstest.MapFS{"a.yaml": {Data: make([]byte, 5<<20)}}, []string{"a.yaml", "more than"}},
		"unknown field": {document(spoil(t, "complaint", "true")), []string{"complaint"}},
		"null":          {document("null"), []string{"a.yaml:1"}},
		"id":            {document(spoil(t, "id", "scid-x")), []string{`"scid-x"`}},
		"same id":       {document(valid, valid), []string{"a.yaml:4: scid-1", "line 1 of a.yaml has the same id"}},
		"name":          {document(spoil(t, "name", "")), []string{"name"}},
		"category":      {document(spoil(t, "category", "Kernel")), []string{`"Kernel"`}},
		"impact":        {document(spoil(t, "impact", 11)), []string{"impact 11"}},
		"no platforms":  {document(spoil(t, "platforms", nil)), []string{"platforms"}},
		"no facts":      {document(spoil(t, "facts", nil)), []string{"facts"}},
		"facts twice":   {document(spoil(t, "facts", []string{"a.b", "a-b"})), []string{"facts", `"a_b"`}},
		"reserved word": {document(spoil(t, "facts", []string{"in"})), []string{"scid-1"}},
		"no fix":        {document(spoil(t, "remediation", "")), []string{"remediation"}},
		"CEL syntax": {document(spoil(t, "compliant", "'A' in\n sshd &&")),
			[]string{"a.yaml:1: scid-1", "compliant", ":2:"}},
		"CEL name": {document(spoil(t, "applies", "'A' in sysctl")), []string{"applies", "sysctl", ":1:8"}},
		"CEL type": {document(spoil(t, "compliant", "sshd['A']")), []string{"string, want bool"}},
		"CEL length": {document(spoil(t, "compliant", strings.Repeat("true && ", 1000)+"true")),
			[]string{"compliant", "size"}},
		"CEL depth": {document(spoil(t, "compliant", strings.Repeat("(", 500)+"true"+strings.Repeat(")", 500))),
			[]string{"compliant"}},
		"CEL nodes": {document(spoil(t, "compliant", "["+strings.Repeat("1,", 1500)+"1].size() > 0")),
			[]string{"compliant"}},
		"regex":          {document(spoil(t, "compliant", "sshd['A'].matches('(')")), []string{"compliant", "matches"}},
		"all in a piece": {document(spoil(t, "id", "x"), spoil(t, "impact", 0)), []string{"a.yaml:1", "a.yaml:2"}},
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
	b, err := benchmark.LoadOnly(document(spoil(t, "compliant", "sshd.all(a, sshd.all(b, a != b || a == b))")))
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
	b, err := benchmark.LoadOnly(document(strings.ReplaceAll(spoil(t, "compliant", "device.osVersion.startsWith('debian')"),
		`"sshd"`, `"device"`)))
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
		b, err := benchmark.LoadOnly(files)
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
	for _, field := range []string{"name", "applies", "compliant"} {
		if id(document(valid)) == id(document(spoil(t, field, "true"))) {
			t.Errorf("another %s does not change the id", field)
		}
	}
	for _, field := range []string{"remediation", "command"} {
		if id(document(valid)) != id(document(spoil(t, field, "true"))) {
			t.Errorf("another %s makes every device stale, though no row has it", field)
		}
	}
	if first, second := load(t).ID(), load(t).ID(); first != second {
		t.Error("two loads have different ids")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"version":1,"checks":[` + valid + `]}`))
	for _, name := range []string{"checks/sshd.yaml", "checks/controls.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	report := linux(inventory.Facts{"sshd": {"A": "b", "PermitRootLogin": "no"}, "pam": {}, "services": {}})
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := benchmark.LoadOnly(fstest.MapFS{"a.yaml": {Data: data}})
		if err != nil {
			return
		}
		b.Try(t.Context())
		results, _ := b.Evaluate(report)
		if len(results) > len(b.Definitions()) {
			t.Errorf("%d results of %d checks", len(results), len(b.Definitions()))
		}
	})
}

// A later layer replaces, adds and leaves out checks by their ids.
func TestLayers(t *testing.T) {
	base := document(valid, spoil(t, "id", "scid-2"), spoil(t, "id", "scid-3"))
	other := fstest.MapFS{"b.yaml": {Data: []byte("version: 1\nwithout: [scid-2]\nchecks:\n- " +
		strings.ReplaceAll(spoil(t, "name", "Other"), "\n", " ") + "\n")}}
	b, err := benchmark.LoadOnly(base, other)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range b.Definitions() {
		got = append(got, d.ID+" "+d.Name)
	}
	if strings.Join(got, ",") != "scid-1 Other,scid-3 N" {
		t.Errorf("the checks are %q", got)
	}
}

// What a check says of its cases must be what they want.
func TestTryFindsWrongCases(t *testing.T) {
	one := map[string]any{"sshd": map[string]any{"A": "1"}}
	other := map[string]any{"sshd": map[string]any{"B": "1"}}
	for name, test := range map[string]struct {
		check string
		want  string
	}{
		"turned round": {spoil(t, "cases", map[string]any{"compliant": []any{other}, "nonCompliant": []any{one}}),
			"a.yaml:1: scid-1: case compliant 1: the check is non-compliant, want compliant"},
		"not silent": {spoil(t, "cases", map[string]any{"compliant": []any{one}, "nonCompliant": []any{other},
			"silent": []any{other}}), "case silent 1"},
		"never at an end": {spoil(t, "compliant", `[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b,
			[1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f,
			[1,2,3,4,5,6,7,8,9,10].all(g, 'A' in sshd)))))))`), "cost"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := benchmark.LoadOnly(document(test.check))
			if err != nil {
				t.Fatal(err)
			}
			_, wrong, _ := b.Try(t.Context())
			if len(wrong) == 0 || !strings.Contains(wrong[0].Error(), test.want) {
				t.Errorf("the faults are %v, want %q", wrong, test.want)
			}
		})
	}
}

// All cases together have no limit of cost: whoever waits for them no longer ends them.
func TestTryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if cases, _, err := load(t).Try(ctx); cases != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d cases were tried after the end: %v", cases, err)
	}
	if err := load(t).Tried(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cases that were not tried are right: %v", err)
	}
}
