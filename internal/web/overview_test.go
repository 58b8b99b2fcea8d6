package web_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/store/counted"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/web/webtest"
)

// past adds counts of a snapshot for each of some days before the first one, less those that there are. Each tenth day
// has none, and of each seventh the changes are not known.
func (s *site) past(t testing.TB, newest *control.Trends, past, days int) {
	t.Helper()
	first := &newest.Points[0]
	findings := first.Severities
	err := s.node.Store.DB.Write(t.Context(), func(tx *sql.Tx) error {
		for i := days; i > past; i-- {
			if i%10 == 5 && i < days {
				continue
			}
			c := &trend.Counts{Devices: first.Devices, Assessed: first.Devices - 3, Partly: 2, NotAssessed: 1,
				Silent: int64(i % 4), Severities: findings, New: int64(i % 13)}
			c.Weight = counts.Weight{Applicable: 100, Compliant: float64(40 + i%50)}
			c.Severities.Critical += int64(i)
			c.Fixed = counts.Fixed{OnDevice: int64(i % 17), NotAssessed: int64(i % 5)}
			if i%7 == 0 {
				c.Unknown = trend.Changes
			}
			at := first.GeneratedTime.AddDate(0, 0, -i)
			one := counted.Counts{Previous: int64(-i - 1), Groups: trend.ByGroup{0: c}}
			if err := one.Insert(t.Context(), tx, organization.Default, int64(-i), at, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	elements = regexp.MustCompile(`<[a-z]`)
	drawings = regexp.MustCompile(`(?s)<svg.*?</svg>`)
)

// The overview of a server with one snapshot, and with more of them than it shows, is small; charts have no text and
// a table of all days; what nobody can tell is unknown, and a day without a snapshot is no day.
func TestOverviewOfEachHistory(t *testing.T) {
	s, err := of(webtest.Start(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	b, session := s.As(t, auth.Permissions())
	ask := func() control.Trends {
		t.Helper()
		all, err := control.Do(t.Context(), session, control.AskTrends(90, "day", ""))
		if err != nil {
			t.Fatal(err)
		}
		return all.Value
	}
	first := ask()
	text := b.Page("/", http.StatusOK)
	for _, want := range []string{"Trends begin with the second day", "nothing to compare with yet", "What to do first"} {
		if !strings.Contains(text, want) {
			t.Errorf("with one snapshot it does not say %q", want)
		}
	}
	if strings.Contains(text, `class="strip"`) || strings.Contains(text, "<h2>New and fixed") {
		t.Error("one snapshot is drawn as a trend")
	}
	there := 0
	for _, days := range []int{1, 400} {
		s.past(t, &first, there, days)
		there = days
		text, all := b.Page("/", http.StatusOK), ask()
		if n := len(elements.FindAllString(text, -1)); len(text) > 60_000 || n > 2000 {
			t.Errorf("%d days: %d bytes with %d elements", days, len(text), n)
		}
		for _, drawing := range drawings.FindAllString(text, -1) {
			if strings.Contains(drawing, "<text") || strings.Contains(drawing, "style=") || !strings.Contains(drawing, "aria-hidden") {
				t.Errorf("%d days: %s", days, drawing)
			}
		}
		if strips := strings.Count(text, `class="strip"`); strips < 6 {
			t.Errorf("%d days: %d strips", days, strips)
		}
		_, table, _ := strings.Cut(text, "<caption class=\"hidden\">Counts of every day")
		table, _, _ = strings.Cut(table, "</table>")
		if rows := strings.Count(table, `<th scope="row">`); rows != len(all.Points) || rows < min(days, 80) {
			t.Errorf("%d days: %d rows of %d points", days, rows, len(all.Points))
		}
		for _, p := range all.Points {
			want := fmt.Sprintf(`<th scope="row">%s</th><td>%d</td>`, p.GeneratedTime.Format(time.DateOnly), p.Severities.Critical)
			if !strings.Contains(strings.ReplaceAll(table, ",", ""), want) {
				t.Errorf("%d days: the table has no %s", days, want)
			}
		}
		if since := all.SinceYesterday; since == nil || !strings.Contains(text, fmt.Sprintf("compared with snapshot %d,", since.Number)) ||
			!strings.Contains(text, "what is new and fixed is unknown") || !strings.Contains(text, "down 1; of ") {
			t.Errorf("%d days: %+v is not compared with", days, since)
		}
	}
	if text := b.Page("/", http.StatusOK); !strings.Contains(text, "unknown: ") || !strings.Contains(text, "no longer assessed") {
		t.Error("it does not say what is unknown, or no longer assessed")
	}
}
