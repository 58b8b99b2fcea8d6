package generation_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// makeEarlier turns all snapshots into those of an earlier program: manifests of version 1 that
// hold everything, without index and deltas. Snapshots whose full files are retired stay as they
// are.
func (l *lab) makeEarlier() {
	l.Helper()
	l.close()
	l.open() // ends the lease of the last generation
	all, err := l.store.Publication.Snapshots(l.ctx, org)
	if err != nil {
		l.Fatal(err)
	}
	for _, s := range all {
		if s.Full == publication.Kept {
			l.makeEarlierOne(s)
		}
	}
	for _, folder := range []string{"/index", "/projection"} {
		if err := os.RemoveAll(l.path(org + folder)); err != nil {
			l.Fatal(err)
		}
	}
	l.close()
	l.open() // with an empty cache
}

func (l *lab) makeEarlierOne(s publication.Snapshot) {
	l.Helper()
	m := *l.manifest(s)
	m.Version, m.Told = 1, counts.Told{}
	data, _, err := snapshot.ManifestBytes("", &m)
	if err != nil {
		l.Fatal(err)
	}
	totals, err := json.Marshal(m.Totals(nil)) // without coverage
	if err != nil {
		l.Fatal(err)
	}
	change := publication.Repair{Number: s.Number, Before: s.Manifest.SHA256, Manifest: s.Manifest}
	change.Manifest.Totals = string(totals)
	change.Manifest.Attempt = uuid.NewString()
	change.Manifest.Path = strings.Replace(s.Manifest.Path, snapshot.AttemptOf(s.Manifest.Path)+".manifest",
		change.Manifest.Attempt+".json", 1)
	change.Manifest.SHA256 = snapshot.DigestOf(data)
	if change.Manifest.Path == s.Manifest.Path {
		return // it is one of version 1 already
	}
	if err := os.WriteFile(l.path(change.Manifest.Path), data, 0o600); err != nil {
		l.Fatal(err)
	}
	held, _, err := l.publisher.Hold(l.ctx, org) // the publishing goroutine releases it a moment later
	if err != nil {
		l.Fatal(err)
	}
	defer held.Release()
	if err := held.Lease().Reseal(l.ctx, change, l.now); err != nil {
		l.Fatal(err)
	}
	for _, name := range snapshot.ManifestFiles(s.Manifest.Path) {
		if err := os.Remove(l.path(name)); err != nil && !os.IsNotExist(err) {
			l.Fatal(err)
		}
	}
}

// upgrade upgrades the program at some time of its life. No earlier one knew object storage.
func (h *history) upgrade(t *rapid.T) {
	h.TB = t
	if h.remote != nil {
		return
	}
	h.makeEarlier()
	if h.last != nil {
		newest, err := h.store.Publication.Latest(h.ctx, org)
		if err != nil {
			t.Fatal(err)
		}
		h.last = &newest
	}
	if h.watched != nil {
		h.watched.feeds = nil // manifests of an earlier program do not say which feeds are old
	}
}

// Files of an earlier program are adopted by an index if nothing in their range changed. They are
// found by their names, verified, and retired with the last snapshot that names them.
func TestEarlierFilesAreAdopted(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:3]...)
	l.report(host(1, "90.0"), host(2, "90.0"))
	l.publish()
	l.makeEarlier()
	first, err := l.store.Publication.Latest(l.ctx, org)
	if err != nil || l.manifest(first).Version != 1 {
		t.Fatalf("the manifest has version %d, %v", l.manifest(first).Version, err)
	}
	l.verify()
	old := l.index(first, 0)
	l.now = l.now.Add(time.Hour)
	second := l.publish()
	m := l.manifest(second)
	if r := &m.Ranges[0]; !r.Adopted || r.Index.Path == "" || m.Deltas.Path != "" {
		t.Errorf("the range is %+v", r)
	}
	if l.index(second, 0).Projection.Path == "" {
		t.Error("the adopted range has no projection")
	}
	if diff := cmp.Diff(old, l.index(second, 0), cmpopts.IgnoreFields(snapshot.Index{}, "Projection")); diff != "" {
		t.Errorf("the index names other files (-want +got):\n%s", diff)
	}
	for _, s := range []publication.Snapshot{first, second} {
		name := old.Full.Of(defender.Software).Path
		if p, err := l.manifest(s).Find(partName(t, name)); err != nil || p == nil || p.Path != name {
			t.Errorf("in snapshot %d the part is %+v, %v", s.Number, p, err)
		}
	}
	l.checkLaw1(&first, second)
	l.verify()
	l.now = l.now.Add(time.Hour)
	third := l.publish() // names the adopted files again
	if diff := cmp.Diff(m.Ranges[0].Index, l.manifest(third).Ranges[0].Index); diff != "" {
		t.Errorf("the index of the adopted range changed (-want +got):\n%s", diff)
	}
	for day := range 8 {
		l.later(24 * time.Hour)
		l.report(host(1, "9"+string(rune('0'+day))))
		l.publish()
		l.verify()
	}
	if _, err := os.Stat(l.path(old.Sheet.Path)); !os.IsNotExist(err) {
		t.Errorf("an adopted sheet was not retired: %v", err)
	}
}

func partName(t *testing.T, name string) *snapshot.PartName {
	t.Helper()
	p, ok := snapshot.ParsePartName(name)
	if !ok {
		t.Fatalf("%q is not the name of a part", name)
	}
	return &p
}

// A generation that an earlier program left unfinished is given up. The next one has all of its
// rows.
func TestEarlierGenerationIsBegunAnew(t *testing.T) {
	l := newLab(t)
	l.report(host(1, "90.0"))
	l.publish()
	l.now = l.now.Add(time.Hour)
	l.report(host(2, "90.0"))
	g, _, err := l.store.Publication.Begin(l.ctx, org, l.now,
		func(*publication.Pinning) (publication.Terms, error) { return publication.Terms{Pin: l.pinOf()}, nil })
	if err != nil {
		t.Fatal(err)
	}
	attempt := publication.Attempt{ID: uuid.NewString()}
	if _, err := l.store.Publication.Plan(l.ctx, org, g.Number,
		func(*publication.Planning) ([]byte, error) { return g.Pin, nil }); err != nil {
		t.Fatal(err)
	}
	worker, err := l.store.Workers.Join(l.ctx, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := worker.Start(l.ctx, org, g.Number, attempt); err != nil {
		t.Fatal(err)
	}
	made := `{"group":0,"lo":"","devices":2,"sheet":{"path":"` + org + `/sheet/x","bytes":1,"sha256":"` +
		strings.Repeat("00", 32) + `"},"severities":{}}`
	if _, err := worker.Complete(l.ctx, org, g.Number,
		publication.Outcome{Attempt: attempt, Result: []byte(made)}); err != nil {
		t.Fatal(err)
	}
	l.close()
	l.open()
	if found, err := l.store.Publication.Generation(l.ctx, org, g.Number); err != nil ||
		found.State != publication.Failed {
		t.Fatalf("the generation is %v, %v", found.State, err)
	}
	if n := l.manifest(l.publish()).Totals(nil).Devices; n != 2 {
		t.Errorf("%d devices, want 2", n)
	}
	l.verify()
}

// pinOf returns the pin of the newest snapshot's generation, changed for the next.
func (l *lab) pinOf() []byte {
	l.Helper()
	s, err := l.store.Publication.Latest(l.ctx, org)
	if err != nil {
		l.Fatal(err)
	}
	g, err := l.store.Publication.Generation(l.ctx, org, s.Number)
	if err != nil {
		l.Fatal(err)
	}
	return []byte(strings.Replace(string(g.Pin), `"previous":0`, `"previous":1`, 1))
}

// A snapshot of an earlier program is repaired in its own version.
func TestEarlierSnapshotIsRepaired(t *testing.T) {
	for _, kind := range []string{"part", "delta part", "sheet"} {
		t.Run(kind, func(t *testing.T) {
			l, first, second := twoSnapshots(t)
			want, name := l.everything(second), kinds(l, first, second)[kind]
			l.makeEarlier()
			l.flipByte(name)
			if done := l.repair(damage.Repairing{}); hows(done) != "made again" || done.Left != 0 {
				t.Errorf("repaired: %+v", done)
			}
			l.verify()
			repaired, err := l.store.Publication.Latest(l.ctx, org)
			if err != nil || l.manifest(repaired).Version != 1 {
				t.Fatalf("the repaired manifest has version %d, %v", l.manifest(repaired).Version, err)
			}
			if diff := cmp.Diff(want, l.everything(repaired)); diff != "" {
				t.Errorf("rows (-before +repaired):\n%s", diff)
			}
			l.now = l.now.Add(time.Hour)
			l.report(host(3, "130.0"))
			third := l.publish()
			l.checkLaw1(&repaired, third)
			l.verify()
			v, err := l.verifier.Verify(l.ctx, org)
			if err != nil || len(v.Unknown) > 0 {
				t.Errorf("files that no manifest names: %q, %v", v.Unknown, err)
			}
		})
	}
}
