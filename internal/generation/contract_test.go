package generation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/publication"
)

// Each subtest is named by the sentence of doc/contract.md that it checks.

// TestDelta follows one device over changes of all kinds.
func TestDelta(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	l.report(chrome("90.0.0.0"))
	sealed := []publication.Snapshot{l.publish()}
	// next publishes an hour later and returns the status of each changed row.
	next := func(t *testing.T) (statuses map[string]string) {
		t.Helper()
		l.now = l.now.Add(time.Hour)
		s := l.publish()
		l.checkLaw1(&sealed[len(sealed)-1], s)
		sealed = append(sealed, s)
		statuses = map[string]string{}
		for _, row := range l.rows(s, defender.Vulnerabilities, true) {
			statuses[fmt.Sprint(row["CveId"], " ", row["SoftwareVersion"])] = fmt.Sprint(row["Status"])
		}
		return statuses
	}
	want := func(t *testing.T, statuses map[string]string) {
		t.Helper()
		if diff := cmp.Diff(statuses, next(t)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	}
	const one = "CVE-2024-0001 90.0.0.0"
	t.Run("The changes of a snapshot are its differences from the one before", func(t *testing.T) {
		l.learn(weaknesses[0], weaknesses[1])
		want(t, map[string]string{"CVE-2024-0002 90.0.0.0": "New"})
		l.learn(weaknesses[0])
		want(t, map[string]string{"CVE-2024-0002 90.0.0.0": "Fixed"})
	})
	t.Run("`Updated` says that a field other than a last-seen time is different", func(t *testing.T) {
		l.report(chrome("90.0.0.0"))
		want(t, map[string]string{})
		moved := chrome("90.0.0.0")
		moved.Device.OSVersion = "10.0.26100.1"
		l.report(moved)
		want(t, map[string]string{one: "Updated"})
		l.report(chrome("90.0.0.0"))
		next(t)
	})
	t.Run("Usual ones are the CVSS score, the level of exploits, the severity, the paths on disk and in the registry, "+
		"and the recommended update", func(t *testing.T) {
		scored := weaknesses[0]
		scored.Score = 5.3
		for _, change := range []func(){
			func() { l.learn(scored) },
			func() { l.exploited(scored.CVE) },
			func() { l.report(withPaths([]string{`D:\chrome.exe`}, nil)) },
			func() { l.report(withPaths([]string{`D:\chrome.exe`}, []string{`HKLM\chrome`})) },
		} {
			change()
			want(t, map[string]string{one: "Updated"})
		}
	})
	t.Run("Usual ones are … the recommended update", func(t *testing.T) {
		l := newLab(t)
		l.report(&inventory.Report{
			Device: inventory.Device{Name: "a.example.com", OSPlatform: inventory.Linux, OSVersion: "debian_linux_12"},
			Software: []inventory.Software{{Kind: "deb", Name: "glibc", Version: "2.36-9+deb12u4",
				PURL: "pkg:deb/debian/glibc@2.36-9+deb12u4"}},
		})
		var last publication.Snapshot
		for _, advisory := range []string{"DSA-5678-1", "DSA-5678-2"} {
			l.advised(advisory)
			l.now = l.now.Add(time.Hour)
			last = l.publish()
		}
		changes := l.rows(last, defender.Vulnerabilities, true)
		for _, row := range changes {
			if row["Status"] != "Updated" || row["RecommendedSecurityUpdateId"] != "DSA-5678-2" {
				t.Errorf("%v", row)
			}
		}
		if len(changes) != 1 {
			t.Errorf("%d changes, want 1", len(changes))
		}
	})
	t.Run("A row that is `Fixed` has the content that it had last", func(t *testing.T) {
		last := l.rows(sealed[len(sealed)-1], defender.Vulnerabilities, false)
		l.report(chrome(""))
		want(t, map[string]string{one: "Fixed"})
		fixed := l.rows(sealed[len(sealed)-1], defender.Vulnerabilities, true).without("Status", "EventTimestamp")
		if diff := cmp.Diff(last, fixed); diff != "" {
			t.Errorf("-last +fixed:\n%s", diff)
		}
	})
	t.Run("One law holds for every dataset: who applies all changes from one snapshot to a later one to the full export "+
		"of the first has the full export of the later one. Last-seen times are left out of it, since they are no change", func(t *testing.T) {
		for d := range defender.Dataset(defender.DatasetCount) {
			rows := table{}
			for _, s := range sealed {
				rows = rows.apply(t, l.rows(s, d, true))
				if diff := cmp.Diff(l.rows(s, d, false).without(lastSeen...), rows.without(lastSeen...)); diff != "" {
					t.Errorf("%s of snapshot %d (-full +deltas):\n%s", d, s.Number, diff)
				}
			}
		}
	})
	t.Run("`eventTimestamp` says when the generation began, in whole seconds; all changes of a generation have the same one; "+
		"the next generation has a later one", func(t *testing.T) {
		l.now = l.now.Add(-24 * time.Hour) // the clock is set back
		l.report(chrome("91.0.0.0"))
		sealed = append(sealed, l.publish())
		for i, s := range sealed {
			if i > 0 && !s.Begun.After(sealed[i-1].Begun) {
				t.Errorf("snapshot %d begun %v, want later than %v", s.Number, s.Begun, sealed[i-1].Begun)
			}
			for d := range defender.Dataset(defender.DatasetCount) {
				for key, row := range l.rows(s, d, true) {
					if row["EventTimestamp"] != rowTime(s.Begun) {
						t.Errorf("%s: event %v, begun %v", key, row["EventTimestamp"], s.Begun)
					}
				}
			}
		}
	})
	l.verify()
}

// exploited imports a list of exploited vulnerabilities that has one entry.
func (l *lab) exploited(cve string) {
	l.Helper()
	list := `{"catalogVersion":"1","count":1,"vulnerabilities":[{"cveID":"` + cve + `","dateAdded":"2024-10-15"}]}`
	if err := l.imported(library.Import{Kind: intel.KEV, Name: "kev", Files: oneFile("kev.json", list)}); err != nil {
		l.Fatal(err)
	}
}

// advised imports one Debian advisory on a package. It replaces the one imported before.
func (l *lab) advised(id string) {
	l.Helper()
	advisory := `{"id":"` + id + `","modified":"2025-01-01T00:00:00Z","upstream":["CVE-2024-0003"],"affected":[{"package":` +
		`{"ecosystem":"Debian:12","name":"glibc"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.36-9+deb12u7"}]}]}]}`
	if err := l.imported(library.Import{Kind: intel.OSV, Name: "debian",
		Files: oneFile("a.json", advisory)}); err != nil {
		l.Fatal(err)
	}
}

// withPaths is a device with Chrome at some paths.
func withPaths(disk, registry []string) *inventory.Report {
	r := chrome("90.0.0.0")
	r.Software[0].DiskPaths, r.Software[0].RegistryPaths = disk, registry
	return r
}

// TestDurableBeforeListed watches a generation write its files.
func TestDurableBeforeListed(t *testing.T) {
	l := newLab(t)
	l.report(chrome("90.0.0.0"))
	first := l.publish()
	l.now = l.now.Add(time.Hour)
	l.report(chrome("91.0.0.0"))
	t.Run("Files are listed once all files of their snapshot are durable", func(t *testing.T) {
		var steps []string
		l.trace = func(step string) {
			steps = append(steps, step)
			if latest, err := l.store.Publication.Latest(l.ctx, org); err != nil || latest.Number != first.Number {
				t.Errorf("before %q the latest snapshot is %d (%v)", step, latest.Number, err)
			}
		}
		second := l.publish()
		l.trace = nil
		seal := slices.Index(steps, "seal")
		if made := count(steps, "create"); made < 3 || count(steps[:max(seal, 0)], "close") != made {
			t.Errorf("steps %q: want every file closed, which syncs it, before the snapshot is sealed", steps)
		}
		if latest, err := l.store.Publication.Latest(l.ctx, org); err != nil || latest.Number != second.Number {
			t.Errorf("latest snapshot %d, %v; want %d", latest.Number, err, second.Number)
		}
	})
}

// TestSizeOfFiles has more devices than fit into one file of the planned size.
func TestSizeOfFiles(t *testing.T) {
	l := newLab(t)
	var reports []*inventory.Report
	for i := range 2700 { // a plan assumes 16 KiB for each
		reports = append(reports, chrome90(fmt.Sprintf("host-%d.example.com", i)))
	}
	l.report(reports...)
	t.Run("A file has about 32 MiB when compressed and not much more", func(t *testing.T) {
		parts := l.parts(l.publish(), false, defender.NoProductCode)
		if len(parts) != 2 {
			t.Errorf("%d files, want 2", len(parts))
		}
		for _, p := range parts {
			if p.Rows == 0 || p.Bytes > 40<<20 {
				t.Errorf("%s: %d rows, %d bytes", p.Path, p.Rows, p.Bytes)
			}
		}
	})
}
