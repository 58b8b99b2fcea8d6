package odata_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/odata"
)

// TestDocumentedFilters has the filters that documentation and public clients send, with the lists'
// own names: what Defender's "OData queries" page prints, and what doc/contract.md names.
func TestDocumentedFilters(t *testing.T) {
	machines := odata.NewSchema(
		odata.Field{Name: "computerDnsName", Type: odata.Text, Nullable: true}, odata.Field{Name: "id", Type: odata.Enum},
		odata.Field{Name: "healthStatus", Type: odata.Enum}, odata.Field{Name: "riskScore", Type: odata.Enum, Nullable: true},
		odata.Field{Name: "onboardingStatus", Type: odata.Enum}, odata.Field{Name: "aadDeviceId", Type: odata.Enum, Nullable: true},
		odata.Field{Name: "rbacGroupId", Type: odata.Number}, odata.Field{Name: "machineTags", Type: odata.Texts},
		odata.Field{Name: "lastSeen", Type: odata.Time}, odata.Field{Name: "isExcluded", Type: odata.Bool})
	for text, want := range map[string]string{
		"riskScore eq 'High'":                                  "riskScore eq 'High'",
		"HealthStatus ne 'Active'":                             "healthStatus ne 'Active'",
		"lastSeen gt 2018-08-01Z":                              "lastSeen gt 2018-08-01T00:00:00Z",
		"lastSeen ge 2019-11-22":                               "lastSeen ge 2019-11-22T00:00:00Z",
		"lastSeen lt 2019-11-22T00:00:00 02:00 and isExcluded": "lastSeen lt 2019-11-21T22:00:00Z and isExcluded eq true",
		"lastSeen ge 2026-02-09t20:46:09.4460014z":             "lastSeen ge 2026-02-09T20:46:09.4460014Z",
		"startswith(computerDnsName,'mymachine')":              "startswith(computerDnsName,'mymachine')",
		"onboardingstatus eq 'onboarded'":                      "onboardingStatus eq 'onboarded'",
		"rbacGroupId eq '341' or rbacGroupId eq 342":           "rbacGroupId eq 341 or rbacGroupId eq 342",
		"computerDnsName ne null":                              "computerDnsName ne null",
		"id in ('a', 'b')":                                     "id in ('a', 'b')",
		"machineTags eq 'it''s'":                               "machineTags eq 'it''s'",
		"machineTags/any(t: t eq 'ring1')":                     "machineTags/any(t: t eq 'ring1')",
		"aadDeviceId eq 6e04a0d5-3bb9-4bb0-9f1f-2dbd9d9bfa31":  "aadDeviceId eq '6e04a0d5-3bb9-4bb0-9f1f-2dbd9d9bfa31'",
		"aadDeviceId eq fe04a0d5-3bb9-4bb0-9f1f-2dbd9d9bfa31":  "aadDeviceId eq 'fe04a0d5-3bb9-4bb0-9f1f-2dbd9d9bfa31'",
		"not isExcluded and not (riskScore eq 'Low')":          "not (isExcluded eq true) and not (riskScore eq 'Low')",
	} {
		filter, err := machines.Filter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := filter.String(); got != want {
			t.Errorf("%s\nis read as %s\nwant       %s", text, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	filter := func(text string) error { _, err := schema.Filter(text); return err }
	orders := func(text string) error { _, err := schema.Orders(text); return err }
	selection := func(text string) error { _, err := schema.Selection(text); return err }
	for _, test := range []struct {
		read func(string) error
		text string
		at   int
		say  string
	}{
		{filter, "", 1, "expected a property or a function, found the end"},
		{filter, "foo eq 'x'", 1, `no property "foo" for this; there are name, note,`},
		{filter, "name eq 'x' and secret eq 'y'", 17, `no property "secret"`},
		{filter, "name eq 'x' and addresses eq 'y'", 17, `no property "addresses"`},
		{filter, "name like 'x'", 6, `expected eq, ne, gt, ge, lt, le or in, found "like"`},
		{filter, "name eq", 8, "name is a text, found the end"},
		{filter, "name eq x", 9, `"x" is not in quotes`},
		{filter, "name eq 'ö' or (note eq 'x'", 28, `expected ")", found the end`},
		{filter, "name eq 'x')", 12, "expected and, or, or the end"},
		{filter, "name eq 'x", 9, "a quote is not closed"},
		{filter, "name eq 'x' & note eq 'y'", 13, "unexpected '&'"},
		{filter, "cvssScore gt 'high'", 14, `cvssScore is a number, found "high"`},
		{filter, "cvssScore gt 1e999", 14, "cvssScore is a number"},
		{filter, "cvssScore eq NaN", 14, "cvssScore is a number"},
		{filter, "seen gt 'yesterday'", 9, `seen is a time, found "yesterday"`},
		{filter, "seen gt 2026-13-01", 9, "seen is a time"},
		{filter, "isFixed eq 1", 12, "isFixed is true or false"},
		{filter, "isFixed gt true", 1, "gt does not compare"},
		{filter, "tags gt 'a'", 1, "tags is a list of texts, which gt does not compare"},
		{filter, "name/any(t: t eq 'x')", 1, "name is not a list"},
		{filter, "tags/all(t: t eq 'x')", 6, `expected "any"`},
		{filter, "tags/any(t: name eq 'x')", 13, `expected "t", the element of the list`},
		{filter, "contains(cvssScore,'7')", 10, "cvssScore is a number, and contains is for texts"},
		{filter, "contains(name,7)", 15, "expected a text in quotes"},
		{filter, "tolower(name) eq 'x'", 1, `no function "tolower"; there are contains, startswith, endswith`},
		{filter, "contains(name,'x') gt true", 23, "a function is true or false"},
		{filter, "name in ()", 10, "name is a text"},
		{filter, "name eq note", 9, `"note" is not in quotes`},
		{filter, strings.Repeat("(", 40) + "name eq 'x'", 34, "more than 32 levels"},
		{filter, strings.Repeat("not ", 40) + "name eq 'x'", 133, "more than 32 levels"},
		{filter, "cvssScore in (" + strings.Repeat("1,", 600) + "1)", 1014, "more than 500 terms"},
		{filter, "name eq '" + strings.Repeat("x", odata.MaxFilter) + "'", 0, "longer than"},
		{orders, "name, foo desc", 7, `no property "foo"`},
		{orders, "name up", 1, "expected a property with asc or desc"},
		{orders, "name,,note", 6, "expected a property"},
		{orders, "name,Name desc", 6, "name is there twice"},
		{orders, "tags", 1, `no property "tags"`},
		{selection, "name,foo", 6, `no property "foo"`},
		{selection, "name,", 6, `no property ""`},
	} {
		var fault *odata.Error
		if err := test.read(test.text); !errors.As(err, &fault) {
			t.Errorf("%.60s: %v, want an Error", test.text, err)
		} else if fault.At != test.at || !strings.Contains(fault.Error(), test.say) || !strings.HasPrefix(fault.Error(), "$") {
			t.Errorf("%.60s: at %d, %q, want at %d, …%s…", test.text, fault.At, fault, test.at, test.say)
		}
	}
}

func TestEquals(t *testing.T) {
	for text, want := range map[string][]string{
		"machineId eq 'AB'":                                                  {"ab"},
		"machineId in ('b', 'A', 'a')":                                       {"a", "b"},
		"(machineId eq 'a' or machineId eq 'b') and name eq 'x'":             {"a", "b"},
		"machineId in ('a', 'b') and not (name eq 'x') and machineId eq 'c'": {"c"},
		"machineId eq 'a' or name eq 'x'":                                    nil,
		"not (machineId eq 'a')":                                             nil,
		"machineId ne 'a'":                                                   nil,
		"machineId eq null":                                                  nil,
		"(machineId eq 'a' and name eq 'x') or (note eq 'y' and machineId eq 'b')": {"a", "b"},
	} {
		filter, err := schema.Filter(text)
		if err != nil {
			t.Fatal(err)
		}
		field, _ := schema.Number("machineId")
		if got, ok := filter.Equals(field); ok != (want != nil) || !cmp.Equal(got, want) {
			t.Errorf("%s: %q, %t, want %q", text, got, ok, want)
		}
	}
}

func TestSelection(t *testing.T) {
	chosen, err := schema.Selection(" CvssScore ,name,name")
	if err != nil {
		t.Fatal(err)
	}
	all, err := schema.Selection("name,*")
	if err != nil {
		t.Fatal(err)
	}
	for i := range schema.Len() {
		name := schema.Field(i).Name
		if got := chosen.Has(i); got != (name == "name" || name == "cvssScore") {
			t.Errorf("%s is selected: %t", name, got)
		}
		if !all.Has(i) {
			t.Errorf("* does not select %s", name)
		}
	}
}

func TestNumbersAndFlags(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "10000": 10000, "10001": -1, "-1": -1, "1.5": -1, "": -1, "x": -1} {
		n, err := odata.Whole("$top", text, 10000)
		if err != nil {
			n = -1
		}
		if n != want || err != nil && !strings.HasPrefix(err.Error(), "$top: ") {
			t.Errorf("$top=%s: %d, %v, want %d", text, n, err, want)
		}
	}
	for text, want := range map[string]string{"true": "true", "FALSE": "false", "1": "no", "": "no"} {
		yes, err := odata.Count(text)
		got := map[bool]string{true: "true", false: "false"}[yes]
		if err != nil {
			got = "no"
		}
		if got != want {
			t.Errorf("$count=%s: %s, want %s", text, got, want)
		}
	}
}

// FuzzFilter reads any text: it is refused with a place inside it, or its normal spelling means the
// same.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{"name eq 'x'", "not(tags/any(t: t in ('a','b')) or cvssScore ge 7.5)",
		"seen lt 2026-02-09T20:46:09 02:00", "startswith(severity,'h') eq false and null ne note", "isFixed", "((", "'"} {
		f.Add(text)
	}
	row := record{"name": "x", "severity": "High", "machineId": "00ff", "cvssScore": 7.5, "tags": []string{"a"}, "seen": epoch}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := schema.Filter(text)
		if err != nil {
			var fault *odata.Error
			if !errors.As(err, &fault) || fault.At > len([]rune(text))+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := schema.Filter(filter.String())
		if err != nil && len(filter.String()) <= odata.MaxFilter {
			t.Fatalf("%q is written as %q: %v", text, filter, err)
		}
		if err == nil && (again.Match(row) != filter.Match(row) || again.String() != filter.String()) {
			t.Fatalf("%q and %q differ", filter, again)
		}
	})
}
