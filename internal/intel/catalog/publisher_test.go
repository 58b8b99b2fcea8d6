package catalog_test

import (
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/table"
)

// own is what a publisher says itself; below is "" for no fix, and state says why there is none.
func own(ecosystem, name, cve, below string, state intel.FixState) intel.Record {
	return intel.Record{Source: cve, Packages: []intel.Package{{
		CVEs: []string{cve}, Ecosystem: ecosystem, Name: name, Own: true, Ranges: []intel.Range{{High: below}},
		Fix: intel.Fix{State: state},
	}}}
}

// sound is a publisher's statement that no version is affected, or that it does not know yet.
func sound(ecosystem, name, cve string, state intel.FixState) intel.Record {
	r := own(ecosystem, name, cve, "", state)
	r.Packages[0].Ranges[0].Unaffected = true
	return r
}

// TestPublisherDecides: of a package of a release and a CVE the publisher's own feed decides, whole; what it does
// not speak of is as others say.
func TestPublisherDecides(t *testing.T) {
	copied := compile(t, "osv",
		advises("Debian:12", "a", "DSA-1", "", "2", "CVE-2024-0001"),
		advises("Debian:12", "b", "DSA-2", "", "2", "CVE-2024-0002"),
		advises("Debian:12", "c", "DSA-3", "", "2", "CVE-2024-0003"),
		advises("Debian:12", "d", "DSA-4", "", "2", "CVE-2024-0004"),
		advises("Debian:11", "a", "DSA-5", "", "2", "CVE-2024-0001"),
		advises("Ubuntu:22.04:LTS", "a", "USN-1", "", "2", "CVE-2024-0001"),
		advises("Ubuntu:Pro:22.04:LTS", "a", "USN-2", "", "3", "CVE-2024-0001"))
	tracker := compile(t, "tracker",
		own("Debian:12", "a", "CVE-2024-0001", "3", intel.FixUnstated),
		own("Debian:12", "b", "CVE-2024-0002", "", intel.FixDeclined),
		sound("Debian:12", "c", "CVE-2024-0003", intel.FixUnstated),
		sound("Debian:12", "d", "CVE-2024-0004", intel.FixInvestigated),
		own("Ubuntu:22.04:LTS", "a", "CVE-2024-0001", "1", intel.FixUnstated))
	c := catalogOfFeeds(t, copied, tracker)
	for _, test := range []struct {
		what, name, version, release, cve string
		source                            string // of the finding; empty: none
		available                         bool
		state                             intel.FixState
	}{
		{"a later fix", "a", "2", "debian_linux_12", "CVE-2024-0001", "tracker/CVE-2024-0001", true, intel.FixUnstated},
		{"fixed", "a", "3", "debian_linux_12", "CVE-2024-0001", "", false, 0},
		{"another release", "a", "1", "debian_linux_11", "CVE-2024-0001", "osv/DSA-5", true, intel.FixUnstated},
		{"never fixed", "b", "9", "debian_linux_12", "CVE-2024-0002", "tracker/CVE-2024-0002", false, intel.FixDeclined},
		{"not affected", "c", "1", "debian_linux_12", "CVE-2024-0003", "", false, 0},
		{"not known yet", "d", "1", "debian_linux_12", "CVE-2024-0004", "", false, 0},
		{"another ecosystem of the release", "a", "2", "ubuntu_linux_22.04", "CVE-2024-0001", "osv/USN-2", true, 0},
	} {
		r := linux("deb", test.name, test.version, test.release)
		v, e := c.Verdict(r), c.Explain(r, test.cve)
		h := hit(v, test.cve)
		switch {
		case h == nil && test.source == "":
		case h == nil || h.Source != test.source || h.Fix.Available != test.available || h.Fix.State != test.state:
			t.Errorf("%s: %+v", test.what, h)
		case !test.available && h.Fix != (intel.Fix{State: test.state}):
			t.Errorf("%s: an update is recommended: %+v", test.what, h.Fix)
		}
		if e.Affected() != (h != nil) {
			t.Errorf("%s: explained as affected %v", test.what, e.Affected())
		}
		for _, s := range e.Statements {
			if isCopy := s.Source[:3] == "osv"; test.release == "debian_linux_12" && isCopy &&
				(s.Effect != rule.Overruled || fmt.Sprint(s.Whole) != "[tracker/"+test.cve+"]") {
				t.Errorf("%s: %s %s by %v", test.what, s.Source, s.Effect, s.Whole)
			}
		}
	}
}

// TestDerivatives: what is known of a derivative's base stands in, also for one that nobody knows but the report says
// whose packages it takes.
func TestDerivatives(t *testing.T) {
	c := build(t, catalog.Config{}, advises("Ubuntu:22.04:LTS", "bash", "USN-1", "", "5.1-6ubuntu1.1", "CVE-2024-0001"))
	for _, tt := range []struct {
		osVersion, purl, version string
		state                    coverage.State
		reason                   coverage.Reason
		hits                     int
	}{
		{"linux_mint_21.3", "", "5.1-6ubuntu1", coverage.Partly, coverage.StandIn, 1},
		{"linux_mint_21.3", "", "5.1-6ubuntu1.1", coverage.Partly, coverage.StandIn, 0},
		{"linux_mint_21.3", "", "5.1-6+vera", coverage.NotAssessed, coverage.NoDistributionFeed, 0},
		{"linux_mint_99", "pkg:deb/linuxmint/bash@5?base=ubuntu-22.04", "5.1-6ubuntu1", coverage.Partly, coverage.StandIn, 1},
		{"foolinux_3", "pkg:deb/foolinux/bash@5?base=ubuntu-22.04&distro=foolinux-3", "5.1-6ubuntu1", coverage.Partly,
			coverage.StandIn, 1},
		{"foolinux_3", "pkg:deb/foolinux/bash@5?distro=foolinux-3", "5.1-6ubuntu1", coverage.NotAssessed,
			coverage.NoDistributionFeed, 0},
	} {
		r := linux("deb", "bash", tt.version, tt.osVersion)
		r.PURL = tt.purl
		v := c.Verdict(r)
		if v.Coverage.State != tt.state || v.Coverage.Reason != tt.reason || len(v.Hits) != tt.hits {
			t.Errorf("%s %s %s: %+v, %d hits", tt.osVersion, tt.purl, tt.version, v.Coverage, len(v.Hits))
		}
		if tt.version == "5.1-6+vera" && v.Coverage.Wants != "" {
			t.Errorf("nothing would help, and %q is wanted", v.Coverage.Wants)
		}
	}
}

// TestPublisherDecidesWhole: whatever both say, a version is affected if a publisher's own statement of the
// ecosystem says so, or, where there is none, another's.
func TestPublisherDecidesWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"Ubuntu:22.04:LTS", "Ubuntu:Pro:22.04:LTS"}
		var feeds [2][]intel.Record // by others, by the publisher
		spoke, affected := map[string]bool{}, map[string]map[int]bool{}
		for range rapid.IntRange(1, 6).Draw(t, "statements") {
			name, isOwn := rapid.SampledFrom(names).Draw(t, "ecosystem"), rapid.Bool().Draw(t, "own")
			below := rapid.IntRange(0, 4).Draw(t, "below") // 0: of no version, 4: of all
			r := sound(name, "a", "CVE-2024-0001", intel.FixUnstated)
			if below > 0 {
				high := ""
				if below < 4 {
					high = strconv.Itoa(below)
				}
				r = own(name, "a", "CVE-2024-0001", high, intel.FixPending)
			}
			r.Packages[0].Own = isOwn
			key := fmt.Sprint(name, isOwn)
			spoke[key] = true
			if affected[key] == nil {
				affected[key] = map[int]bool{}
			}
			for v := range 5 {
				affected[key][v] = affected[key][v] || v < below || below == 4
			}
			feeds[rank(isOwn)] = append(feeds[rank(isOwn)], r)
		}
		var sources []catalog.Source
		for i, records := range feeds {
			if len(records) > 0 {
				sources = append(sources, drawn(t, strconv.Itoa(i), records))
			}
		}
		c, err := catalog.Merge(catalog.Config{}, sources)
		if err != nil {
			t.Fatal(err)
		}
		for v := range 5 {
			want := false
			for _, name := range names {
				want = want || affected[fmt.Sprint(name, spoke[name+"true"])][v]
			}
			r := linux("deb", "a", strconv.Itoa(v), "ubuntu_linux_22.04")
			got := c.Verdict(r)
			if len(got.Hits) > 0 != want || c.Explain(r, "CVE-2024-0001").Affected() != want {
				t.Fatalf("version %d: %v, want affected %v", v, got.Hits, want)
			}
			for _, h := range got.Hits {
				if h.Fix.Available && h.Fix.State != intel.FixUnstated {
					t.Fatalf("version %d: an update is there, and there is none: %+v", v, h.Fix)
				}
			}
		}
	})
}

func rank(set bool) int {
	if set {
		return 1
	}
	return 0
}

// drawn compiles the records of a feed.
func drawn(t *rapid.T, name string, records []intel.Record) catalog.Source {
	b := table.NewBuilder(name)
	for _, r := range records {
		b.Add(r)
	}
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Source{Name: name, Table: made}
}

// TestOpenRecordsAreNoUpdates: a record about one CVE that names no fix names no update either; an advisory is named.
func TestOpenRecordsAreNoUpdates(t *testing.T) {
	open := func(id, name string) intel.Record {
		return intel.Record{Source: id, Packages: []intel.Package{{CVEs: []string{"CVE-2016-20013"}, Advisory: id, Name: name,
			Ecosystem: "Ubuntu:22.04:LTS", Ranges: []intel.Range{{}}}}}
	}
	c := build(t, catalog.Config{}, open("UBUNTU-CVE-2016-20013", "glibc"), open("USN-1-1", "bash"))
	for name, want := range map[string]string{"glibc": "", "bash": "USN-1-1"} {
		if h := hit(c.Verdict(linux("deb", name, "1", "ubuntu_linux_22.04")), "CVE-2016-20013"); h == nil || h.Fix.ID != want {
			t.Errorf("%s: %+v, want update %q", name, h, want)
		}
	}
}
