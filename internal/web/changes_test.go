package web_test

import (
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The page of changes says how the findings add up, each of its counts is that of the rows behind it, and what cannot
// be known it does not say as 0.
func TestChangesAreTheRowsBehindThem(t *testing.T) {
	s := ownSite(t)
	b, _ := s.as(t, everything())
	if text := b.page("/changes", http.StatusOK); !strings.Contains(text, "no earlier snapshot") || strings.Contains(text, ">0<") {
		t.Fatalf("with one snapshot: %s", text)
	}
	if err := s.Change(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mustPublish(t)
	text := html.UnescapeString(b.page("/changes", http.StatusOK))
	sum := regexp.MustCompile(`of ([0-9,]+) findings, ([0-9,]+) are new and ([0-9,]+) fixed.*; that makes ([0-9,]+)\.`).
		FindStringSubmatch(text)
	if sum == nil {
		t.Fatalf("the page does not say how findings add up: %s", text)
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(strings.ReplaceAll(sum[i+1], ",", ""))
	}
	if n[0]+n[1]-n[2] != n[3] || n[1]+n[2] == 0 {
		t.Errorf("%d and %d new, less %d fixed, are not %d", n[0], n[1], n[2], n[3])
	}
	if now := len(b.rows("/findings.csv?snapshot=2")); now != n[3] {
		t.Errorf("there are %d findings, the page says %d", now, n[3])
	}
	all := regexp.MustCompile(`<a href="/changes(\?[^"]*status=[^"]*)">([0-9,]+)</a>`).FindAllStringSubmatch(text, -1)
	if len(all) < 4 {
		t.Errorf("the page has %d counts that lead to rows", len(all))
	}
	for _, one := range all {
		want, _ := strconv.Atoi(strings.ReplaceAll(one[2], ",", ""))
		if got := len(b.rows("/changes.csv" + one[1])); got != want {
			t.Errorf("%s has %d rows, the page says %d", one[1], got, want)
		}
	}
	for _, bad := range []string{"?from=x", "?from=9", "?status=no", "?dataset=no", "?dataset=software&severity=high"} {
		if r := b.do(http.MethodGet, "/changes"+bad, nil); r.StatusCode < 400 || r.StatusCode >= 500 {
			t.Errorf("%s: status %d", bad, r.StatusCode)
		}
	}
}

// Two callers with disjoint groups see what one who sees both sees, and no name of the other's devices.
func TestChangesInGroups(t *testing.T) {
	s := ownSite(t)
	if err := s.Change(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mustPublish(t)
	both, _ := s.as(t, everything())
	total := len(both.rows("/changes.csv"))
	for _, group := range []string{"Lisbon", "Tokyo"} {
		one, _ := s.as(t, everything(), group)
		rows := one.rows("/changes.csv")
		total -= len(rows)
		for _, row := range rows {
			if row[6] != group {
				t.Fatalf("who sees %s sees %q", group, row)
			}
		}
	}
	if total != 0 {
		t.Errorf("%d rows are of nobody", total)
	}
}
