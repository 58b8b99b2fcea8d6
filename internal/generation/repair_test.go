package generation_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// twoSnapshots makes a lab in which the second snapshot differs from the first in two devices.
func twoSnapshots(t tester) (l *lab, first, second publication.Snapshot) {
	l = newLab(t)
	l.learn(weaknesses[:3]...)
	l.report(host(1, "90.0"), host(2, "90.0"), host(3, "90.0"))
	first = l.publish()
	l.now = l.now.Add(time.Hour)
	l.report(host(1, "110.0"), host(2, "99.0"))
	return l, first, l.publish()
}

// repair repairs, and fails the test if that fails.
func (l *lab) repair(how damage.Repairing) control.RepairReport {
	l.Helper()
	report, err := l.repairer.Repair(l.ctx, org, how)
	if err != nil {
		l.Fatal(err)
	}
	return report
}

// hows returns what was done, each way once.
func hows(report control.RepairReport) string {
	var all []string
	for _, f := range report.Files {
		all = append(all, f.How)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// kinds returns one file of each kind of the newer of two snapshots.
func kinds(l *lab, first, second publication.Snapshot) map[string]string {
	return map[string]string{
		"part":           l.parts(second, false, defender.Vulnerabilities)[0].Path,
		"delta part":     l.parts(second, true, defender.Vulnerabilities)[0].Path,
		"sheet":          l.index(second, 0).Sheet.Path,
		"index":          l.manifest(second).Ranges[0].Index.Path,
		"deltas":         l.manifest(second).Deltas.Path,
		"older index":    l.manifest(first).Ranges[0].Index.Path,
		"older deltas":   l.manifest(first).Deltas.Path,
		"manifest":       second.Manifest.Path,
		"older manifest": first.Manifest.Path,
		"older part":     l.parts(first, false, defender.Vulnerabilities)[0].Path,
	}
}

// A copy with the right hash replaces a damaged file, whatever its name, and nothing else changes.
func TestRepairFromACopy(t *testing.T) {
	for _, kind := range []string{"part", "delta part", "sheet", "index", "deltas", "manifest", "older manifest",
		"older part", "older index", "older deltas"} {
		t.Run(kind, func(t *testing.T) {
			l, first, second := twoSnapshots(t)
			name := kinds(l, first, second)[kind]
			backup := t.TempDir()
			scatter(t, filepath.Join(l.folder, "files"), backup)
			l.flipByte(name)
			l.close()
			l.open() // with an empty cache
			dry := l.repair(damage.Repairing{From: os.DirFS(backup), Dry: true})
			if l.problems() == "" {
				t.Fatal("the dry run repaired")
			}
			done := l.repair(damage.Repairing{From: os.DirFS(backup)})
			if hows(done) != "restored" || len(done.Files) != 1 || done.Files[0].File != name || done.Left != 0 {
				t.Errorf("repaired: %+v", done)
			}
			if diff := cmp.Diff(done.Files, dry.Files); diff != "" {
				t.Errorf("the dry run reported (-done +dry):\n%s", diff)
			}
			l.verify()
			l.checkNoOrphans([]publication.Snapshot{first, second})
		})
	}
}

// scatter copies files to one folder, under names without meaning.
func scatter(t testing.TB, from, to string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		return os.WriteFile(filepath.Join(to, fmt.Sprint("copy", n)), data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Without a copy, law 1 gives each of its three sides from the other two.
func TestRepairByLaw1(t *testing.T) {
	for _, kind := range []string{"part", "delta part", "sheet", "index", "older index", "deltas", "manifest"} {
		t.Run(kind, func(t *testing.T) {
			l, first, second := twoSnapshots(t)
			name := kinds(l, first, second)[kind]
			want := l.everything(second)
			l.flipByte(name)
			l.close()
			l.open()
			if dry := l.repair(damage.Repairing{Dry: true}); hows(dry) != "made again" {
				t.Errorf("the dry run reported: %+v", dry)
			}
			if done := l.repair(damage.Repairing{}); hows(done) != "made again" || done.Left != 0 {
				t.Errorf("repaired: %+v", done)
			}
			l.verify()
			repaired, err := l.store.Publication.Latest(l.ctx, org)
			if err != nil || repaired.Number != second.Number {
				t.Fatalf("the newest snapshot is %d (%v), want %d", repaired.Number, err, second.Number)
			}
			byteForByte := slices.Contains([]string{"manifest", "index", "older index", "deltas"}, kind)
			if (repaired.Manifest.SHA256 == second.Manifest.SHA256) != byteForByte {
				t.Error("a repair by law 1 must change the manifest's hash, and one byte for byte must not")
			}
			if diff := cmp.Diff(want, l.everything(repaired)); diff != "" {
				t.Errorf("rows (-before +repaired):\n%s", diff)
			}
			l.checkLaw1(&first, repaired)
			l.checkNoOrphans([]publication.Snapshot{first, repaired})

			l.now = l.now.Add(time.Hour)
			l.report(host(3, "130.0"))
			third := l.publish()
			l.checkLaw1(&repaired, third)
			l.verify()
		})
	}
}

// everything returns all rows of a snapshot and its changes, without last-seen times.
func (l *lab) everything(s publication.Snapshot) map[string]table {
	l.Helper()
	all := map[string]table{}
	for d := range defender.Dataset(defender.DatasetCount) {
		all[d.String()] = l.rows(s, d, false).without(lastSeen...)
		all[d.String()+" changes"] = l.rows(s, d, true).without(lastSeen...)
	}
	return all
}

// A file that nothing can restore is left and reported. With GiveUp its range begins anew: rows
// that can be read keep their first-seen times, and the delta leads from no snapshot.
func TestRepairBeginsARangeAnew(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:3]...)
	begin := rowTime(l.now)
	l.report(host(1, "90.0"), host(2, "90.0"))
	first := l.publish()
	l.flipByte(l.parts(first, false, defender.Software)[0].Path)
	l.now = l.now.Add(time.Hour)
	l.close()
	l.open()
	if left := l.repair(damage.Repairing{}); hows(left) != "left" || left.Left != 1 {
		t.Fatalf("repaired: %+v", left)
	}
	if l.problems() == "" {
		t.Fatal("the damage disappeared")
	}
	done := l.repair(damage.Repairing{GiveUp: true})
	second, err := l.store.Publication.Latest(l.ctx, org)
	if err != nil || hows(done) != "begun anew" || done.Published != second.Number || second.Number == first.Number {
		t.Fatalf("repaired: %+v, the newest snapshot is %d (%v)", done, second.Number, err)
	}
	m := l.manifest(second)
	if m.Previous != snapshot.BeganAnew || !m.Ranges[0].Anew {
		t.Errorf("the snapshot was merged from %d, its range anew: %t", m.Previous, m.Ranges[0].Anew)
	}
	for key, row := range l.rows(second, defender.Vulnerabilities, false) {
		if row["FirstSeenTimestamp"] != begin {
			t.Errorf("%s was first seen at %v, want %v: its part was sound", key, row["FirstSeenTimestamp"], begin)
		}
	}
	l.verify()
	l.now = l.now.Add(time.Hour)
	third := l.publish() // reuses the range
	if m := l.manifest(third); m.Previous != second.Number || m.Ranges[0].Anew {
		t.Errorf("the next snapshot was merged from %d, its range anew: %t", m.Previous, m.Ranges[0].Anew)
	}
	l.checkLaw1(&second, third)
	l.verify()
}

// Lost files of an older snapshot are given up.
func TestRepairGivesUpOldFiles(t *testing.T) {
	for _, kind := range []string{"older part", "older manifest"} {
		t.Run(kind, func(t *testing.T) {
			l, first, second := twoSnapshots(t)
			l.flipByte(kinds(l, first, second)[kind])
			l.close()
			l.open()
			if done := l.repair(damage.Repairing{GiveUp: true}); hows(done) != "given up" || done.Published != 0 {
				t.Errorf("repaired: %+v", done)
			}
			old, err := l.store.Publication.Snapshot(l.ctx, org, first.Number)
			if err != nil || old.Full != publication.Retired {
				t.Errorf("the full files are %s (%v)", old.Full, err)
			}
			l.verify()
			l.now = l.now.Add(48 * time.Hour)
			l.publish()
			l.verify()
		})
	}
}

// All files of a lost index are made again, because nothing else names them. If one of its parts is
// damaged, too, the index gets other bytes.
func TestRepairOfALostIndex(t *testing.T) {
	l, first, second := twoSnapshots(t)
	want := l.everything(second)
	names := kinds(l, first, second)
	l.flipByte(names["index"])
	l.flipByte(names["part"])
	l.close()
	l.open()
	if dry := l.repair(damage.Repairing{Dry: true}); hows(dry) != "made again" {
		t.Errorf("the dry run reported: %+v", dry)
	}
	if done := l.repair(damage.Repairing{}); hows(done) != "made again" || done.Left != 0 {
		t.Errorf("repaired: %+v", done)
	}
	l.verify()
	repaired, err := l.store.Publication.Latest(l.ctx, org)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, l.everything(repaired)); diff != "" {
		t.Errorf("rows (-before +repaired):\n%s", diff)
	}
	l.checkNoOrphans([]publication.Snapshot{first, repaired})
}

// Deltas that nothing can restore are given up alone: the full files stay, and the next snapshot is
// merged from them.
func TestRepairGivesUpLostDeltas(t *testing.T) {
	for _, kind := range []string{"older deltas", "deltas"} {
		t.Run(kind, func(t *testing.T) {
			l, first, second := twoSnapshots(t)
			if kind == "deltas" { // after the second seal the database cannot restore them
				l.flipByte(kinds(l, first, second)["part"])
				l.repair(damage.Repairing{})
				second, _ = l.store.Publication.Latest(l.ctx, org)
			}
			lost := map[string]publication.Snapshot{"older deltas": first, "deltas": second}[kind]
			name := kinds(l, first, second)[kind]
			l.flipByte(name)
			l.close()
			l.open()
			if left := l.repair(damage.Repairing{}); hows(left) != "left" || left.Left != 1 || left.Files[0].File != name {
				t.Errorf("repaired: %+v", left)
			}
			if done := l.repair(damage.Repairing{GiveUp: true}); hows(done) != "given up" || done.Published != 0 {
				t.Errorf("repaired: %+v", done)
			}
			now, err := l.store.Publication.Snapshot(l.ctx, org, lost.Number)
			if err != nil || now.Full != publication.Kept || now.Delta != publication.Retired {
				t.Errorf("the files are %s and %s (%v)", now.Full, now.Delta, err)
			}
			l.verify()
			l.now = l.now.Add(time.Hour)
			l.report(host(3, "130.0"))
			third := l.publish()
			l.checkLaw1(&second, third)
			l.verify()
		})
	}
}

// After a repair of any damage of any history all is well, and the next snapshot is the same as
// without the damage.
func TestRepairLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &history{lab: newLab(t), reports: map[string]*inventory.Report{}}
		var backup fs.FS
		for range rapid.IntRange(1, 3).Draw(t, "generations") {
			for range rapid.IntRange(1, 4).Draw(t, "steps") {
				rapid.SampledFrom([]func(*rapid.T){h.someReport, h.someReport, h.someKnowledge, h.someRules, h.someRemoval,
					h.wait}).Draw(t, "step")(t)
			}
			h.TB = t
			h.generation()
			if rapid.IntRange(0, 3).Draw(t, "upgrade") == 0 {
				h.upgrade(t)
			}
			if rapid.IntRange(0, 3).Draw(t, "backup") == 0 {
				folder, err := os.MkdirTemp(h.folder, "backup")
				if err != nil {
					t.Fatal(err)
				}
				if err := os.CopyFS(folder, os.DirFS(filepath.Join(h.folder, "files"))); err != nil {
					t.Fatal(err)
				}
				backup = os.DirFS(folder)
			}
		}
		h.damage(t)
		h.close()
		h.open()
		report := h.repair(damage.Repairing{From: backup, GiveUp: true})
		if found := h.problems(); found != "" {
			t.Fatalf("after %+v verify found\n%s", report, found)
		}
		newest, err := h.store.Publication.Latest(h.ctx, org)
		if err != nil {
			t.Fatal(err)
		}
		h.last = &newest
		h.repaired = true
		h.someReport(t)
		h.TB = t
		h.checkFromNothing(t, h.generation())
		h.verify()
	})
}

func (h *history) wait(t *rapid.T) {
	h.TB = t
	h.later(rapid.SampledFrom([]time.Duration{time.Second, time.Hour, 24 * time.Hour}).Draw(t, "time"))
}

// damage spoils some files.
func (h *history) damage(t *rapid.T) {
	var all []string
	if err := h.files.List(h.ctx, ".", func(name string) error { all = append(all, name); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(withoutID(a), withoutID(b)) })
	for range rapid.IntRange(1, 3).Draw(t, "damages") {
		name := rapid.SampledFrom(all).Draw(t, "file")
		path := h.path(name)
		data, err := os.ReadFile(path)
		if err != nil {
			continue // earlier damage removed it
		}
		switch rapid.IntRange(0, 2).Draw(t, "damage") {
		case 0:
			os.Remove(path)
		case 1:
			data = data[:len(data)/2]
			fallthrough
		default:
			if len(data) > 0 {
				data[rapid.IntRange(0, len(data)-1).Draw(t, "byte")] ^= 1
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// withoutID is a name without the random id of its attempt.
func withoutID(name string) string { return strings.ReplaceAll(name, snapshot.AttemptOf(name), "") }

// TestRepairMayDieAtAnyStep kills a repair at steps of its own, in its short form at the first and the last of
// each name. What dies leaves the old state or the new one, and can be repeated.
func TestRepairMayDieAtAnyStep(t *testing.T) {
	names := repairDies(t, 0)
	if len(names) < 10 {
		t.Fatalf("only %d steps", len(names))
	}
	for _, step := range deadly(names) {
		if len(repairDies(t, step)) != step {
			t.Fatalf("a repair had other steps than another one of the same damage, before step %d", step)
		}
	}
}

// repairDies repairs two damaged snapshots, dies at a step, or at none if it is 0, and goes on after a restart. It
// returns the names of the steps that there were.
func repairDies(t *testing.T, step int) (names []string) {
	t.Helper()
	l, first, second := twoSnapshots(t)
	l.flipByte(kinds(l, first, second)["part"])
	l.flipByte(l.parts(second, true, defender.Software)[0].Path)
	l.close()
	l.open()
	func() {
		const killed = "killed"
		defer func() {
			if what := recover(); what != nil && what != killed {
				panic(what)
			}
		}()
		l.trace = func(name string) {
			if names = append(names, name); len(names) == step {
				panic(killed)
			}
		}
		if _, err := l.repairer.Repair(context.Background(), org, damage.Repairing{}); err != nil {
			t.Errorf("step %d: %v", step, err)
		}
	}()
	l.trace = nil
	l.close()
	l.open()
	l.repair(damage.Repairing{GiveUp: true})
	if found := l.problems(); found != "" {
		t.Fatalf("step %d: verify found\n%s", step, found)
	}
	l.now = l.now.Add(time.Hour)
	l.publish()
	l.verify()
	v, err := l.verifier.Verify(l.ctx, org)
	if err != nil || len(v.Unknown) > 0 {
		t.Fatalf("step %d: files that no manifest names: %q (%v)", step, v.Unknown, err)
	}
	l.close()
	return names
}
