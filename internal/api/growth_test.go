package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/publication"
)

const changesCall = "SoftwareVulnerabilityChangesByMachine"

// changesSince is the query of a client for all that was published after a time.
func changesSince(since time.Time, size int) string { return changesOf(changesCall, since, size) }

// changesOf is the same for a call.
func changesOf(call string, since time.Time, size int) string {
	return fmt.Sprintf("/api/machines/%s?pageSize=%d&sinceTime=%s", call, size, since.Format(time.RFC3339Nano))
}

// changesCalls are the calls with changes, by pages and via files, one pair for each dataset.
func changesCalls() (pairs [][]defender.Call) {
	for pair := range slices.Chunk(defender.Calls(), 2) {
		if pair[0].Delta {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// TestADeltaGrowsWhileItIsPaged is the law of a client that takes its own clock at the last page as
// its next sinceTime, while snapshots appear at random moments, some with rows of groups that it
// does not see: it misses nothing, and each of its pulls ends. (generatedTime is rounded up, so what was
// published in the second of the last page comes again.)
func TestADeltaGrowsWhileItIsPaged(t *testing.T) {
	l := newLab(t, func(c *api.Config) {
		c.Trusted = &auth.Caller{Organization: org, ID: "test", Permissions: auth.Permissions(), Groups: []int64{0, 1}}
	})
	next := 0 // the number of the next device
	rapid.Check(t, func(t *rapid.T) {
		var published []string
		publish := func() {
			l.advance(time.Duration(rapid.IntRange(1, 4000).Draw(t, "pause")) * time.Millisecond)
			var ranges []slice
			for range rapid.IntRange(0, 2).Draw(t, "ranges") {
				group, devices := rapid.Int64Range(0, 2).Draw(t, "group"), rapid.IntRange(0, 3).Draw(t, "devices")
				s := l.fleet(group, next, next+devices, 1)
				next += devices
				for _, d := range s.devices {
					if group < 2 {
						published = append(published, d.id)
					}
				}
				ranges = append(ranges, s)
			}
			l.seal(ranges...)
		}
		maybe := func() {
			for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "snapshots") {
				publish()
			}
		}
		call := rapid.SampledFrom(changesCalls()).Draw(t, "dataset")[0].Name
		l.advance(time.Hour) // generatedTime is rounded up, and never the same: it may be ahead of the clock
		first, got := deviceID(next), []string(nil)
		since, size := l.clock(), rapid.IntRange(1, 5).Draw(t, "size")
		for range rapid.IntRange(1, 3).Draw(t, "pulls") {
			maybe()
			pages := 0
			for link := changesOf(call, since, size); link != ""; pages++ {
				p := l.page(l.get(link))
				got = append(got, devicesOf(t, p)...)
				if pages > 0 && len(p.Value) == 0 {
					t.Fatalf("a nextLink into snapshots without rows for the caller")
				}
				if link = ""; p.NextLink != nil {
					if len(p.Value) == 0 {
						t.Fatalf("a page with a nextLink and no rows")
					}
					link = *p.NextLink
					if pages < 8 { // later nobody publishes, and the pull must end
						maybe()
					}
				}
				if pages > 8+len(published)/size+1 {
					t.Fatalf("%d pages of %d for %d rows: the pull does not end", pages, size, len(published))
				}
			}
			since = l.clock()
			l.advance(time.Millisecond)
		}
		for link := changesOf(call, since, 1000); link != ""; {
			p := l.page(l.get(link))
			got, link = append(got, devicesOf(t, p)...), ""
			if p.NextLink != nil {
				link = *p.NextLink
			}
		}
		slices.Sort(got)
		slices.Sort(published)
		got = slices.DeleteFunc(slices.Compact(got), func(id string) bool { return id < first }) // of an earlier check
		if !slices.Equal(got, published) {
			t.Fatalf("got %d rows, published were %d:\n%s\n%s", len(got), len(published), got, published)
		}
	})
}

// devicesOf returns the devices of a page's rows.
func devicesOf(t rapid.TB, p page) (ids []string) {
	t.Helper()
	for _, v := range p.Value {
		var row struct{ DeviceID string }
		if err := json.Unmarshal(v, &row); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, row.DeviceID)
	}
	return ids
}

func TestGrowth(t *testing.T) {
	t.Run("A delta begins with the snapshots that are published when its first page begins. Once the changes of these "+
		"snapshots are read, it goes on into newer ones that have rows for the caller", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 5, 1))
		first := l.page(l.get(changesSince(noon.Add(-time.Hour), 3)))
		l.advance(time.Minute)
		l.seal(l.fleet(0, 10, 12, 1))
		last := l.page(l.get(*first.NextLink))
		if len(last.Value) != 2 || last.NextLink == nil {
			t.Fatalf("the last page of the first snapshots has %d rows, nextLink %v", len(last.Value), last.NextLink)
		}
		l.advance(time.Minute)
		l.seal() // without rows
		l.advance(time.Minute)
		l.seal(l.fleet(0, 20, 21, 1))
		if p := l.page(l.get(*last.NextLink)); len(p.Value) != 3 || p.NextLink != nil {
			t.Errorf("the page after it has %d rows of two snapshots, nextLink %v", len(p.Value), p.NextLink)
		}
		again := l.page(l.get(changesSince(noon.Add(-time.Hour), 6)))
		l.advance(time.Minute)
		l.seal() // without rows: the pull does not go on into it
		if p := l.page(l.get(*again.NextLink)); len(p.Value) != 2 || p.NextLink != nil {
			t.Errorf("before a snapshot without rows there are %d rows, nextLink %v", len(p.Value), p.NextLink)
		}
	})
	t.Run("This is decided when the last rows of a page were written", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 200, 1))
		handler, err := api.New(l.config)
		if err != nil {
			t.Fatal(err)
		}
		link := changesSince(noon.Add(-time.Hour), 1000)
		for n := 300; n < 1500; n += 300 { // also on pages that show what was published since the first one
			l.advance(time.Minute)
			out := &interrupted{ResponseRecorder: httptest.NewRecorder(), once: func() { l.seal(l.fleet(0, n, n+200, 1)) }}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
			r.Host = strings.TrimPrefix(l.server.URL, "http://")
			handler.ServeHTTP(out, r)
			var p page
			if err := json.Unmarshal(out.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if len(p.Value) != 200 || p.NextLink == nil || out.once != nil {
				t.Fatalf("%d rows, nextLink %v, although a snapshot appeared after the first rows were sent", len(p.Value), p.NextLink)
			}
			link = *p.NextLink
		}
		if p := l.page(l.get(link)); len(p.Value) != 200 || p.NextLink != nil {
			t.Errorf("the last page has %d rows, nextLink %v", len(p.Value), p.NextLink)
		}
	})
	t.Run("Later pages show all that is published when they begin, and a pull ends even if a snapshot appears every "+
		"two seconds", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 5, 1))
		pages, rows, next := 0, 0, 10
		for link := changesSince(noon.Add(-time.Hour), 3); link != ""; pages++ {
			p := l.page(l.get(link))
			if link, rows = "", rows+len(p.Value); p.NextLink != nil {
				link = *p.NextLink
			}
			if pages < 9 { // the client works on each page for four seconds
				for range 2 {
					l.advance(2 * time.Second)
					l.seal(l.fleet(0, next, next+1, 1))
					next++
				}
			}
		}
		l.equal("rows and pages", []int{rows, pages}, []int{5 + 6, 4})
	})
	t.Run("It never goes on with `$top`", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 2, 1))
		handler, err := api.New(l.config)
		if err != nil {
			t.Fatal(err)
		}
		l.advance(time.Minute)
		out := &interrupted{ResponseRecorder: httptest.NewRecorder(), once: func() { l.seal(l.fleet(0, 300, 301, 1)) }}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, changesSince(noon.Add(-time.Hour), 1)+"&$top=2", nil)
		r.Host = strings.TrimPrefix(l.server.URL, "http://")
		handler.ServeHTTP(out, r)
		if body := out.Body.String(); strings.Contains(body, "nextLink") || strings.Count(body, `"deviceId"`) != 2 {
			t.Errorf("with $top: %s", body)
		}
	})
	t.Run("Where the history has a gap, the nextLink gets 410", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 5, 1))
		first := l.page(l.get(changesSince(noon.Add(-time.Hour), 3)))
		l.advance(time.Minute)
		added := l.seal(l.fleet(0, 10, 12, 1))
		l.advance(time.Minute)
		l.seal(l.fleet(0, 20, 21, 1))
		last := l.page(l.get(*first.NextLink))
		if err := l.retain(added.Number, publication.Kept, publication.Retired); err != nil {
			t.Fatal(err)
		}
		if got := l.get(*last.NextLink).StatusCode; got != http.StatusGone {
			t.Errorf("status %d", got)
		}
		if again := l.page(l.get(*first.NextLink)); again.NextLink == nil {
			t.Error("the pull ends before the gap as if nothing were missing")
		} else if got := l.get(*again.NextLink).StatusCode; got != http.StatusGone {
			t.Errorf("status %d", got)
		}
	})
	t.Run("a full pull does not grow, and its pages stay those of one snapshot", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 5, 1))
		first := l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=3"))
		l.advance(time.Minute)
		l.seal(l.fleet(0, 0, 9, 1))
		if rest, _ := l.pull(*first.NextLink); len(rest) != 2 {
			t.Errorf("%d more rows", len(rest))
		}
	})
}

// A snapshot may appear while a page is prepared. Whenever it does, there is no nextLink to a page without rows: what
// the caller and the filter want of it is in the page, or the pull ends.
func TestGrowthIsNeverInVain(t *testing.T) {
	l := newLab(t, func(c *api.Config) {
		c.Trusted = &auth.Caller{Organization: org, ID: "test", Permissions: auth.Permissions(), Groups: []int64{0, 1}}
	})
	l.seal(l.fleet(0, 0, 3, 1))
	handler, err := api.New(l.config)
	if err != nil {
		t.Fatal(err)
	}
	next := 10
	publish := func(group int64, devices int) {
		t.Helper()
		l.advance(time.Second)
		l.seal(l.fleet(group, next, next+devices, 1))
		next += devices
	}
	for _, test := range []struct {
		name   string
		before int // rows before, of group 0
		filter string
		group  int64
		rows   int // of the snapshot
	}{
		{"rows for the caller", 0, "", 0, 2},
		{"rows of a group that the caller does not see", 0, "", 2, 0},
		{"rows that match", 0, "&$filter=rbacGroupId+eq+'0'", 0, 2},
		{"rows that do not match", 0, "&$filter=rbacGroupId+eq+'0'", 1, 0},
		{"after others, rows of a group that the caller does not see", 3, "", 2, 0},
		{"after others, rows that do not match", 3, "&$filter=rbacGroupId+eq+'0'", 1, 0},
	} {
		// ask asks for the changes from now on. The snapshot appears when the header of the reply is touched for the
		// nth time; it returns how often that was.
		ask := func(n int) (p page, touched int) {
			t.Helper()
			l.advance(time.Minute)
			address := changesSince(l.clock(), 5) + test.filter
			if test.before > 0 {
				publish(0, test.before)
			}
			out := &prepared{ResponseRecorder: httptest.NewRecorder(), n: n, then: func() { publish(test.group, 2) }}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			r.Host = strings.TrimPrefix(l.server.URL, "http://")
			handler.ServeHTTP(out, r)
			if err := json.Unmarshal(out.Body.Bytes(), &p); err != nil {
				t.Fatalf("%s: %v", out.Body, err)
			}
			return p, out.touched
		}
		t.Run(test.name, func(t *testing.T) {
			alone, times := ask(0)
			if len(alone.Value) != test.before || alone.NextLink != nil {
				t.Fatalf("%d rows, nextLink %v, although nothing was published", len(alone.Value), alone.NextLink)
			}
			most := 0
			for n := 1; n <= times; n++ {
				p, _ := ask(n)
				most = max(most, len(p.Value))
				if p.NextLink != nil {
					t.Errorf("a snapshot at moment %d of %d: %d rows and a nextLink, although there are no others", n, times, len(p.Value))
				}
			}
			l.equal("rows of a page at most", most, test.before+test.rows)
		})
	}
}

// prepared is a client that notices how its reply is prepared: at the nth touch of the header something happens.
type prepared struct {
	*httptest.ResponseRecorder
	n, touched int
	then       func()
}

func (w *prepared) Header() http.Header {
	if w.touched++; w.touched == w.n {
		w.then()
	}
	return w.ResponseRecorder.Header()
}

// interrupted is a client during whose reading something happens.
type interrupted struct {
	*httptest.ResponseRecorder
	once func()
}

func (w *interrupted) Write(p []byte) (int, error) {
	if w.once != nil {
		w.once()
		w.once = nil
	}
	return w.ResponseRecorder.Write(p)
}
