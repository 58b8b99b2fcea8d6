package generation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// path is the path of a file of snapshots.
func (l *lab) path(name string) string {
	return filepath.Join(l.folder, "files", filepath.FromSlash(name))
}

// problems returns everything that verify finds, one problem a line.
func (l *lab) problems() string {
	l.Helper()
	v, err := l.verifier.Verify(l.ctx, org)
	if err != nil {
		l.Fatal(err)
	}
	return strings.Join(v.Problems, "\n")
}

// backUp copies the database, and returns a function that restores it, alone.
func (l *lab) backUp() (restore func()) {
	l.Helper()
	l.close()
	name := filepath.Join(l.folder, "muster.db")
	backup, err := os.ReadFile(name)
	if err != nil {
		l.Fatal(err)
	}
	l.open()
	return func() {
		l.close()
		if err := os.WriteFile(name, backup, 0o600); err != nil {
			l.Fatal(err)
		}
		l.open()
	}
}

// A database that was restored from a backup does not know later snapshots. Their files must stay.
func TestSweepKeepsWhatTheDatabaseDoesNotKnow(t *testing.T) {
	l := newLab(t)
	l.report(host(1, "90.0"))
	l.publish()
	restore := l.backUp()
	l.now = l.now.Add(time.Hour)
	l.report(host(2, "90.0"))
	later := l.publish()
	full, delta := l.named(later)
	restore()
	l.now = l.now.Add(time.Hour)
	l.publish()
	if err := l.publisher.Retire(l.ctx, org); err != nil {
		t.Fatal(err)
	}
	v, err := l.verifier.Verify(l.ctx, org)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(v.Problems, "\n"), later.Manifest.Path) {
		t.Errorf("verify found %q, want the manifest %s", v.Problems, later.Manifest.Path)
	}
	unknown := strings.Join(v.Unknown, "\n")
	for _, f := range append(append(full, delta...), snapshot.File{Path: later.Manifest.Path}) {
		if _, err := os.Stat(l.path(f.Path)); err != nil {
			t.Errorf("%s was removed: %v", f.Path, err)
		}
		if !strings.Contains(unknown, f.Path) {
			t.Errorf("verify does not list %s, which no manifest names", f.Path)
		}
	}
}

// After a database was restored, what it does not know can be given up: then nothing is wrong, and numbers go on
// above those that were lost.
func TestRepairGivesUpWhatTheDatabaseDoesNotKnow(t *testing.T) {
	l := newLab(t)
	l.report(host(1, "90.0"))
	l.publish()
	restore := l.backUp()
	var lost publication.Snapshot
	for i := range 2 {
		l.now = l.now.Add(time.Hour)
		l.report(host(2+i, "90.0"))
		lost = l.publish()
	}
	full, delta := l.named(lost)
	restore()
	for _, dry := range []bool{true, false} {
		if problems := l.problems(); strings.Count(problems, "does not know") != 2 {
			t.Fatalf("problems: %s", problems)
		}
		done, err := l.repairer.Repair(l.ctx, org, damage.Repairing{GiveUpUnknown: true, Dry: dry})
		if err != nil || len(done.Files) != 2 || done.Left != 0 {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	v := l.verify()
	if len(v.Unknown) > 0 {
		t.Errorf("left: %q", v.Unknown)
	}
	for _, f := range append(full, delta...) {
		if _, err := os.Stat(l.path(f.Path)); err == nil && f.Path != "" {
			t.Errorf("%s is still there", f.Path)
		}
	}
	l.report(host(2, "91.0"))
	if next := l.publish(); next.Number != lost.Number+1 {
		t.Errorf("the next snapshot is %d, after %d was lost", next.Number, lost.Number)
	}
	l.verify()
	done, err := l.repairer.Repair(l.ctx, org, damage.Repairing{GiveUpUnknown: true})
	if err != nil || len(done.Files) != 0 {
		t.Errorf("again: %+v, %v", done, err)
	}
}

// Files of a manifest that a crash left are removed, because the database knows the attempt.
func TestSweepRemovesManifestsThatNobodyPublished(t *testing.T) {
	l := newLab(t)
	l.report(host(1, "90.0"))
	first := l.publish()
	l.now = l.now.Add(time.Hour)
	l.trace = func(step string) {
		if step == "seal" {
			l.publisher.Stop()
		}
	}
	if _, err := l.publisher.Publish(l.ctx, org).Wait(l.ctx); err == nil {
		t.Fatal("a stopped process published")
	}
	l.trace = nil
	l.close()
	l.open() // finishes the generation
	newest, err := l.store.Publication.Latest(l.ctx, org)
	if err != nil || newest.Number != first.Number+1 {
		t.Fatalf("the newest snapshot is %d (%v), want %d", newest.Number, err, first.Number+1)
	}
	if err := l.publisher.Retire(l.ctx, org); err != nil {
		t.Fatal(err)
	}
	l.checkNoOrphans([]publication.Snapshot{first, newest})
	l.verify()
}

func TestVerifyNamesDamageOfTheDatabaseAndOfFiles(t *testing.T) {
	for name, damage := range map[string]struct {
		do   func(l *lab, s publication.Snapshot)
		want string
	}{
		"folder of an organization": {func(l *lab, s publication.Snapshot) { os.RemoveAll(l.path(org)) }, "file is gone"},
		"manifest":                  {func(l *lab, s publication.Snapshot) { l.flipByte(s.Manifest.Path) }, "manifest"},
		"index": {func(l *lab,
			s publication.Snapshot) {
			l.flipByte(l.manifest(s).Ranges[0].Index.Path)
		}, "index"},
		"deltas": {func(l *lab, s publication.Snapshot) { l.flipByte(l.manifest(s).Deltas.Path) },
			"deltas"},
		"sheet": {func(l *lab, s publication.Snapshot) { l.flipByte(l.index(s, 0).Sheet.Path) },
			"sheet"},
		"unknown organization": {func(l *lab, s publication.Snapshot) {
			os.MkdirAll(l.path("d1e5a3c0-0000-4000-8000-000000000000/manifest"), 0o700)
		}, "no such organization"},
		"feed":    {func(l *lab, s publication.Snapshot) { l.flipIn("feed/*/*/*") }, "feed"},
		"catalog": {func(l *lab, s publication.Snapshot) { l.flipIn("catalog/*") }, "catalog"},
		"document": {func(l *lab, s publication.Snapshot) {
			in := reports.Incoming{Device: host(1, "").Device, Source: "report", Seen: l.now, Documents: badDocuments()}
			if _, err := l.store.Reports.Receive(l.ctx, org, trust.Sender{Role: trust.Manager},
				[]reports.Incoming{in}, l.now); err != nil {
				t.Fatal(err)
			}
		}, "host-1"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.learn(weaknesses[0])
			l.report(host(1, "90.0"))
			s := l.publish()
			l.verify()
			damage.do(l, s)
			if found := l.problems(); !strings.Contains(found, damage.want) {
				t.Errorf("verify found\n%s\nwant %q named", found, damage.want)
			}
			health, err := l.verifier.VerifyAll(l.ctx, func(context.Context, int64) error { return nil })
			if err != nil || health.Sum() == 0 || !health.Time.Equal(l.now) || l.verifier.Verified().Sum() != health.Sum() {
				t.Errorf("the server's own check: %+v, %v", health, err)
			}
		})
	}
}

// The full files of an old snapshot may be retired while its changes are kept. Verify still reads
// the files that newer snapshots share.
func TestVerifyReadsWhatARetiredSnapshotShares(t *testing.T) {
	l := labAt(t, t.TempDir(), crashSettings())
	l.report(host(1, "90.0"))
	first := l.publish()
	for range 2 {
		l.now = l.now.Add(time.Minute)
		l.publish()
	}
	first, err := l.store.Publication.Snapshot(l.ctx, org, first.Number)
	if err != nil || first.Full != publication.Retired || first.Delta != publication.Kept {
		t.Fatalf("the files of the first snapshot are %s and %s, %v", first.Full, first.Delta, err)
	}
	l.verify()
	full, _ := l.named(first)
	index := l.manifest(first).Ranges[0].Index
	// The files that an index names are known only while the index is sound.
	for _, files := range [][]snapshot.File{slices.DeleteFunc(full, func(f snapshot.File) bool { return f == index }),
		{index}} {
		for _, f := range files {
			l.flipByte(f.Path)
		}
		found := l.problems()
		for _, f := range files {
			if !strings.Contains(found, f.Path) {
				t.Errorf("verify found %q, want damage of %s, which newer snapshots name", found, f.Path)
			}
		}
	}
}

// flipIn changes a byte of the first file that matches a pattern.
func (l *lab) flipIn(pattern string) {
	l.Helper()
	found, err := filepath.Glob(filepath.Join(l.folder, pattern))
	if err != nil || len(found) == 0 {
		l.Fatalf("%s: %q, %v", pattern, found, err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		l.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(found[0], data, 0o600); err != nil {
		l.Fatal(err)
	}
}

// badDocuments are documents that cannot be decoded.
func badDocuments() []inventory.Document {
	return []inventory.Document{{Section: inventory.SectionSoftware, Hash: [32]byte{1}, Data: []byte("not a document")}}
}

// A slow verification must not report files that were retired while it ran.
func TestVerifyTakesWhatIsRetiredMeanwhileForNoDamage(t *testing.T) {
	l := newLab(t)
	l.settings = crashSettings()
	l.close()
	l.open()
	l.learn(weaknesses[0])
	for i := range 3 {
		l.report(host(1, fmt.Sprint(90+i)), host(2, "90.0"))
		l.publish()
		l.now = l.now.Add(time.Hour)
	}
	left := 0
	for step := 1; ; step++ {
		left = step
		health, err := l.verifier.VerifyAll(l.ctx, func(context.Context, int64) error {
			if left--; left == 0 {
				l.report(host(1, fmt.Sprint(100+step)))
				l.publish() // this retires all but the two newest
				l.now = l.now.Add(time.Hour)
			}
			return nil
		})
		if err != nil || health.Sum() != 0 {
			t.Fatalf("published at step %d: %d problems, %v\n%s", step, health.Sum(), err, l.problems())
		}
		if left > 0 {
			return
		}
	}
}
