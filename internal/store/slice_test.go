package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// watched is a store with a record of its transactions.
type watched struct {
	*store.Store
	path string

	mu      sync.Mutex
	commits []reports.Commit
}

func watch(t testing.TB) *watched {
	t.Helper()
	w := &watched{path: filepath.Join(t.TempDir(), "muster.db")}
	w.Store = storetest.Open(t, store.Config{Database: database.Config{Path: w.path},
		Reports: reports.Config{Observe: func(c reports.Commit) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.commits = append(w.commits, c)
		}}})
	return w
}

// seen returns the transactions since the last call.
func (w *watched) seen() []reports.Commit {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.commits
	w.commits = nil
	return all
}

// until waits for another goroutine.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for range 60_000 {
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("waited for nothing: %s", what)
}

// from makes a report of one source of a device.
func from(source, text string) reports.Incoming {
	in := software("many.example.com", text)
	in.Source = source
	return in
}

// sources makes n reports of one device, each of its own source.
func sources(n int, text string) (batch []reports.Incoming) {
	for i := range n {
		batch = append(batch, from(fmt.Sprintf("source-%04d", i), text))
	}
	return batch
}

// hadBefore gives a device more sources than the limit, as old databases have.
func (w *watched) hadBefore(t testing.TB, device string, n int) {
	t.Helper()
	db, err := driver.Open(w.path)
	must(t, err)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	for _, in := range sources(n, "old") {
		doc := in.Documents[0]
		_, err := tx.Exec(`INSERT INTO document (organization, device, source, section, hash, data) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			org, device, in.Source, int64(doc.Section), doc.Hash[:], doc.Data)
		must(t, err)
	}
	must(t, tx.Commit())
}

// work adds up what transactions did.
func work(commits []reports.Commit) (read, hashed int64, reports int) {
	for _, c := range commits {
		read, hashed = read+c.Read, hashed+c.Hashed
		for _, s := range c.Slices {
			reports += s.Reports
		}
	}
	return read, hashed, reports
}

func TestFourThousandSourcesOfOneDeviceAreRefused(t *testing.T) {
	w := watch(t)
	_, err := w.Reports.Receive(t.Context(), org, manager, sources(4000, "new"), noon)
	isError(t, err, reports.ErrTooManySources, `"source-0064"`)
	var which *reports.BatchError
	if !errors.As(err, &which) || which.Index != 64 {
		t.Errorf("error %v does not name report 65", err)
	}
	if commits := w.seen(); len(commits) > 0 {
		t.Errorf("it was noticed after transactions %+v", commits)
	}
	_, _, err = w.Reports.Load(t.Context(), org, inventory.DeriveID("", "many.example.com"))
	isError(t, err, database.ErrNotFound, "")

	t.Run("one by one", func(t *testing.T) {
		for i, in := range sources(70, "new") {
			_, err := w.Reports.Receive(t.Context(), org, manager, []reports.Incoming{in}, noon)
			if (err != nil) != (i >= 64) {
				t.Fatalf("source %d: %v", i+1, err)
			}
		}
		receive(t, w.Store, from("source-0063", "changed"), noon)
		receive(t, w.Store, reports.Incoming{Device: inventory.Device{Name: "many.example.com"}, Source: "says nothing"},
			noon)
	})
}

// A device that has more sources than the limit, from before, may still report to them; and 4,000
// reports of it make work in proportion to their number, not its square.
func TestFourThousandSourcesOfOneDeviceStopNobody(t *testing.T) {
	known := 4000
	if testing.Short() {
		known = 1000
	}
	w := watch(t)
	device := receive(t, w.Store, from("source-0000", "old"), noon).DeviceID
	w.hadBefore(t, device, known)
	w.seen()
	receive(t, w.Store, from("source-0000", "one"), noon)
	readOnce, hashedOnce, _ := work(w.seen())
	if readOnce != int64(known) || hashedOnce < readOnce*32 {
		t.Fatalf("one report reads %d documents and hashes %d bytes", readOnce, hashedOnce)
	}
	receipts, err := w.Reports.Receive(t.Context(), org, manager, sources(known, "new"), noon)
	must(t, err)
	read, hashed, stored := work(w.seen())
	slices := int64(known/256 + 1)
	equal(t, "reports", []int{len(receipts), stored}, []int{known, known})
	if read > slices*readOnce || hashed > 2*slices*hashedOnce {
		t.Errorf("%d reports read %d documents and hash %d bytes, one reads %d and hashes %d", known, read,
			hashed, readOnce, hashedOnce)
	}
	_, err = w.Reports.Receive(t.Context(), org, manager, []reports.Incoming{from("another", "x")}, noon)
	isError(t, err, reports.ErrTooManySources, `"another"`)

	after, documents := load(t, w.Store, device)
	equal(t, "documents", len(documents), known)
	for _, doc := range documents {
		if string(doc.Data) != "new" {
			t.Fatalf("source %q says %q", doc.Source, doc.Data)
		}
	}
	again := receive(t, w.Store, from("source-0001", "new"), noon)
	same, _ := load(t, w.Store, device)
	equal(t, "an equal report changes", []any{again.Changed, same.Hash}, []any{false, after.Hash})
}

// The hash of a device follows from its content, in whatever order its reports arrived: the next
// generation compares it.
func TestHashIsThatOfTheContent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rapid.Check(t, func(rt *rapid.T) {
			batch := rapid.SliceOfN(rapid.Custom(drawReport), 1, 12).Draw(rt, "batch")
			var hashes [2]map[string][32]byte
			for i, step := range []int{len(batch), 1} {
				org := fmt.Sprintf("organization %p %d", rt, i)
				must(t, s.Organizations.Ensure(t.Context(), org, ""))
				for part := range slices.Chunk(batch, step) {
					if _, err := s.Reports.Receive(t.Context(), org, manager, part, noon); err != nil {
						return // ambiguous
					}
				}
				devices, err := s.Reports.ListDevices(t.Context(), org, reports.DeviceFilter{AllGroups: true}, 100)
				must(t, err)
				hashes[i] = map[string][32]byte{}
				for _, d := range devices {
					hashes[i][d.ID] = d.Hash
				}
			}
			if fmt.Sprint(hashes[0]) != fmt.Sprint(hashes[1]) {
				rt.Fatalf("in one call %x, one by one %x", hashes[0], hashes[1])
			}
		})
	})
}

// reportsOf makes n reports of devices whose names share a prefix.
func reportsOf(prefix string, n int) (batch []reports.Incoming) {
	for i := range n {
		batch = append(batch, software(fmt.Sprint(prefix, i), "text"))
	}
	return batch
}

// While a body of 10,000 reports is stored, one report of another organization
// and one of another caller are stored after two transactions at most.
func TestHugeBodyDoesNotHoldUpOthers(t *testing.T) {
	w := watch(t)
	must(t, w.Organizations.Ensure(t.Context(), "other", ""))
	release := hold(t, w.Store)
	var all sync.WaitGroup
	send := func(org, caller string, batch []reports.Incoming) {
		all.Go(func() {
			if _, err := w.Reports.Receive(t.Context(), org, sender(caller), batch, noon); err != nil {
				t.Error(err)
			}
		})
	}
	send(org, "collector", reportsOf("host-", 3000))
	until(t, "the first slice is taken", func() bool { return w.Reports.Waiting().Begun == 1 })
	send("other", "theirs", reportsOf("theirs-", 1))
	send(org, "agent", reportsOf("agent-", 1))
	until(t, "both wait", func() bool { return w.Reports.Waiting().Calls == 2 })
	release()
	all.Wait()
	var order []string
	for _, c := range w.seen() {
		for _, s := range c.Slices {
			order = append(order, s.Caller)
		}
	}
	for _, caller := range []string{"theirs", "agent"} {
		if place := slices.Index(order, caller); place < 0 || place > 3 {
			t.Errorf("%q has place %d of %v", caller, place, order)
		}
	}
	equal(t, "slices", len(order), 12+2)
}

// endsEarly sends 1,000 reports, ends the call while the first slice is being written, and checks
// that the reply tells what is stored.
func endsEarly(t *testing.T, want error, end func(w *watched, cancel func())) {
	t.Helper()
	w := watch(t)
	release := hold(t, w.Store)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error)
	go func() {
		_, err := w.Reports.Receive(ctx, org, sender("collector"), reportsOf("host-", 1000), noon)
		done <- err
	}()
	until(t, "the first slice is taken", func() bool { return w.Reports.Waiting().Begun == 1 })
	end(w, cancel)
	release()
	err := <-done
	isError(t, err, want, "the first 256 of 1000 reports are stored")
	var partial *reports.PartialError
	if !errors.As(err, &partial) || partial.Stored != 256 {
		t.Errorf("error %v", err)
	}
	n, err := w.Reports.CountDevices(t.Context(), org)
	must(t, err)
	equal(t, "stored", n, int64(256))
}

func TestWhoLeavesLeavesSlicesThatHaveNotBegun(t *testing.T) {
	endsEarly(t, context.Canceled, func(w *watched, cancel func()) {
		cancel()
		until(t, "the rest is abandoned", func() bool { return w.Reports.Waiting().Slices == 1 })
	})
}

// A stop does not wait for a body: the call ends between two slices, and the reply acknowledges
// only what is stored.
func TestStopEndsBetweenSlices(t *testing.T) {
	endsEarly(t, reports.ErrClosed, func(w *watched, _ func()) { w.Reports.StopReceiving() })
}

// Faults that are visible beforehand are found before anything is stored; a change by others
// meanwhile ends a large call in the middle.
func TestLargeBatchIsLookedThroughBefore(t *testing.T) {
	w := watch(t)
	for _, digit := range []string{"a", "b"} {
		receive(t, w.Store, reports.Incoming{Device: inventory.Device{ID: fmt.Sprintf("%040s", digit), Name: "twin"}}, noon)
	}
	for name, last := range map[string]reports.Incoming{
		"ambiguous":   {Device: inventory.Device{Name: "twin"}},
		"no name":     {Device: inventory.Device{ID: fmt.Sprintf("%040s", "c")}},
		"group":       {Device: inventory.Device{Name: "x"}, Group: "a\nb"},
		"no such org": {Device: inventory.Device{Name: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			organization := org
			if name == "no such org" {
				organization = "nobody"
			}
			_, err := w.Reports.Receive(t.Context(), organization, manager, append(reportsOf("host-", 700), last), noon)
			var partial *reports.PartialError
			if err == nil || errors.As(err, &partial) {
				t.Errorf("error %v", err)
			}
			n, err := w.Reports.CountDevices(t.Context(), org)
			must(t, err)
			equal(t, "stored", n, int64(2))
		})
	}
}

func TestLargeBatchEndsWhereOthersMadeItWrong(t *testing.T) {
	w := watch(t)
	must(t, w.Organizations.Ensure(t.Context(), "other", ""))
	release := hold(t, w.Store)
	done := make(chan error)
	go func() {
		_, err := w.Reports.Receive(t.Context(), org, sender("collector"),
			append(reportsOf("host-", 700), software("twin", "x")), noon)
		done <- err
	}()
	until(t, "the first slice is taken", func() bool { return w.Reports.Waiting().Begun == 1 })
	var all sync.WaitGroup
	for _, digit := range []string{"a", "b"} {
		all.Go(func() {
			in := reports.Incoming{Device: inventory.Device{ID: fmt.Sprintf("%040s", digit), Name: "twin"}}
			if _, err := w.Reports.Receive(t.Context(), org, sender("else"), []reports.Incoming{in}, noon); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "both wait", func() bool { return w.Reports.Waiting().Calls == 2 })
	release()
	err := <-done
	isError(t, err, reports.ErrAmbiguousDevice, "the first 512 of 701 reports are stored")
	isError(t, err, reports.ErrAmbiguousDevice, "report 701")
	all.Wait()
	receipts, err := w.Reports.Receive(t.Context(), org, manager, reportsOf("host-", 700),
		noon) // sending again does no harm
	must(t, err)
	changed := 0
	for _, r := range receipts {
		if r.Changed {
			changed++
		}
	}
	equal(t, "changed", changed, 700-512)
}

// TestCallsAreStoredAsInOrder has callers of two organizations send calls of all sizes at once. In
// whatever order their slices were stored, the store is as if the calls had come one after the
// other in that order; every report has one receipt, and the calls of a caller keep their order.
func TestCallsAreStoredAsInOrder(t *testing.T) {
	w := watch(t)
	history := 0
	rapid.Check(t, func(rt *rapid.T) {
		history++
		organizations := []string{fmt.Sprint("a", history), fmt.Sprint("b", history)}
		for _, o := range organizations {
			must(t, w.Organizations.Ensure(t.Context(), o, ""))
		}
		w.seen()
		release := hold(t, w.Store)
		sent := map[reports.Slice][]reports.Incoming{} // by organization and caller
		var all sync.WaitGroup
		revisions := map[string]*sync.Map{organizations[0]: {}, organizations[1]: {}}
		for range rapid.IntRange(1, 5).Draw(rt, "callers") {
			who := reports.Slice{Organization: rapid.SampledFrom(organizations).Draw(rt, "organization"),
				Caller: rapid.StringMatching("[xyz]").Draw(rt, "caller")}
			n := rapid.SampledFrom([]int{1, 2, 3, 256, 257, 300}).Draw(rt, "reports")
			if len(sent[who]) > 0 {
				continue // concurrent calls of one caller have no order
			}
			for range n {
				in := drawReport(rt)
				in.Device.ID = inventory.DeriveID("", in.Device.Name) // names are never ambiguous
				sent[who] = append(sent[who], in)
			}
			batch := sent[who]
			all.Go(func() {
				receipts, err := w.Reports.Receive(t.Context(), who.Organization, sender(who.Caller), batch, noon)
				if err != nil || len(receipts) != len(batch) {
					t.Errorf("%d receipts for %d reports: %v", len(receipts), len(batch), err)
				}
				for _, r := range receipts {
					revisions[who.Organization].Store(r.Revision, true)
				}
			})
		}
		until(t, "all are sent", func() bool { return w.Reports.Waiting().Begun+w.Reports.Waiting().Calls == len(sent) })
		release()
		all.Wait()
		fleets := map[string]fleet{organizations[0]: {}, organizations[1]: {}}
		stored := map[string]int{}
		for _, c := range w.seen() {
			for _, s := range c.Slices {
				who := reports.Slice{Organization: s.Organization, Caller: s.Caller}
				for _, in := range sent[who][:s.Reports] {
					fleets[s.Organization].receive(in)
				}
				sent[who] = sent[who][s.Reports:]
				stored[s.Organization] += s.Reports
			}
		}
		for o, f := range fleets {
			compareFleet(t, rt, w.Store, o, f)
			n := 0
			revisions[o].Range(func(any, any) bool { n++; return true })
			if n != stored[o] {
				rt.Fatalf("%d revisions for %d reports", n, stored[o])
			}
		}
	})
}

// A process killed while it stores a large body leaves a first part of it, in whole slices, and
// has acknowledged nothing; the same body can be stored later.
func TestKilledInALargeBodyLeavesAFirstPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	first, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	must(t, err)
	must(t, first.Organizations.Ensure(t.Context(), org, "test"))
	must(t, first.Close())
	for _, line := range kill(t, path, 3, victimBody+"=1") {
		if line != "slice" {
			t.Fatalf("it said %q", line)
		}
	}
	s := storetest.Open(t, store.Config{Database: database.Config{Path: path}})
	stored, err := s.Reports.CountDevices(t.Context(), org)
	must(t, err)
	if stored < 3*256 || stored >= largeBody || stored%256 != 0 {
		t.Errorf("%d reports are stored of %d", stored, largeBody)
	}
	for i, in := range reportsOf("body-", largeBody) {
		_, _, err := s.Reports.Load(t.Context(), org, inventory.DeriveID("", in.Device.Name))
		if (err == nil) != (int64(i) < stored) {
			t.Fatalf("report %d of %d that are stored: %v", i+1, stored, err)
		}
	}
	receipts, err := s.Reports.Receive(t.Context(), org, manager, reportsOf("body-", largeBody), noon)
	must(t, err)
	equal(t, "receipts", len(receipts), largeBody)
	stored, err = s.Reports.CountDevices(t.Context(), org)
	must(t, err)
	equal(t, "stored in the end", stored, int64(largeBody))
}
