package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// TestPagesAreTheFiles is the law of paging: for any page sizes, and however rows are spread over
// groups, ranges and devices, the pages of a pull joined together are the rows of the files, in
// their order.
func TestPagesAreTheFiles(t *testing.T) {
	l := newLab(t)
	rapid.Check(t, func(t *rapid.T) {
		var ranges []slice
		next := 0
		for range rapid.IntRange(0, 3).Draw(t, "ranges") {
			devices := rapid.IntRange(0, 2).Draw(t, "devices")
			ranges = append(ranges, l.fleet(rapid.Int64Range(0, 2).Draw(t, "group"), next, next+devices,
				rapid.IntRange(0, 3).Draw(t, "findings")))
			next += devices
		}
		l.advance(time.Hour)
		l.seal(ranges...)
		since := "sinceTime=" + l.clock().Add(-rapid.SampledFrom([]time.Duration{0, 1, 2, 3}).Draw(t,
			"hours")*time.Hour).Format(time.RFC3339)
		query := "?" + since + rapid.SampledFrom([]string{"", "&includeClean=true", "&includeNonCve=true",
			"&includeClean=true&includeNonCve=true"}).Draw(t, "clean")
		call := rapid.SampledFrom(pagesAndFiles()).Draw(t, "call")
		size := rapid.IntRange(1, 8).Draw(t, "size")
		got, pages := l.pull(fmt.Sprintf("%s/api/machines/%s%s&pageSize=%d", l.server.URL, call[0].Name, query, size))
		want := l.fileRows(t, call[1], query)
		if diff := strings.Compare(strings.Join(got, "\n"), strings.Join(want, "\n")); diff != 0 {
			t.Fatalf("pages:\n%s\nfiles:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if full := max(1, (len(want)+size-1)/size); pages != full {
			t.Fatalf("%d pages for %d rows of %d", pages, len(want), size)
		}
	})
}

// pagesAndFiles are the pairs of calls that show the same rows, as pages and
// via files.
func pagesAndFiles() [][2]defender.Call {
	var pairs [][2]defender.Call
	for pair := range slices.Chunk(defender.Calls(), 2) {
		pairs = append(pairs, [2]defender.Call(pair))
	}
	return pairs
}

// fileRows reads all rows of a call via files, in the form of pages.
func (l *lab) fileRows(t *rapid.T, call defender.Call, query string) []string {
	l.Helper()
	return l.linkedRows(t, call, l.links(l.call(call.Name+query)).ExportFiles)
}

// linkedRows reads the rows behind the links of a call, in the form of pages.
func (l *lab) linkedRows(t *rapid.T, call defender.Call, links []string) []string {
	l.Helper()
	var all []string
	for _, link := range links {
		r := l.get(link)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("link %s: %d", link, r.StatusCode)
		}
		shape := row.ShapeOf(call.Dataset, call.Delta)
		if strings.Contains(link, "CleanVa/") {
			shape = row.ShapeOf(defender.CleanSoftware, call.Delta)
		}
		for rest := []byte(unpack(l, string(r.body))); len(rest) > 0; {
			var row row.Row
			var err error
			if rest, err = shape.Scan(&row, rest); err != nil {
				t.Fatal(err)
			}
			all = append(all, string(shape.AppendPage(nil, &row)))
		}
	}
	return all
}
