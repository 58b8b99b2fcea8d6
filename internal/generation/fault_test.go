package generation_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/testneed"
)

// Law 3: "a damaged part is noticed, named, never copied on and never served as
// if whole."
func TestDamagedPartIsNotCopied(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	l.report(host(1, "90.0"), host(2, "90.0"))
	first := l.publish()
	part := l.parts(first, false, defender.Vulnerabilities)[0]
	l.flipByte(part.Path)

	l.now = l.now.Add(time.Hour)
	l.report(host(1, "91.0"))
	_, err := l.publisher.Publish(context.Background(), org).Wait(l.ctx)
	if !errors.Is(err, snapshot.ErrDamaged) || !strings.Contains(err.Error(), part.Path) {
		t.Errorf("publishing on a damaged part: %v, want ErrDamaged naming %s", err, part.Path)
	}
	newest, err := l.store.Publication.Latest(l.ctx, org)
	if err != nil || newest.Number != first.Number {
		t.Errorf("the newest snapshot is %d (%v), want %d", newest.Number, err, first.Number)
	}
	v, err := l.verifier.Verify(l.ctx, org)
	if err != nil || len(v.Problems) == 0 || !strings.Contains(v.Problems[0], part.Path) {
		t.Errorf("verify found %q (%v), want the damaged part", v.Problems, err)
	}
}

func (l *lab) flipByte(name string) {
	l.Helper()
	path := filepath.Join(l.folder, "files", name)
	data, err := os.ReadFile(path)
	if err != nil {
		l.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		l.Fatal(err)
	}
}

// doc/design.md, section 2.3: "A device that cannot be assessed keeps its old rows, is named in the
// manifest, and is tried again next time."
func TestDeviceThatCannotBeAssessedKeepsItsRows(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	l.report(host(1, "90.0"), host(2, "90.0"))
	first := l.publish()

	l.now = l.now.Add(time.Hour)
	bad := reports.Incoming{Device: host(1, "").Device, Source: "report", Seen: l.now,
		Documents: []inventory.Document{{Section: inventory.SectionSoftware, Hash: [32]byte{1},
			Data: []byte("no document")}}}
	if _, err := l.store.Reports.Receive(l.ctx, org, trust.Sender{Role: trust.Manager},
		[]reports.Incoming{bad}, l.now); err != nil {
		t.Fatal(err)
	}
	l.report(host(2, "200.0"))
	second := l.publish()
	l.checkLaw1(&first, second)
	kept := l.delta(second, 0).Unassessed
	if len(kept) != 1 || kept[0].Device != host(1, "").Device.ID || kept[0].Problem == "" {
		t.Errorf("kept devices: %+v, want host-1 with its problem", kept)
	}

	l.now = l.now.Add(time.Hour)
	l.report(host(1, "200.0"))
	third := l.publish()
	if d := l.delta(third, 0); len(d.Unassessed) != 0 {
		t.Errorf("kept devices after a good report: %+v", d.Unassessed)
	}
	if rows := l.rows(third, defender.Vulnerabilities, false); len(rows) != 0 {
		t.Errorf("%d findings are left after both upgrades", len(rows))
	}
	l.verify()
}

// Issue 2: "a full disk (the generation fails cleanly, the old snapshot stays, acknowledged reports
// stay)". The limit of the file size is above the database's size and below that of this device's
// part.
func TestFullDisk(t *testing.T) { testneed.Alone(t, testFullDisk) }

func testFullDisk(t *testing.T) {
	l := newLab(t)
	known := make([]inteltest.Weakness, 8) // each has a row that repeats the paths
	for i := range known {
		known[i] = inteltest.Weakness{CVE: fmt.Sprintf("CVE-2024-%04d", i+1), Vendor: "google", Product: "chrome",
			Before: "100", Score: 9.8}
	}
	l.learn(known...)
	l.report(host(1, "90.0"))
	first := l.publish()
	l.now = l.now.Add(time.Hour)
	l.report(host(1, "91.0"), bulky())

	restore := testneed.LimitFiles(t, uint64(l.databaseSize()+(600<<10)))
	_, err := l.publisher.Publish(context.Background(), org).Wait(l.ctx)
	restore()
	if err == nil {
		t.Fatal("publishing on a full disk succeeded")
	}
	g, err := l.store.Publication.Generations(l.ctx, org, 1)
	if err != nil || g[0].State != publication.Failed || !strings.Contains(g[0].Failure, "part-") {
		t.Errorf("the generation is %d %s %q (%v), want it failed, naming the file", g[0].Number,
			g[0].State, g[0].Failure, err)
	}
	l.checkNoOrphans([]publication.Snapshot{first})

	second := l.publish()
	l.checkLaw1(&first, second)
	if n := l.manifest(second).Totals(nil).Devices; n != 2 {
		t.Errorf("%d devices, want the acknowledged 2", n)
	}
	l.verify()
}

// bulky is a device whose rows repeat paths that do not compress.
func bulky() *inventory.Report {
	r := host(2, "")
	r.Software = nil
	random := rand.New(rand.NewPCG(1, 2))
	versions := 20
	if testing.Short() {
		versions = 8
	}
	for i := range versions {
		s := inventory.Software{Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome",
			Version: fmt.Sprintf("90.0.%d", i)}
		for range 100 {
			noise := make([]byte, 450)
			for k := range noise {
				noise[k] = byte(random.Uint32())
			}
			s.DiskPaths = append(s.DiskPaths, `C:\`+hex.EncodeToString(noise))
		}
		r.Software = append(r.Software, s)
	}
	return r
}

// databaseSize is the size of the database's largest file, in bytes.
func (l *lab) databaseSize() (size int64) {
	l.Helper()
	for _, name := range []string{"muster.db", "muster.db-wal"} {
		info, err := os.Stat(filepath.Join(l.folder, name))
		if err != nil {
			l.Fatal(err)
		}
		size = max(size, info.Size())
	}
	return size
}

// A worker that was paused wakes when others have finished its generation. It must change nothing:
// of two attempts the first to commit wins.
func TestPausedWorkerWakesLate(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	l.report(host(1, "90.0"), host(2, "90.0"))
	asleep, wake := make(chan struct{}), make(chan struct{})
	var once sync.Once
	paused := l.second(func(step string) {
		if step == "complete job" {
			once.Do(func() { close(asleep); <-wake })
		}
	})
	late := paused.Publish(context.Background(), org)
	<-asleep
	if err := l.publisher.Resume(l.ctx, org); err != nil { // another node takes over
		t.Fatal(err)
	}
	sealed, err := l.store.Publication.Latest(l.ctx, org)
	if err != nil {
		t.Fatal(err)
	}
	l.now = l.now.Add(time.Hour)
	l.report(host(2, "91.0"))
	next := l.publish()
	close(wake)
	if told, err := late.Wait(l.ctx); err != nil || told.Number < sealed.Number {
		t.Errorf("who waits at the late worker is told snapshot %d, %v, want that of the others", told.Number, err)
	}
	if err := l.publisher.Retire(l.ctx, org); err != nil {
		t.Fatal(err)
	}
	newest, err := l.store.Publication.Latest(l.ctx, org)
	if err != nil || newest.Number != next.Number {
		t.Errorf("the newest snapshot is %d (%v), want %d", newest.Number, err, next.Number)
	}
	l.checkLaw1(&sealed, next)
	l.checkNoOrphans([]publication.Snapshot{sealed, next})
	l.verify()
}

// second is another Publisher on the same folder, like that of another node.
func (l *lab) second(trace func(string)) *generation.Publisher {
	l.Helper()
	checks, err := defaultChecks()
	if err != nil {
		l.Fatal(err)
	}
	p, err := generation.New(generation.Config{Store: l.store, Files: l.files, Benchmark: checks, Library: l.library,
		Settings: l.settings, Clock: func() time.Time { return l.now }, Trace: trace})
	if err != nil {
		l.Fatal(err)
	}
	return p
}

// Issue 2: publishing waits for a generation that begins after the call, and concurrent calls share
// one.
func TestPublishBeginsAfterTheCall(t *testing.T) {
	l := newLab(t)
	l.report(chrome("90.0"))
	inside, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var begun atomic.Int32
	l.trace = func(step string) {
		if step == "begin" {
			begun.Add(1)
		}
		if step == "seal" {
			once.Do(func() { close(inside); <-goOn })
		}
	}
	first := l.publisher.Publish(context.Background(), org)
	<-inside
	l.report(host(2, "90.0"))
	second := l.publisher.Publish(context.Background(), org)
	third := l.publisher.Publish(context.Background(), org)
	close(goOn)
	for i, want := range []struct {
		asked   *generation.Publication
		devices int64
	}{{first, 1}, {second, 2}, {third, 2}} {
		s, err := want.asked.Wait(l.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n := l.manifest(s).Totals(nil).Devices; n != want.devices {
			t.Errorf("publication %d has %d devices, want %d", i+1, n, want.devices)
		}
	}
	if n := begun.Load(); n != 2 {
		t.Errorf("%d generations began, want 2", n)
	}
}

// Damaged files cannot be merged from. An operator begins history again with those that are sound.
func TestRebuild(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	begin := rowTime(l.now)
	l.report(chrome("90.0.0.0"))
	first := l.publish()
	l.flipByte(l.parts(first, false, defender.Software)[0].Path)
	l.now = l.now.Add(time.Hour)
	l.report(chrome("91.0.0.0"))
	if _, err := l.publisher.Publish(context.Background(), org).Wait(l.ctx); !errors.Is(err, snapshot.ErrDamaged) {
		t.Fatalf("publishing on a damaged snapshot: %v", err)
	}
	second, err := l.publisher.Rebuild(l.ctx, org).Wait(l.ctx)
	if err != nil {
		t.Fatal(err)
	}
	l.settle()
	now := rowTime(l.now)
	l.wantSeen(second, true, seen{"91.0.0.0", "CVE-2024-0001", now, "New"}) // its first-seen was lost with the part
	l.checkLaw1(nil, second)

	l.now = l.now.Add(time.Hour)
	l.report(chrome("92.0.0.0"))
	third := l.publish()
	l.wantSeen(third, false, seen{"92.0.0.0", "CVE-2024-0001", now, ""})
	l.checkLaw1(&second, third)

	// A sound snapshot keeps its first-seen times when it is rebuilt.
	l.now = l.now.Add(time.Hour)
	fourth, err := l.publisher.Rebuild(l.ctx, org).Wait(l.ctx)
	if err != nil {
		t.Fatal(err)
	}
	l.settle()
	l.wantSeen(fourth, false, seen{"92.0.0.0", "CVE-2024-0001", now, ""})
	if begin == now {
		t.Fatal("the clock stood still")
	}
}
