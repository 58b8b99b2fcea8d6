package web_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/testneed"
)

// maxNodes is how many elements a page has at most; maxOverview and maxPage are their bytes.
const maxNodes, maxOverview, maxPage = 2000, 60_000, 80_000

// Check 16 of the example design: pages of 0, 1, 2 and 400 snapshots. Counts of 400 days are kept, charts have 90 days,
// and neither bytes nor elements grow with the history.
func TestHistoryOfPages(t *testing.T) {
	snapshots := 120 // more than the charts show
	if testneed.Soak() {
		snapshots = 400
	}
	var now atomic.Pointer[time.Time]
	begun := time.Now().UTC().AddDate(0, 0, -snapshots)
	now.Store(&begun)
	s := emptySite(t, func(c *node.Config, _ string) error {
		c.Clock = func() time.Time { return *now.Load() }
		return nil
	})
	v, api := s.as(t, everything())
	if text := v.page("/", http.StatusOK); !strings.Contains(text, "Nothing here yet") {
		t.Errorf("an empty server shows %s", text)
	}
	if err := s.Import(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := fleet.Fleet{Seed: 3, Devices: 3, Begun: begun.Add(-time.Minute), Changing: 0.5}
	for n := range snapshots {
		at := begun.AddDate(0, 0, n)
		now.Store(&at)
		var all []*inventory.Report
		for r := range f.All(n) {
			all = append(all, r)
		}
		if err := s.Receive(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
		s.mustPublish(t)
		switch n + 1 {
		case 1:
			s.checkTrends(t, v, "Trends begin with the second day")
		case 2:
			s.checkTrends(t, v, "Findings by severity")
		}
	}
	s.checkTrends(t, v, "Findings by severity")
	told, err := control.Do(t.Context(), api, control.AskTrends(int64(snapshots), "day", ""))
	if err != nil {
		t.Fatal(err)
	}
	points := told.Value.Points
	if len(points) != snapshots {
		t.Fatalf("counts of %d days are kept, want %d", len(points), snapshots)
	}
	for i := 1; i < len(points); i++ {
		if p := points[i]; p.New == nil || p.Fixed == nil || points[i-1].Findings+*p.New-p.Fixed.Sum() != p.Findings {
			t.Errorf("day %d: %d findings, %v new, %v fixed, and %d before", i, p.Findings, p.New, p.Fixed, points[i-1].Findings)
		}
	}
	last := points[len(points)-1]
	text := v.page("/", http.StatusOK)
	if !strings.Contains(text, last.GeneratedTime.Format("2 Jan")) {
		t.Error("the chart does not end with the newest day")
	}
	row := func(days int) string {
		return `<th scope="row">` + last.GeneratedTime.AddDate(0, 0, -days).Format(time.DateOnly) + "</th>"
	}
	if !strings.Contains(text, row(0)) || !strings.Contains(text, row(89)) || strings.Contains(text, row(90)) {
		t.Error("the table of the trends has not the last 90 days")
	}
}

// checkTrends asks for pages that show a history: the overview, which must have a text, and others. All are within
// their bounds.
func (s *site) checkTrends(t *testing.T, v *browser, wants string) {
	t.Helper()
	for path, most := range map[string]int{"/": maxOverview, "/changes": maxPage, "/vulnerabilities": maxPage,
		"/devices": maxPage, "/coverage": maxPage} {
		text := v.page(path, http.StatusOK)
		if nodes := len(element.FindAllString(text, -1)); nodes > maxNodes || len(text) > most {
			t.Errorf("%s has %d elements and %d bytes, want at most %d and %d", path, nodes, len(text), maxNodes, most)
		}
		if path == "/" && !strings.Contains(text, wants) {
			t.Errorf("the overview does not say %q", wants)
		}
	}
}
