package cve5_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cve5"
)

// sound is a record that lies beside bad ones.
const sound = `{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED"},"containers":{"cna":{"affected":[
	{"vendor":"V","product":"P","versions":[{"version":"1","lessThan":"2","status":"affected"}]}]}}}`

// beside parses a document beside a sound record, which must be read, and returns the other's record and complaint.
func beside(t testing.TB, text string) (record *intel.Record, odd error) {
	t.Helper()
	fsys := fstest.MapFS{"CVE-2024-0001.json": {Data: []byte(sound)}, "CVE-2024-0002.json": {Data: []byte(text)}}
	good := false
	for r, err := range (cve5.Feed{}).Parse(t.Context(), fsys) {
		if _, ok := errors.AsType[*intel.RecordError](err); ok {
			odd = err
		} else if err != nil {
			t.Fatalf("a bad document cost its feed: %v", err)
		} else if r.Source == "CVE-2024-0001" && !good {
			good = len(r.Affected) == 1
		} else {
			record = &r
		}
	}
	if !good {
		t.Fatal("a bad document cost a sound record")
	}
	return record, odd
}

// TestAbsurdRecords says what is left out, and that it is listed.
func TestAbsurdRecords(t *testing.T) {
	with := func(status, versions string) string {
		return `{"cveMetadata":{"cveId":"CVE-2024-0002","state":"PUBLISHED"},"containers":{"cna":{"affected":[
			{"vendor":"V","product":"P","defaultStatus":"` + status + `","versions":[` + versions + `]}]}}}`
	}
	span := func(low, high string) string {
		return `{"version":"` + low + `","lessThan":"` + high + `","status":"affected"}`
	}
	for _, test := range []struct {
		what, text string
		statements int
		listed     string
	}{
		{"a range from after its end", with("", span("8", "2.7.9")), 0, `1 ranges end before they begin: from "8" to "2.7.9"`},
		{"one of two", with("", span("8.0.0", "2.7.9")+","+span("1", "2")), 1, "1 ranges"},
		{"an exception from after its end", with("affected",
			`{"version":"8","lessThan":"2.7","status":"unaffected"},{"version":"1","lessThan":"2","status":"unaffected"}`), 0,
			"1 ranges"},
		{"commits as custom versions", with("", span("1da177e4c3f4", "97bc3683c249")+","+span("05c6c029a44d", "1e434d2687e8")),
			0, ""},
		{"cut off", with("", span("1", "2"))[:120], 0, "JSON"},
		{"not UTF-8", strings.Replace(with("", span("1", "2")), `"P"`, "\"P\xff\"", 1), 0, "UTF-8"},
		{"a million versions", with("", strings.Repeat(`{},`, 1_000_000)+span("1", "2")), 0, "values"},
		{"a version of a million bytes", with("", span("1", strings.Repeat("1.", 500_000)+"1")), 0, ""},
		{"depth", strings.Repeat("[", 100_000), 0, ""},
		{"a number for a text", strings.Replace(with("", span("1", "2")), `"P"`, "7", 1), 0, "number"},
	} {
		record, odd := beside(t, test.text)
		got := 0
		if record != nil {
			got = len(record.Affected)
		}
		if got != test.statements || test.listed == "" && odd != nil && test.what != "depth" ||
			test.listed != "" && (odd == nil || !strings.Contains(odd.Error(), test.listed)) {
			t.Errorf("%s: %d statements, listed %v; want %d, and %q", test.what, got, odd, test.statements, test.listed)
		}
	}
}

// TestDamagedRecords: whatever becomes of a record's bytes, it is read or listed, and costs no other.
func TestDamagedRecords(t *testing.T) {
	names, err := fs.Glob(os.DirFS("testdata"), "CVE-*.json")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		text, err := os.ReadFile("testdata/" + rapid.SampledFrom(names).Draw(rt, "record"))
		if err != nil {
			rt.Fatal(err)
		}
		at := rapid.IntRange(0, len(text)-1).Draw(rt, "at")
		switch rapid.SampledFrom([]string{"cut", "byte", "drop", "repeat"}).Draw(rt, "damage") {
		case "cut":
			text = text[:at]
		case "byte":
			text[at] = rapid.Byte().Draw(rt, "byte")
		case "drop":
			text = append(text[:at:at], text[min(len(text), at+rapid.IntRange(1, 40).Draw(rt, "count")):]...)
		case "repeat":
			text = append(text[:at:at], append(text[:at:at], text[at:]...)...)
		}
		record, odd := beside(t, string(text))
		if record == nil && odd == nil {
			rt.Errorf("%.80q was neither read nor listed", text)
		}
		if record != nil && record.Source == "" {
			rt.Errorf("%+v has no name", record)
		}
	})
}
