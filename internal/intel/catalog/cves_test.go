package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/cve"
)

// whole is a CVE with its words.
type whole struct {
	cve.CVE
	cve.Text
}

// listed returns all CVEs of a catalog.
func listed(t interface{ Fatal(...any) }, c *catalog.Catalog) []whole {
	l := c.CVEs()
	var all []whole
	for n := range l.Len() {
		text, err := l.Text(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, whole{l.At(n), text})
	}
	return all
}

// TestCVEs: the list has what the most trusted source says of each CVE, and none that was rejected.
func TestCVEs(t *testing.T) {
	const low, high = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:L", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	score := func(vector string, by intel.Authority) intel.Score {
		s, ok := intel.ParseScore(vector, by)
		if !ok {
			t.Fatal(vector)
		}
		return s
	}
	cna := affects("CVE-2024-0002", "acme", "rocket", "9")
	cna.CVE = &intel.CVE{ID: "CVE-2024-0002", Published: date(2024, 1, 2), Updated: date(2024, 1, 5),
		Scores: []intel.Score{score(low, intel.ByCNA)}, Severity: intel.SeverityHigh,
		Words: intel.Words{By: intel.ByCNA, Title: "Rocket", Description: "It explodes.", ExploitURLs: []string{"https://b"}}}
	nvd := intel.Record{Source: "CVE-2024-0002", CVE: &intel.CVE{ID: "CVE-2024-0002", Published: date(2024, 1, 3),
		Updated: date(2024, 2, 1), Scores: []intel.Score{score(high, intel.ByNVD)}, Exploit: intel.ExploitPublic,
		Words: intel.Words{By: intel.ByNVD, Description: "The rocket explodes.", ExploitURLs: []string{"https://a", "https://b"}},
		KEV:   &intel.Exploited{Added: date(2024, 1, 20), Due: date(2024, 1, 30), Copied: true}}}
	kev := intel.Record{Source: "CVE-2024-0002", CVE: &intel.CVE{ID: "CVE-2024-0002", Exploit: intel.ExploitInKit,
		Words: intel.Words{By: intel.ByOther, Title: "Acme Rocket Vulnerability", Description: "Short."},
		KEV:   &intel.Exploited{Added: date(2024, 1, 21), Due: date(2024, 2, 11), Ransomware: true}}}
	worded := affects("CVE-2024-0001", "acme", "anvil", "9")
	worded.CVE.Severity = intel.SeverityLow
	gone := intel.Record{Source: "CVE-2024-0003", CVE: &intel.CVE{ID: "CVE-2024-0003", Rejected: true}}
	likely := func(cve string, score float64, day int) intel.Record {
		return intel.Record{Source: cve, Likelihood: &intel.Likelihood{Score: score, Percentile: .8765,
			Day: date(2024, 3, day), Model: fmt.Sprint("v", day)}}
	}
	c := catalogOfFeeds(t, compile(t, "cvelistV5", cna, worded, gone), compile(t, "nvd", nvd), compile(t, "kev", kev),
		compile(t, "epss", likely("CVE-2024-0002", .03351, 2), likely("CVE-2024-0003", .5, 2),
			likely("CVE-2024-0004", .5, 2)),
		compile(t, "older", likely("CVE-2024-0002", .9, 1)))
	want := []whole{{cve.CVE{ID: "CVE-2024-0001", Severity: intel.SeverityLow}, cve.Text{}},
		{cve.CVE{ID: "CVE-2024-0002", Score: 9.8, Scored: true, Vector: high, Severity: intel.SeverityCritical,
			Exploit: intel.ExploitInKit, Published: date(2024, 1, 2), Updated: date(2024, 2, 1),
			KEV:  cve.KEV{Listed: true, Added: date(2024, 1, 21), Due: date(2024, 2, 11), Ransomware: true},
			EPSS: cve.EPSS{Scored: true, Score: .03351, Percentile: .8765, Day: date(2024, 3, 2), Model: "v2"}},
			cve.Text{Title: "Rocket", Description: "It explodes.", ExploitURLs: []string{"https://a", "https://b"}}}}
	if diff := cmp.Diff(want, listed(t, c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for id, place := range map[string]int{"": 0, "CVE-2024-0001": 0, "CVE-2024-0002": 1, "CVE-2024-0003": 2, "X": 2} {
		n, ok := c.CVEs().Find(id)
		if isListed := id == "CVE-2024-0001" || id == "CVE-2024-0002"; n != place || ok != isListed {
			t.Errorf("%q is number %d, %v", id, n, ok)
		}
	}
	if none := catalog.Empty().CVEs(); none.Len() != 0 {
		t.Errorf("the empty catalog has %d CVEs", none.Len())
	}
}

// catalogOfFeeds makes a catalog of feeds, by way of its file.
func catalogOfFeeds(t testing.TB, feeds ...catalog.Source) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Decode(write(t, catalog.Config{}, feeds...), known(feeds...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestListIsReadByMany reads all CVEs of a catalog in many orders at once.
func TestListIsReadByMany(t *testing.T) {
	var records []intel.Record
	for i := range 3000 {
		r := affects(fmt.Sprintf("CVE-2024-%04d", i), "acme", "rocket", "9")
		r.CVE.Words = intel.Words{By: intel.ByCNA, Description: fmt.Sprint("number ", i)}
		records = append(records, r)
	}
	l := catalogOfFeeds(t, compile(t, "cvelistV5", records...)).CVEs()
	failed := make(chan error, 4)
	for worker := range cap(failed) {
		go func() {
			var err error
			for i := range l.Len() {
				n := (i*(2*worker+1) + worker) % l.Len()
				text, failure := l.Text(n)
				if want := fmt.Sprint("number ", n); failure != nil || text.Description != want {
					err = errors.Join(err, failure, fmt.Errorf("%q, want %q", text.Description, want))
				}
			}
			failed <- err
		}()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	if ids := slices.IsSortedFunc(listed(t, catalogOfFeeds(t, compile(t, "x", records...))), func(a, b whole) int {
		return cmpIDs(a.ID, b.ID)
	}); !ids {
		t.Error("the list is not in the order of ids")
	}
	if allocated := testing.AllocsPerRun(100, func() { l.At(7) }); allocated != 0 {
		t.Errorf("At allocates %v times", allocated)
	}
}

func cmpIDs(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}
