package web_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/testneed"
	"github.com/muster-project/muster/internal/web/webtest"
)

// load is how many read at once, and how many pages each.
type load struct{ readers, pages int }

// TestReaders lets many people read pages at once, of three scopes: all pages come, and the memory of the server does
// not grow with the readers. Its long form has 25, then 100, then 200 of them, and tells how long pages took;
// MUSTER_BENCH_DEVICES and MUSTER_BENCH_FOLDER say of which fleet, as for BenchmarkPages.
func TestReaders(t *testing.T) {
	if testing.Short() {
		t.Skip("what it shows needs many requests")
	}
	loads := []load{{6, 6}, {24, 6}}
	fleet := &webtest.Large{Devices: 200, Groups: benchGroups, Folder: t.TempDir()}
	if testneed.Soak() {
		loads, fleet = []load{{25, 40}, {100, 20}, {200, 20}}, large(t)
	}
	s := open(t, fleet)
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	visitors := []*browser{s.reader(t).on(t, s), s.reader(t, "Group 1", "Group 7").on(t, s),
		s.reader(t, "Group 0").on(t, s)}
	paths := make([][]string, len(visitors))
	for i, v := range visitors { // what is remembered, is remembered before
		paths[i] = readPages(v)
	}
	var first int64
	for _, l := range loads {
		used := l.run(t, visitors, paths)
		if first == 0 {
			first = used
		}
		// The caches are bounded (answer.maxRemembered, answers.maxKept), and may fill up; beside them four lists are
		// made at a time. Each reader has a page in hand, and what carries it, in both directions.
		if limit := int64(192<<20) + int64(l.readers)*(512<<10); used > limit {
			t.Errorf("%d readers: %d MiB more were held, want at most %d", l.readers, used>>20, limit>>20)
		}
		if limit := first + 32<<20 + int64(l.readers)*(256<<10); used > limit {
			t.Errorf("%d readers: %d MiB more were held than before, with %d readers %d: want at most %d", l.readers, used>>20,
				loads[0].readers, first>>20, limit>>20)
		}
	}
}

// run lets all readers read, and returns how much more memory was held meanwhile.
func (l load) run(t *testing.T, visitors []*browser, paths [][]string) int64 {
	var took []time.Duration
	busy, cpu := 0, processorTime(t)
	used := testneed.Peak(func() { took, busy = l.read(t, visitors, paths) })
	slices.Sort(took)
	if want := l.readers * l.pages; len(took) != want {
		t.Fatalf("%d pages came, want %d", len(took), want)
	}
	t.Logf("%d readers, %d pages: median %v, 99th of 100 %v, longest %v; %.1f ms of processors a page; told to come back %d "+
		"times; %d MiB more memory", l.readers, len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1],
		float64((processorTime(t)-cpu).Microseconds())/1000/float64(len(took)), busy, used>>20)
	return used
}

// readPages asks for pages as people do: the overview, lists, filters, orders, pages further on, and entries. It
// returns those that the scope of a visitor has.
func readPages(v *browser) []string {
	all := []string{"/", "/vulnerabilities", "/vulnerabilities?severity=critical", "/vulnerabilities?kev=true&page=2",
		"/findings", "/findings?severity=critical&page=3", "/findings?sort=deviceId&page=20", "/actions", "/devices", "/devices?kev=true",
		"/devices?sort=-findings&page=2", "/devices?q=ws-", "/software", "/software?q=mozilla", "/configuration", "/coverage", "/changes",
		"/changes?status=fixed", "/vulnerabilities/CVE-2024-9680", "/software/google-_-chrome", "/search?q=chrome"}
	for _, n := range []int{3, 5, 7} {
		all = append(all, fmt.Sprintf("/devices?group=Group+%d", n), fmt.Sprintf("/vulnerabilities?sort=-devices&page=%d", n))
	}
	return slices.DeleteFunc(all, func(path string) bool {
		return v.do(http.MethodGet, path, nil).StatusCode == http.StatusNotFound
	})
}

// read lets all readers read, each pages of its own choice, and returns how long each took, and how often a reader was
// told to come back: a server with more work than processors says so after ten seconds, and holds nothing meanwhile.
func (l load) read(t *testing.T, visitors []*browser, paths [][]string) (took []time.Duration, busy int) {
	var all sync.WaitGroup
	var mutex sync.Mutex
	for n := range l.readers {
		v, random := visitors[n%len(visitors)], rand.New(rand.NewPCG(1, uint64(n)))
		all.Go(func() {
			for range l.pages {
				own := paths[n%len(paths)]
				path := own[random.IntN(len(own))]
				begun, waits := time.Now(), 0
				again, err := v.reads(t, path)
				for ; err == nil && again > 0; again, err = v.reads(t, path) {
					waits++
					time.Sleep(again)
				}
				if err != nil {
					t.Errorf("%s: %v", path, err)
					continue
				}
				mutex.Lock()
				took, busy = append(took, time.Since(begun)), busy+waits
				mutex.Unlock()
			}
		})
	}
	all.Wait()
	return took, busy
}

// reads asks for a page, which must come, or say after which time to ask again.
func (b *browser) reads(t *testing.T, path string) (again time.Duration, err error) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.Site.URL+path, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Accept", "text/html")
	response, err := b.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	size, err := io.Copy(io.Discard, response.Body)
	if seconds, _ := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second, nil
	}
	if err == nil && (response.StatusCode != http.StatusOK || size > 100_000) {
		err = fmt.Errorf("status %d, %d bytes", response.StatusCode, size)
	}
	return 0, err
}
