package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	neturl "net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
	"github.com/muster-project/muster/internal/testneed"
)

// nodes opens one PostgreSQL database as two processes would.
func nodes(t testing.TB, url string) [2]*store.Store {
	t.Helper()
	cfg := store.Config{Database: database.Config{URL: url}}
	return [2]*store.Store{storetest.Open(t, cfg), storetest.Open(t, cfg)}
}

// reporter sends reports of a source of its own about shared devices, and remembers what was acknowledged.
type reporter struct {
	source string
	last   map[string]string // by device
	newest int64             // revision
	acks   atomic.Int64
}

// report sends the n-th batch: about known and new devices, some by name alone. With patience, errors
// that say that the database does not answer are no failure.
func (r *reporter) report(ctx context.Context, s *store.Store, n int, patient bool) error {
	var batch []reports.Incoming
	said := map[string]string{}
	for i := range 3 {
		name := fmt.Sprintf("host-%d", (7*n+3*i)%20)
		text := fmt.Sprintf("%s %d %d", r.source, n, i)
		in := software(name, text)
		in.Source = r.source
		if n%4 != 0 {
			in.Device.ID = inventory.DeriveID("", name)
		}
		batch, said[inventory.DeriveID("", name)] = append(batch, in), text
	}
	receipts, err := s.Reports.Receive(ctx, org, manager, batch, noon.Add(time.Duration(n)*time.Second))
	if patient && errors.Is(err, database.ErrUnavailable) {
		for device := range said { // it is not known whether this or what was said before is there
			delete(r.last, device)
		}
		return nil
	}
	if err != nil {
		return err
	}
	maps.Copy(r.last, said)
	r.newest = receipts[len(receipts)-1].Revision
	r.acks.Add(1)
	return nil
}

// stored fails the test unless what reporters were told to be stored last is there, and no device was
// overwritten by another's: its hash covers all documents.
func stored(t *testing.T, s *store.Store, all []*reporter) {
	t.Helper()
	devices, err := s.Reports.ListDevices(t.Context(), org, reports.DeviceFilter{AllGroups: true}, 100)
	must(t, err)
	for _, d := range devices {
		device, documents := load(t, s, d.ID)
		must(t, reports.CheckDevice(device, documents))
		for _, r := range all {
			i := slices.IndexFunc(documents, func(doc reports.SourceDocument) bool { return doc.Source == r.source })
			if want := r.last[d.ID]; want != "" && (i < 0 || string(documents[i].Data) != want) {
				t.Errorf("source %s of device %s does not say %q", r.source, d.Name, want)
			}
		}
	}
}

// revisionsUpTo lists the revisions of receipts, up to one.
func revisionsUpTo(t *testing.T, s *store.Store, most int64) []int64 {
	t.Helper()
	rows, err := s.DB.Reader().QueryContext(t.Context(),
		`SELECT revision FROM receipt WHERE organization = $1 AND revision <= $2 ORDER BY revision`, org, most)
	all, err := database.Collect(rows, err, func(r *sql.Rows) (n int64, err error) { return n, r.Scan(&n) })
	must(t, err)
	return all
}

// TestSeveralWriters is the law of revisions where several processes write: a generation that pins a
// revision has every receipt up to it, and gets none later; and nothing acknowledged is overwritten.
func TestSeveralWriters(t *testing.T) {
	both := nodes(t, storetest.Postgres(t))
	rounds, writers := 40, 6
	if testneed.Soak() {
		rounds = 2000
	}
	var all []*reporter
	var wait sync.WaitGroup
	for w := range writers {
		r := &reporter{source: fmt.Sprintf("source-%d", w), last: map[string]string{}}
		all = append(all, r)
		wait.Go(func() {
			for n := range rounds {
				if err := r.report(t.Context(), both[w%2], n+w, false); err != nil {
					t.Errorf("report %d: %v", n, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wait.Wait(); close(done) }()
	pinned := map[int64][]int64{}
	for running, n := true, 0; running; n++ {
		select {
		case <-done:
			running = false
		default:
		}
		s := both[n%2]
		rules, err := rbac.Parse(fmt.Appendf(nil, `{"rules":[{"group":"G%d","tag":"t"}]}`, n%3))
		must(t, err)
		if _, err := s.Organizations.SetRules(t.Context(), org, rules); err != nil {
			t.Fatal(err)
		}
		storetest.Hold(t, s, org, func(lease *publication.Lease) struct{} {
			terms := func(*publication.Pinning) (publication.Terms, error) { return publication.Terms{}, nil }
			g, resumed, err := s.Publication.Begin(t.Context(), org, noon, terms)
			must(t, err)
			if resumed {
				t.Error("two generations run")
			}
			pinned[g.Revision] = revisionsUpTo(t, s, g.Revision)
			must(t, lease.Fail(t.Context(), g.Number, "test"))
			return struct{}{}
		})
	}
	for revision, then := range pinned {
		equal(t, fmt.Sprintf("receipts up to revision %d", revision), revisionsUpTo(t, both[0], revision), then)
	}
	stored(t, both[1], all)
	count := revisionsUpTo(t, both[0], 1<<62)
	equal(t, "receipts", len(count), writers*rounds*3)
	equal(t, "revisions that are used twice", len(slices.Compact(count)), len(count))
}

// TestRestartsOfTheServer: the database server crashes while two processes write. They go on by
// themselves, and nothing acknowledged is lost.
func TestRestartsOfTheServer(t *testing.T) {
	server := testneed.NewPostgres(t)
	both := nodes(t, server.URL("postgres"))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all []*reporter
	var wait sync.WaitGroup
	for w := range 4 {
		r := &reporter{source: fmt.Sprintf("source-%d", w), last: map[string]string{}}
		all = append(all, r)
		wait.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := r.report(context.WithoutCancel(ctx), both[w%2], n+w, true); err != nil {
					t.Errorf("report %d: %v", n, err)
					return
				}
			}
		})
	}
	for _, mode := range []string{"immediate", "fast"} {
		for _, r := range all {
			goesOn(t, r)
		}
		server.Restart(t, mode)
	}
	for _, r := range all {
		goesOn(t, r)
	}
	stop()
	wait.Wait()
	stored(t, both[0], all)
	must(t, both[1].DB.Ping(t.Context()))
}

// goesOn waits until more was acknowledged.
func goesOn(t *testing.T, r *reporter) {
	t.Helper()
	enough := r.acks.Load() + 3
	for end := time.Now().Add(time.Minute); r.acks.Load() < enough; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s was not acknowledged any more", r.source)
		}
	}
}

// TestEnrolmentsOfSeveralProcesses: an enrolment is used as often as it says.
func TestEnrolmentsOfSeveralProcesses(t *testing.T) {
	both := nodes(t, storetest.Postgres(t))
	must(t, both[0].Enrollments.Add(t.Context(), enrolling("e", 5)))
	var made atomic.Int64
	var wait sync.WaitGroup
	for n := range 16 {
		wait.Go(func() {
			_, err := trade(t, both[n%2], "e", machine(fmt.Sprintf("c%d", n), fmt.Sprintf("d%d", n%8)), fmt.Sprintf("k%d", n), noon)
			if err == nil {
				made.Add(1)
			}
		})
	}
	wait.Wait()
	equal(t, "devices", made.Load(), int64(5))
	equal(t, "uses", uses(t, both[1], org)["e"], int64(5))
}

// TestConflictsRunAgain: of two transactions that wait for each other one is undone, and runs again.
func TestConflictsRunAgain(t *testing.T) {
	s := storetest.Open(t, store.Config{Database: database.Config{URL: storetest.Postgres(t)}})
	must(t, s.Organizations.Ensure(t.Context(), "other", "other"))
	var runs atomic.Int64
	var first, wait sync.WaitGroup
	first.Add(2)
	for _, order := range [][]string{{org, "other"}, {"other", org}} {
		wait.Go(func() {
			mine := 0
			must(t, s.DB.Write(t.Context(), func(tx *sql.Tx) error {
				mine++
				runs.Add(1)
				for i, id := range order {
					if _, err := tx.ExecContext(t.Context(), `UPDATE organization SET shrinking = shrinking + 1 WHERE id = $1`, id); err != nil {
						return err
					}
					if i == 0 && mine == 1 {
						first.Done()
						first.Wait()
					}
				}
				return nil
			}))
		})
	}
	wait.Wait()
	equal(t, "runs", runs.Load(), int64(3))
	var sum int
	must(t, s.DB.Reader().QueryRowContext(t.Context(), `SELECT sum(shrinking) FROM organization`).Scan(&sum))
	equal(t, "changes", sum, 4)
}

// TestCommitOfUnknownOutcome: the connection is lost while a transaction is being committed.
func TestCommitOfUnknownOutcome(t *testing.T) {
	url := storetest.Postgres(t)
	name := strings.TrimPrefix(url[:strings.Index(url, "?")], "postgres:///")
	server := testneed.Postgres(t)
	s := storetest.Open(t, store.Config{Database: database.Config{URL: url}})
	for _, again := range []bool{false, true} {
		server.SQL(t, name, `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
			CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON organization DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
			WHEN (NEW.shrinking = 1) EXECUTE FUNCTION wait()`)
		runs := 0
		write := s.DB.Write
		if again {
			write = s.DB.WriteAgain
		}
		result := make(chan error)
		go func() {
			result <- write(t.Context(), func(tx *sql.Tx) error {
				runs++
				_, err := tx.ExecContext(t.Context(), `UPDATE organization SET shrinking = $1`, runs)
				return err
			})
		}()
		const committing = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
		for end := time.Now().Add(time.Minute); server.SQL(t, name, `SELECT count(*) `+committing) != "1\n"; {
			if time.Now().After(end) {
				t.Fatal("the transaction was not committed")
			}
		}
		server.SQL(t, name, `SELECT pg_terminate_backend(pid) `+committing)
		if err := <-result; errors.Is(err, database.ErrUnknown) == again || again && (err != nil || runs != 2) {
			t.Errorf("error %v after %d runs where it runs again: %t", err, runs, again)
		}
		server.SQL(t, name, `DROP FUNCTION wait() CASCADE`)
	}
}

// TestNoErrorTellsThePassword opens databases that cannot be opened.
func TestNoErrorTellsThePassword(t *testing.T) {
	for _, url := range []string{
		"postgres://muster:s3cret@127.0.0.1:1/muster", "postgres://127.0.0.1:1/muster?user=muster&password=s3cret",
		"postgres://muster:s3cret%zz@127.0.0.1/muster", "postgres://muster:s3cret@127.0.0.1:port/muster",
		"postgres://muster:s3cret@127.0.0.1/muster?connect_timeout=x", "postgres://muster:s3cret@[::1/muster",
		"postgresql://muster:s3cret@/muster?host=/nowhere", "mysql://muster:s3cret@127.0.0.1/muster",
		"host=127.0.0.1 password=s3cret", "postgres://muster:s3cret@127.0.0.1/muster?sslmode=verify-full&sslrootcert=/nowhere",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := store.Open(ctx, store.Config{Database: database.Config{URL: url}})
		cancel()
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error %v", url, err)
		}
	}
	_, err := store.Open(t.Context(), store.Config{Database: database.Config{URL: "postgres:///x", Path: "x"}})
	isError(t, err, err, "want one")
}

// TestProcessesMakeTheSchemaOnce: several open a new database at the same time. A newer schema is refused,
// by name; one that is open goes on.
func TestProcessesMakeTheSchemaOnce(t *testing.T) {
	server := testneed.Postgres(t)
	name := "empty" + strings.ToLower(rand.Text())
	server.SQL(t, "postgres", "CREATE DATABASE "+name)
	t.Cleanup(func() { server.SQL(t, "postgres", "DROP DATABASE "+name+" WITH (FORCE)") })
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			s, err := store.Open(t.Context(), store.Config{Database: database.Config{URL: server.URL(name)}})
			if err != nil {
				t.Error(err)
				return
			}
			must(t, s.Close())
		})
	}
	wait.Wait()
	cfg := store.Config{Database: database.Config{URL: server.URL(name), Existing: true}}
	open := storetest.Open(t, cfg)
	server.SQL(t, name, `INSERT INTO schema_step (version) VALUES (1000); ALTER TABLE device ADD COLUMN later BIGINT NOT NULL DEFAULT 0`)
	_, err := store.Open(t.Context(), cfg)
	isError(t, err, database.ErrNewer, "1000")
	receive(t, open, software("host", "x"), noon)
	server.SQL(t, name, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	_, err = store.Open(t.Context(), cfg)
	isError(t, err, database.ErrDamaged, "no schema")
}

// TestHostsThatMustWrite: a URL names several hosts, of which one writes, as for a fail-over.
func TestHostsThatMustWrite(t *testing.T) {
	url := storetest.Postgres(t) + "&target_session_attrs=read-write"
	server := testneed.Postgres(t)
	host := neturl.QueryEscape(server.Folder)
	url = strings.Replace(url, "host="+host, "host=/nowhere,"+host, 1)
	s := storetest.Open(t, store.Config{Database: database.Config{URL: url}})
	receive(t, s, software("host", "x"), noon)
	if all, err := s.Organizations.All(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("organizations: %v, %v", all, err)
	}
}

// TestFirstFleetIsSampled: nobody looks after the tables of the tests' server, yet after a first fleet has come
// it knows how large they are, so that statements are not planned for empty ones.
func TestFirstFleetIsSampled(t *testing.T) {
	url := storetest.Postgres(t)
	s := storetest.Open(t, store.Config{Database: database.Config{URL: url}})
	known := func() (rows float64) {
		must(t, s.DB.Reader().QueryRowContext(t.Context(), `SELECT reltuples FROM pg_class WHERE oid = 'device'::regclass`).Scan(&rows))
		return rows
	}
	if rows := known(); rows > 0 {
		t.Fatalf("a new database knows of %v devices", rows)
	}
	const batches, each = 12, 25
	for n := range batches {
		var batch []reports.Incoming
		for i := range each {
			batch = append(batch, software(fmt.Sprintf("host-%d-%d", n, i), "openssl"))
		}
		_, err := s.Reports.Receive(t.Context(), org, manager, batch, noon)
		must(t, err)
	}
	s.Reports.Close() // the last sample is taken
	if rows := known(); rows < batches*each/4 {
		t.Errorf("it knows of %v of %d devices", rows, batches*each)
	}
}

// TestReadersOfPostgresCannotWrite checks the connections for reading, and texts that PostgreSQL cannot
// hold: they equal nothing.
func TestReadersOfPostgresCannotWrite(t *testing.T) {
	s := storetest.Open(t, store.Config{Database: database.Config{URL: storetest.Postgres(t)}})
	if _, err := s.DB.Reader().ExecContext(t.Context(), `DELETE FROM device`); err == nil {
		t.Error("a reading connection wrote")
	}
	for _, id := range []string{"a\x00b", "\xff"} {
		_, err := s.Access.Client(t.Context(), id)
		isError(t, err, database.ErrNotFound, "")
	}
	freely := func(context.Context, int64) error { return nil }
	checked, err := s.DB.Check(t.Context(), freely, func(err error) { t.Error(err) })
	must(t, err)
	if checked.Bytes == 0 || len(checked.Not) == 0 {
		t.Errorf("checked %+v: want what was not checked", checked)
	}
	if _, err := s.Organizations.ByID(t.Context(), organization.Default); err != nil {
		t.Error(err)
	}
}
