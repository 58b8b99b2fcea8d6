package eol_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/eol"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

func TestParse(t *testing.T) {
	records, odd := inteltest.Parse(t, eol.Feed{}, inteltest.File("full.json", `{"schema_version":"1.2.1","total":2,"result":[
		{"name":"firefox","identifiers":[
			{"type":"repology","id":"firefox"},
			{"type":"cpe","id":"cpe:2.3:a:mozilla:firefox"},{"type":"cpe","id":"cpe:/a:Mozilla:Firefox"},{"type":"cpe","id":"nonsense"},
			{"type":"purl","id":"pkg:deb/debian/firefox-esr@1?arch=x"},{"type":"purl","id":"pkg:npm/%40scope/x"},{"type":"purl","id":"pkg:npm/@scope/x"}],
		 "releases":[
			{"name":"154","isEol":false,"eolFrom":null,"latest":{"name":"154.0"}},
			{"name":"152","isEol":true,"eolFrom":"2026-07-21","latest":{"name":"152.0.6"}},
			{"name":"4.3","isEol":true,"eolFrom":null,"latest":null},
			{"name":"3","isEol":"2012-04-24","eolFrom":true,"isDiscontinued":true}]},
		{"name":"odd","releases":[{"name":"1","eolFrom":"soon"}]},
		{"releases":[]}]}`))
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	want := []intel.Record{{Source: "firefox", Lifecycle: &intel.Lifecycle{
		Product: "firefox",
		CPEs:    [][2]string{{"mozilla", "firefox"}},
		PURLs:   []string{"pkg:deb/debian/firefox-esr", "pkg:npm/%40scope/x", "pkg:npm/@scope/x"},
		Cycles: []intel.Cycle{
			{Name: "154", Latest: "154.0"},
			{Name: "152", Latest: "152.0.6", Ended: true, EndsAt: day(2026, 7, 21)},
			{Name: "4.3", Ended: true},
			{Name: "3", Ended: true, EndsAt: day(2012, 4, 24), Discontinued: true},
		},
	}}}
	if diff := cmp.Diff(want, records); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(odd) != 2 || !strings.Contains(odd[0].Error(), `"soon"`) {
		t.Errorf("left out %v, want the last two", odd)
	}
}

func TestBomb(t *testing.T) {
	err := inteltest.Failure(t, eol.Feed{}, inteltest.File("full.json", strings.Repeat(" ", 65<<20)))
	if !errors.Is(err, intel.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, intel.ErrTooLarge)
	}
}

// The counts in the README of the source: 464 products, 276 with CPEs, 8,351 cycles.
func TestProducts(t *testing.T) {
	records, odd := inteltest.Parse(t, eol.Feed{}, inteltest.Shared(t, "endoflife/api-v1-products-full.json.gz"))
	cycles, named, undated := 0, 0, 0
	for _, r := range records {
		cycles += len(r.Lifecycle.Cycles)
		if len(r.Lifecycle.CPEs) > 0 {
			named++
		}
		for _, c := range r.Lifecycle.Cycles {
			if c.Ended && c.EndsAt.IsZero() {
				undated++
			}
		}
	}
	got := [...]int{len(records), cycles, named, undated, len(odd)}
	if want := [...]int{464, 8351, 276, 479, 0}; got != want {
		t.Errorf("products, cycles, with CPE, ended without date, left out: %v, want %v", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"result":[{"name":"x","identifiers":[{"type":"purl","id":"pkg:a/b@1"}],"releases":[{"name":"1","isEol":true,"eolFrom":"2020-01-01"}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for record, err := range (eol.Feed{}).Parse(t.Context(), inteltest.File("full.json", text)) {
			if err == nil && record.Lifecycle.Product == "" {
				t.Error("a product without a name")
			}
		}
	})
}
