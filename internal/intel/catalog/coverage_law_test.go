package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// drawnFeed is a feed of the law: it states one CVE of its own, below version 5, on what it holds.
type drawnFeed struct {
	name string
	kind intel.Kind // empty: a whole feed, as far as is known
	cve  string
	// holds is "rocket" for a product, else an ecosystem.
	holds string
	// size is how many advisories it has of the ecosystem.
	size int
}

func (f drawnFeed) isRecords() bool { return f.holds == "rocket" || f.holds == "anvil" }

func (f drawnFeed) source(t testing.TB) catalog.Source {
	if f.isRecords() {
		return compileKind(t, f.kind, f.name, affects(f.cve, "acme", f.holds, "5"))
	}
	records := []intel.Record{advises(f.holds, "bash", f.cve+"-a", "", "5", f.cve)}
	for i := range f.size - 1 {
		records = append(records, advises(f.holds, fmt.Sprint("p", i), fmt.Sprint("X-", i), "", "5", f.cve))
	}
	return compileKind(t, f.kind, f.name, records...)
}

// isPart says whether the feed alone is a part of what is published.
func (f drawnFeed) isPart() bool { return f.kind != "" && (f.holds != "Hex" || f.size < 23) }

var drawFeeds = rapid.Custom(func(t *rapid.T) (feeds []drawnFeed) {
	for i := range rapid.IntRange(0, 5).Draw(t, "feeds") {
		f := drawnFeed{name: fmt.Sprint("feed", i), cve: fmt.Sprintf("CVE-2024-000%d", i),
			holds: rapid.SampledFrom([]string{"rocket", "anvil", "Debian:12", "AlmaLinux:9", "Hex"}).Draw(t, "holds"),
			size:  rapid.SampledFrom([]int{1, 22, 23, 30}).Draw(t, "size")}
		if rapid.Bool().Draw(t, "known kind") {
			f.kind = intel.OSV
			if f.isRecords() {
				f.kind = rapid.SampledFrom([]intel.Kind{intel.CVE5, intel.NVD}).Draw(t, "kind")
			}
		}
		feeds = append(feeds, f)
	}
	return feeds
})

// question is a component with what it needs from feeds.
type question struct {
	component catalog.Component
	// holds is what a feed must hold to name it; standIn says that it is another distribution's.
	holds   string
	standIn bool
	// missing is the reason if no feed holds it, wants what it wants then.
	missing coverage.Reason
	wants   string
}

func questions(version string) []question {
	return []question{
		{windows("Acme", "Rocket", version), "rocket", false, coverage.NoProductCode, ""},
		{linux("deb", "bash", version, "debian_linux_12"), "Debian:12", false, coverage.NoDistributionFeed, "Debian:12"},
		{linux("rpm", "bash", version, "almalinux_9"), "AlmaLinux:9", false, coverage.NoDistributionFeed, "AlmaLinux:9"},
		{linux("rpm", "bash", version, "enterprise_linux_9"), "AlmaLinux:9", true, coverage.NoDistributionFeed, "Red Hat"},
		{library("pkg:hex/bash@"+version, version), "Hex", false, coverage.NoEcosystemFeed, "Hex"},
	}
}

// answer is the model: the answer by the rules of decisions 65 and 66, and the CVEs.
func (q question) answer(feeds []drawnFeed) (a coverage.Answer, cves []string) {
	named, part, wants := false, true, q.holds
	for _, f := range feeds {
		asked := f.holds == q.holds || f.isRecords() && q.holds == "rocket"
		if !asked {
			continue
		}
		a.Feeds, part = append(a.Feeds, f.name), part && f.isPart()
		if f.holds == q.holds {
			named = true
			if q.component.Version == "1" {
				cves = append(cves, f.cve)
			}
		}
	}
	if q.holds == "rocket" {
		wants = "cve5"
	}
	switch {
	case !named:
		return coverage.Answer{Reason: q.missing, Wants: q.wants}, nil
	case q.component.Version == "" || q.component.Version == "^1":
		return coverage.Answer{Reason: coverage.NoVersion}, nil
	case part:
		a.State, a.Reason, a.Wants = coverage.Partly, coverage.FeedPart, wants
	case q.standIn:
		a.State, a.Reason, a.Wants = coverage.Partly, coverage.StandIn, q.wants
	default:
		a.State = coverage.Assessed
	}
	return a, cves
}

// TestCoverageIsThatOfFeeds is the law of coverage: answers are those of the model, every feed that
// states something is among those that were asked, all of its statements count, and what has findings
// was looked at.
func TestCoverageIsThatOfFeeds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		feeds := drawFeeds.Draw(rt, "feeds")
		var sources []catalog.Source
		for _, f := range feeds {
			sources = append(sources, f.source(t))
		}
		c, err := catalog.Merge(catalog.Config{}, sources)
		if err != nil {
			rt.Fatal(err)
		}
		version := rapid.SampledFrom([]string{"1", "9", "", "^1"}).Draw(rt, "version")
		for _, q := range questions(version) {
			want, cves := q.answer(feeds)
			v := c.Verdict(q.component)
			var got []string
			for _, h := range v.Hits {
				got = append(got, h.CVE)
			}
			a := v.Coverage
			if a.State != want.State || a.Reason != want.Reason || a.Wants != want.Wants || !slices.Equal(a.Feeds, want.Feeds) {
				rt.Fatalf("%+v: %+v, want %+v", q.component, a, want)
			}
			if !slices.Equal(got, cves) || len(got) > 0 && a.State == coverage.NotAssessed {
				rt.Fatalf("%+v: %q, want %q", q.component, got, cves)
			}
		}
	})
}
