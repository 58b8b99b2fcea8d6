package intel_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// TestListing: each publisher's words for how many records it has, and since when.
func TestListing(t *testing.T) {
	for _, test := range []struct {
		text string
		want intel.Listing
	}{
		{`{"resultsPerPage":20,"startIndex":0,"totalResults":90,"timestamp":"2023-10-18T18:04:18.493","list":[{}]}`,
			intel.Listing{Total: 90, Here: 20, Released: time.Date(2023, 10, 18, 18, 4, 18, 493e6, time.UTC)}},
		{`{"count":1404,"dateReleased":"2025-08-25T17:04:19Z","list":[{}]}`,
			intel.Listing{Total: 1404, Released: time.Date(2025, 8, 25, 17, 4, 19, 0, time.UTC)}},
		{`{"total":464,"generated_at":"2026-08-22T19:00:04+00:00","list":[{}]}`,
			intel.Listing{Total: 464, Released: time.Date(2026, 8, 22, 19, 0, 4, 0, time.UTC)}},
		{`{"total":"464","count":-1,"totalResults":1.5,"resultsPerPage":1e300,"timestamp":7,"list":[{}]}`, intel.Listing{}},
		{`{"total":{"total":5},"count":[9],"list":[{}],"totalResults":9}`, intel.Listing{}},
		{`{"list":[{}]}`, intel.Listing{}},
	} {
		for doc, err := range intel.Elements(inteltest.File("a.json", test.text), "list", 1<<20) {
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, doc.Listing); diff != "" {
				t.Errorf("%s: %s", test.text, diff)
			}
		}
	}
}
