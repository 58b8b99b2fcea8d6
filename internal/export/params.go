package export

import (
	"math"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/odata"
)

// maxPageSize is the largest number of rows of a page.
const maxPageSize = 200_000

// The parameters of exports: contract.md, section 2.
var (
	pageSize     = edge.TakesNumber("pageSize", 50_000, 1, maxPageSize, "rows of a page")
	top          = edge.TakesNumber("$top", 0, 0, math.MaxInt64, "largest number of rows; the reply has no nextLink")
	skipToken    = edge.TakesText("$skiptoken", "the value from a nextLink, unchanged")
	filterOption = edge.TakesOption("$filter",
		"rows that are wanted, such as severity eq 'High' and startswith(cveId,'CVE-2024')")
	selectOption = edge.TakesOption("$select", "keys that rows shall have, separated by commas")
	countOption  = edge.TakesOption("$count", "true adds @odata.count, the number of rows of all pages")
	includeClean = edge.TakesFlag("includeClean",
		"also return software without known vulnerabilities: rows whose cveId is null")
	includeNonCVE = edge.TakesFlag("includeNonCve",
		"also return findings of advisories that name no CVE: rows whose cveId is the advisory's id")
	sinceTime = edge.Parameter{Name: "sinceTime", Kind: edge.TimeParameter, Required: true,
		About: "return changes published after this time, such as 2021-05-19T18:35:49.924Z; at most 14 days ago"}
)

// wish is what a request asks of the rows of a pull.
type wish struct {
	// limit is how many rows the page may have. paged: a nextLink may follow.
	limit int64
	paged bool
	// filter decides which rows are wanted, chosen which of their keys; nil is all. needs are the
	// ranges that may have such rows.
	known  *fields
	filter *odata.Filter
	needs  narrowed
	chosen map[defender.Field]bool
	// counts: the page has the number of rows of all pages.
	counts bool
}

// readWish reads the options of a call with pages.
func readWish(q edge.Query, known *fields, delta bool) (w wish, err error) {
	w.known = known
	if w.limit, w.paged, err = pageLimit(q); err != nil {
		return w, err
	}
	if text := q.Text(filterOption); text != "" {
		if w.filter, err = known.Filter(text); err == nil {
			w.needs = known.narrow(w.filter, delta)
		}
	}
	if text := q.Text(selectOption); err == nil && text != "" {
		var selected odata.Selection
		selected, err = known.Selection(text)
		w.chosen = known.chosen(selected)
	}
	if text := q.Text(countOption); err == nil && text != "" {
		w.counts, err = odata.Count(text)
	}
	return w, err
}

// pageLimit returns how many rows a page may have, and whether a nextLink may follow: $top asks
// for a number of rows and no more.
func pageLimit(q edge.Query) (limit int64, paged bool, err error) {
	if limit, err = q.Number(pageSize); err != nil {
		return 0, false, err
	}
	if q.Text(top) == "" {
		return limit, true, nil
	}
	limit, err = q.Number(top)
	return limit, false, err
}

// maxSince is how far back sinceTime may be: 14 days and some tolerance.
const maxSince = 14*24*time.Hour + time.Hour

// sasValidHours is the parameter of calls via files. The server sets its upper limit.
func sasValidHours(most int) edge.Parameter {
	return edge.TakesNumber("sasValidHours", 1, 1, int64(most), "lifetime of the links in whole hours")
}

// readSince returns the time after which changes are wanted, which must not be too far back.
func readSince(q edge.Query, now time.Time) (time.Time, error) {
	const form = "a time of the last 14 days, such as 2021-05-19T18:35:49.924Z"
	text := q.Text(sinceTime)
	if text == "" {
		return time.Time{}, edge.Missing(sinceTime.Name, form)
	}
	since, ok := parseSince(text)
	switch {
	case !ok:
		return time.Time{}, edge.Invalid("%s is %q, must be %s", sinceTime.Name, edge.Clip(text), form)
	case since.Before(now.Add(-maxSince)):
		return time.Time{}, edge.Invalid("%s is %q, more than 14 days ago: begin with a full export",
			sinceTime.Name, edge.Clip(text))
	}
	return since, nil
}

// parseSince reads the spellings of sinceTime: RFC 3339 with any fraction, also with the plus of
// its zone decoded as a space; without a zone, which means UTC; a date only.
func parseSince(text string) (time.Time, bool) {
	if strings.Contains(text, "T") {
		text = strings.Replace(text, " ", "+", 1)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
