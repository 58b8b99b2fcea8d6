package generation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/bucket"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
	"github.com/muster-project/muster/internal/watch"
)

const org = organization.Default

// defaultChecks are compiled once for all labs.
var defaultChecks = sync.OnceValues(benchmark.Default)

// lab is a data folder with everything that works on it, and a clock that only tests move.
type lab struct {
	rapid.TB
	ctx       context.Context
	folder    string
	url       string                                    // of a PostgreSQL database, empty for SQLite in the folder
	remote    func(cache string) (*bucket.Store, error) // opens the store of files; nil for the folder
	now       time.Time
	settings  generation.Settings
	checks    *benchmark.Benchmark // of the program; nil for those that come with it
	trace     func(string)
	settling  atomic.Bool      // see settle
	leases    func() time.Time // the database's clock, nil for the machine's
	store     *store.Store
	dir       *blob.Dir
	files     *snapshot.Files
	library   *library.Library
	publisher *generation.Publisher
	receiver  *receive.Receiver
	verifier  *damage.Verifier
	repairer  *damage.Repairer
}

// noon is the time at which most tests begin.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// tester has the methods that *testing.T, *testing.B and *rapid.T share.
type tester interface {
	rapid.TB
	Cleanup(func())
	Context() context.Context
}

func newLab(t tester) *lab {
	t.Helper()
	folder, err := os.MkdirTemp("", "muster-lab")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return labAt(t, folder, generation.DefaultSettings())
}

// labAt opens an existing folder.
func labAt(t tester, folder string, settings generation.Settings) *lab {
	t.Helper()
	l := &lab{TB: t, ctx: t.Context(), folder: folder, now: noon, settings: settings}
	t.Cleanup(l.close)
	l.open()
	return l
}

// open opens the folder as the program does when it starts.
func (l *lab) open() {
	l.Helper()
	var err error
	kept := store.Config{Database: l.database()}
	if kept.Database.Path != "" {
		err = storetest.Fresh(kept.Database.Path)
	}
	if err == nil {
		l.store, err = store.Open(l.ctx, kept)
	}
	if err != nil {
		l.Fatal(err)
	}
	if err := l.store.Organizations.Ensure(l.ctx, org, "lab"); err != nil {
		l.Fatal(err)
	}
	openDir := blob.OpenDir
	if l.url != "" { // other processes use the folder
		openDir = blob.OpenShared
	}
	var files, intelligence blob.Store
	if l.remote != nil {
		files, intelligence = l.openRemote()
	} else {
		if l.dir, err = openDir(filepath.Join(l.folder, "files")); err != nil {
			l.Fatal(err)
		}
		l.dir.Step = func(op, name string) error {
			if op != "write" && op != "mkdir" { // a crash there loses nothing new
				l.step(op)
			}
			return nil
		}
		if intelligence, err = openDir(l.folder, library.Folders()...); err != nil {
			l.Fatal(err)
		}
		files = l.dir
	}
	l.files = snapshot.New(files)
	checks := l.checks
	if checks == nil {
		if checks, err = defaultChecks(); err != nil {
			l.Fatal(err)
		}
	}
	// Builds run beside the test, which moves its clock, so they get a clock that stands still.
	l.library = library.New(library.Config{Store: l.store, Files: intelligence, Folder: l.folder,
		Clock: func() time.Time { return noon }})
	l.publisher, err = generation.New(generation.Config{
		Store: l.store, Files: l.files, Benchmark: checks, Library: l.library, Settings: l.settings,
		Clock: func() time.Time { return l.now }, Trace: l.step, Alone: l.url == "",
	})
	if err != nil {
		l.Fatal(err)
	}
	codec, err := stored.NewCodec()
	if err != nil {
		l.Fatal(err)
	}
	l.receiver = receive.New(receive.Config{Reports: l.store.Reports, Watcher: l.publisher.Watcher(), Codec: codec,
		Clock: func() time.Time { return l.now }})
	config := damage.Config{Store: l.store, Files: l.files, Library: l.library, Publisher: l.publisher,
		Clock: func() time.Time { return l.now }, Trace: func(step string) {
			if step != "verify" {
				l.step(step)
			}
		}}
	if l.verifier, err = damage.NewVerifier(config); err != nil {
		l.Fatal(err)
	}
	l.repairer = damage.NewRepairer(config)
	if err := l.library.Resume(l.ctx); err != nil {
		l.Fatal(err)
	}
	if err := l.publisher.Resume(l.ctx, org); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) database() database.Config {
	if l.url != "" {
		return database.Config{URL: l.url, Clock: l.leases}
	}
	return database.Config{Path: filepath.Join(l.folder, "muster.db"), Clock: l.leases}
}

// imported imports feeds and waits until the catalog is built.
func (l *lab) imported(imports ...library.Import) error {
	_, build, err := l.library.Import(l.ctx, imports...)
	if err == nil {
		_, err = l.library.Wait(l.ctx, build)
	}
	return err
}

func (l *lab) step(name string) {
	if name == "take lease" && l.settling.Load() { // the lab itself takes it
		return
	}
	if name != "renew" && l.trace != nil { // renewing happens at any moment
		l.trace(name)
	}
}

func (l *lab) close() {
	if l.store == nil {
		return
	}
	if err := l.publisher.Close(context.Background()); err != nil {
		l.Error(err)
	}
	l.library.Close()
	if err := l.store.Close(); err != nil {
		l.Error(err)
	}
	l.files.Close()
	l.store = nil
}

// wait lets time pass by steps, in which the server checks its clock.
func (l *lab) wait(d time.Duration) {
	l.Helper()
	for end := l.now.Add(d); l.now.Before(end); {
		l.now = l.now.Add(min(day, end.Sub(l.now)))
		if err := l.publisher.Watcher().Watch(l.ctx, org); err != nil && !errors.Is(err, watch.ErrDoubt) {
			l.Fatal(err)
		}
	}
}

// later lets time pass as if the server had checked its clock all the while, but checks it once.
func (l *lab) later(d time.Duration) {
	l.Helper()
	l.now = l.now.Add(d)
	if _, err := l.store.Clock.Watch(l.ctx, org, l.now, true); err != nil {
		l.Fatal(err)
	}
}

// report receives reports.
func (l *lab) report(reports ...*inventory.Report) {
	l.Helper()
	if _, err := l.receiver.Receive(l.ctx, receive.Sending{Organization: org, Sender: trust.Sender{Role: trust.Manager}},
		each(reports)); err != nil {
		l.Fatal(err)
	}
}

func each(reports []*inventory.Report) iter.Seq2[*inventory.Report, error] {
	return func(yield func(*inventory.Report, error) bool) {
		for _, r := range reports {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// publish makes a snapshot.
func (l *lab) publish() publication.Snapshot {
	l.Helper()
	s, err := l.publisher.Publish(context.Background(), org).Wait(l.ctx)
	if err != nil {
		l.Fatal(err)
	}
	l.settle()
	return s
}

// settle waits until the goroutine that published has finished, retiring included: it reads the
// clock of the lab.
func (l *lab) settle() {
	l.Helper()
	l.settling.Store(true)
	held, _, err := l.publisher.Hold(l.ctx, org)
	l.settling.Store(false)
	if err != nil {
		l.Fatal(err)
	}
	held.Release()
}

func (l *lab) manifest(s publication.Snapshot) *snapshot.Manifest {
	l.Helper()
	m, err := l.publisher.Manifest(s)
	if err != nil {
		l.Fatal(err)
	}
	return m
}

// parts returns parts of a snapshot.
func (l *lab) parts(s publication.Snapshot, delta bool, d defender.Dataset) (parts []*snapshot.Part) {
	l.Helper()
	list, err := l.manifest(s).Parts(delta, nil, d)
	if err != nil {
		l.Fatal(err)
	}
	for i := range list.Len() {
		part, err := list.Part(i)
		if err != nil {
			l.Fatal(err)
		}
		parts = append(parts, part)
	}
	return parts
}

// index returns the index of a snapshot's range, and delta its delta.
func (l *lab) index(s publication.Snapshot, number int) *snapshot.Index {
	l.Helper()
	x, err := l.manifest(s).Ranges[number].Full()
	if err != nil {
		l.Fatal(err)
	}
	return x
}

func (l *lab) delta(s publication.Snapshot, number int) *snapshot.Delta {
	l.Helper()
	d, err := l.manifest(s).Delta(number)
	if err != nil {
		l.Fatal(err)
	}
	return d
}

// named returns the files of a snapshot, except its manifest and deltas, that are not retired.
func (l *lab) named(s publication.Snapshot) (full, delta []snapshot.File) {
	l.Helper()
	full, fullErr := l.manifest(s).FullFiles()
	delta, deltaErr := l.manifest(s).DeltaFiles()
	if s.Full == publication.Kept && fullErr != nil || s.Delta == publication.Kept && deltaErr != nil {
		l.Fatal(fullErr, deltaErr)
	}
	return full, delta
}

// verify checks everything that is kept.
func (l *lab) verify() control.Verification {
	l.Helper()
	v, err := l.verifier.Verify(l.ctx, org)
	if err != nil {
		l.Fatal(err)
	}
	if len(v.Problems) > 0 {
		l.Fatalf("verify found:\n%s", strings.Join(v.Problems, "\n"))
	}
	return v
}

// table is the decoded rows of one export, by group and unique key. It is independent of the
// program's code, so that laws are not checked by the code under test.
type table map[string]map[string]any

// rows reads a dataset of a snapshot from its files, as a client does.
func (l *lab) rows(s publication.Snapshot, d defender.Dataset, delta bool) table {
	l.Helper()
	t := table{}
	for _, p := range l.parts(s, delta, d) {
		for _, line := range l.lines(p.Path) {
			row := map[string]any{}
			if err := json.Unmarshal(line, &row); err != nil {
				l.Fatalf("%s: %v in %s", p.Path, err, line)
			}
			key := keyOf(row)
			if _, twice := t[key]; twice {
				l.Fatalf("%s: two rows have the key %s", p.Path, key)
			}
			t[key] = row
		}
	}
	return t
}

func (l *lab) lines(path string) [][]byte {
	l.Helper()
	var source io.Reader
	if l.remote != nil {
		file, err := l.files.Open(path)
		if err != nil {
			l.Fatal(err)
		}
		defer file.Close()
		source = file
	} else {
		file, err := os.Open(filepath.Join(l.folder, "files", path))
		if err != nil {
			l.Fatal(err)
		}
		defer file.Close()
		source = file
	}
	member, err := gzip.NewReader(source)
	if err != nil {
		l.Fatal(err)
	}
	data, err := io.ReadAll(member)
	if err != nil {
		l.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

func keyOf(row map[string]any) string {
	return fmt.Sprint(row["RbacGroupId"], row["DeviceId"], row["SoftwareVendor"], row["SoftwareName"],
		row["SoftwareVersion"], row["CveId"], row["ConfigurationId"])
}

// lastSeen are the columns whose changes do not count.
var lastSeen = []string{"LastSeenTimestamp", "SoftwareLastSeenTimestamp", "Timestamp"}

// without returns the rows without some columns.
func (t table) without(columns ...string) table {
	out := table{}
	for key, row := range t {
		bare := map[string]any{}
		for k, v := range row {
			bare[k] = v
		}
		for _, c := range columns {
			delete(bare, c)
		}
		out[key] = bare
	}
	return out
}

// apply returns the rows after a delta: Fixed first, then New, then Updated. Each must fit the rows
// before it.
func (t table) apply(tb rapid.TB, delta table) table {
	tb.Helper()
	out := table{}
	for key, row := range t {
		out[key] = row
	}
	for _, status := range []string{"Fixed", "New", "Updated"} {
		for key, row := range delta {
			if row["Status"] != status {
				continue
			}
			if _, there := out[key]; there == (status == "New") {
				tb.Fatalf("%s of row %s, which exists: %t", status, key, there)
			}
			delete(out, key)
			if status != "Fixed" {
				bare := table{key: row}.without("Status", "EventTimestamp", "PreviousIsCompliant")
				out[key] = bare[key]
			}
		}
	}
	return out
}

// checkLaw1 compares a snapshot with the one before and the delta.
func (l *lab) checkLaw1(before *publication.Snapshot, after publication.Snapshot) {
	l.Helper()
	for d := range defender.Dataset(defender.DatasetCount) {
		rows := table{}
		if before != nil {
			rows = l.rows(*before, d, false)
		}
		delta := l.rows(after, d, true)
		for key, scanned := range delta {
			if want := row.NewTimestamp(after.Begun).String(); scanned["EventTimestamp"] != want {
				l.Fatalf("%s: event time %v, want %v", key, scanned["EventTimestamp"], want)
			}
			was, said := scanned["PreviousIsCompliant"]
			if now := scanned["IsCompliant"]; said != (scanned["Status"] == "Updated" && rows[key]["IsCompliant"] != now) ||
				said && was != rows[key]["IsCompliant"] {
				l.Fatalf("%v of %s says that compliance was %v, it was %v and is %v", scanned["Status"], key, was,
					rows[key]["IsCompliant"], now)
			}
			if old, fixed := rows[key], scanned["Status"] == "Fixed"; fixed {
				if diff := cmp.Diff(old, (table{key: scanned}).without("Status", "EventTimestamp")[key]); diff != "" {
					l.Fatalf("Fixed does not show the last content of %s:\n%s", key, diff)
				}
			}
		}
		got := rows.apply(l, delta).without(lastSeen...)
		want := l.rows(after, d, false).without(lastSeen...)
		if diff := cmp.Diff(want, got); diff != "" {
			l.Fatalf("%s: full + delta is not the next full:\n%s", d, diff)
		}
	}
}
