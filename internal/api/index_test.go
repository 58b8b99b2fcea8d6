package api_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
)

// newPublisher returns a publisher that has read no snapshot yet.
func (l *lab) newPublisher() *generation.Publisher {
	l.Helper()
	checks, err := labChecks()
	if err != nil {
		l.Fatal(err)
	}
	p, err := generation.New(generation.Config{Store: l.store, Files: l.files, Benchmark: checks, Library: l.library,
		Settings: generation.DefaultSettings(), Clock: l.clock, Alone: true})
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			l.Error(err)
		}
	})
	return p
}

// loseIndexes removes all indexes but one, and restarts the server, so that it remembers none.
func (l *lab) loseIndexes(but string) {
	l.Helper()
	storetest.NeedFolder(l)
	found, err := filepath.Glob(filepath.Join(l.folder, "files", org, "index", "*", "*", "*", "*"))
	if err != nil || len(found) == 0 {
		l.Fatalf("indexes %q, %v", found, err)
	}
	for _, name := range found {
		if filepath.Base(name) != filepath.Base(but) {
			if err := os.Remove(name); err != nil {
				l.Fatal(err)
			}
		}
	}
	l.config.Publisher = l.newPublisher()
	l.start()
}

// A page only opens the index of the ranges that it shows, a link only that of its part; a page
// of changes opens none.
func TestPagesTouchWhatTheyShow(t *testing.T) {
	l := newLab(t)
	ranges := func() publication.Snapshot {
		return l.seal(l.fleet(0, 0, 3, 4), l.fleet(0, 3, 6, 4), l.fleet(0, 6, 9, 4))
	}
	ranges()
	l.advance(time.Hour)
	m, err := l.publisher.Manifest(ranges())
	if err != nil {
		t.Fatal(err)
	}
	links := l.links(l.call("SoftwareVulnerabilitiesExport")).ExportFiles
	const size = 3 * 4 // rows of a range
	first := l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=12"))
	changes, _ := l.pull("/api/machines/SoftwareVulnerabilityChangesByMachine?pageSize=7&sinceTime=" + since)
	l.loseIndexes(m.Ranges[1].Index.Path)

	below := func(link string) string { return "/" + strings.SplitN(link, "/", 4)[3] } // the server has a new address
	second := l.page(l.get(below(*first.NextLink)))
	if len(second.Value) != size || second.NextLink == nil {
		t.Errorf("the page of a range whose index is there has %d rows, a link to the next: %t",
			len(second.Value), second.NextLink != nil)
	}
	for what, url := range map[string]string{"page before": "/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=12",
		"page after":  *second.NextLink,
		"link before": below(links[0]), "link after": below(links[2])} {
		if r := l.get(url); r.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s, whose index is lost: status %d: %s", what, r.StatusCode, r.body)
		}
	}
	if r := l.get(below(links[1])); r.StatusCode != http.StatusOK {
		t.Errorf("the link to a part whose index is there: status %d: %s", r.StatusCode, r.body)
	}
	l.loseIndexes("")
	again, _ := l.pull("/api/machines/SoftwareVulnerabilityChangesByMachine?pageSize=7&sinceTime=" + since)
	l.equal("changes", again, changes)
	if len(changes) == 0 {
		t.Error("there are no changes")
	}
}

// Snapshots of an earlier program are repaired in their own format, and the next snapshot is made
// from them.
func TestEarlierSnapshotsAreRepaired(t *testing.T) {
	for _, commit := range earlier {
		for what, name := range map[string]func(*lab, publication.Snapshot) string{
			"part": func(l *lab, s publication.Snapshot) string {
				return l.indexes(s)[0].Full.Of(defender.Vulnerabilities).Path
			},
			"sheet":    func(l *lab, s publication.Snapshot) string { return l.indexes(s)[0].Sheet.Path },
			"manifest": func(_ *lab, s publication.Snapshot) string { return s.Manifest.Path },
		} {
			t.Run(commit+" "+what, func(t *testing.T) {
				l, _ := openEarlier(t, commit)
				before, err := l.publisher.Manifest(l.latest())
				if err != nil || before.RowShape >= row.Version {
					t.Fatalf("the rows of an earlier program have version %d, %v", before.RowShape, err)
				}
				path := filepath.Join(l.folder, "files", filepath.FromSlash(name(l, l.latest())))
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				data[len(data)/2] ^= 1
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				l.publisher = l.newPublisher()
				l.config.Publisher = l.publisher
				l.start()
				repairer := damage.NewRepairer(damage.Config{Store: l.store, Files: l.files, Library: l.library,
					Publisher: l.publisher, Clock: l.clock})
				report, err := repairer.Repair(t.Context(), org, damage.Repairing{})
				if err != nil || len(report.Files) != 1 || report.Files[0].How != "made again" {
					t.Fatalf("repaired: %+v, %v", report, err)
				}
				l.sound(3, 2)
				m, err := l.publisher.Manifest(l.latest())
				if err != nil || m.Version != before.Version {
					t.Errorf("the repaired manifest has version %d, had %d: %v", m.Version, before.Version, err)
				}
				l.publish()
				l.sound(4, 3)
			})
		}
	}
}

// latest is the newest snapshot.
func (l *lab) latest() publication.Snapshot {
	l.Helper()
	s, err := l.store.Publication.Latest(l.Context(), org)
	if err != nil {
		l.Fatal(err)
	}
	return s
}

// publish makes the next snapshot.
func (l *lab) publish() publication.Snapshot {
	l.Helper()
	s, err := l.publisher.Publish(l.Context(), org).Wait(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return s
}

// indexes returns the indexes of all ranges.
func (l *lab) indexes(s publication.Snapshot) (all []*snapshot.Index) {
	l.Helper()
	m, err := l.publisher.Manifest(s)
	if err != nil {
		l.Fatal(err)
	}
	for i := range m.Ranges {
		x, err := m.Ranges[i].Full()
		if err != nil {
			l.Fatal(err)
		}
		all = append(all, x)
	}
	return all
}
