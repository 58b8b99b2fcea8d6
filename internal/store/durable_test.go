package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// victimPath names the variable with the path of the database; a test program that has it is a
// process to be killed.
const victimPath = "MUSTER_TEST_VICTIM"

// victimBody names the variable with a number of reports: the victim stores one body of as many
// and prints each slice.
const (
	victimBody = "MUSTER_TEST_VICTIM_BODY"
	largeBody  = 3_000
)

// runVictim stores reports and seals generations, and prints what was
// acknowledged, until it is killed.
func runVictim(path string) int {
	ctx := context.Background()
	cfg := store.Config{Database: database.Config{Path: path}}
	if os.Getenv(victimBody) != "" {
		n := 0
		cfg.Reports.Observe = func(reports.Commit) {
			fmt.Println("slice")
			if n++; n == 10 {
				select {} // wait for the kill, which comes before the body ends
			}
		}
	}
	s, err := store.Open(ctx, cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if os.Getenv(victimBody) != "" {
		_, err := s.Reports.Receive(ctx, org, manager, reportsOf("body-", largeBody), noon)
		fmt.Println("acknowledged", err)
		return 1
	}
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() { reportForever(ctx, s, worker) })
	}
	wait.Go(func() { sealForever(ctx, s) })
	wait.Wait()
	return 1
}

func reportForever(ctx context.Context, s *store.Store, worker int) {
	for n := 0; ; n++ {
		in := software(fmt.Sprintf("host-%d-%d-%d", os.Getpid(), worker, n), strings.Repeat("x", 100*n))
		receipts, err := s.Reports.Receive(ctx, org, manager, []reports.Incoming{in}, noon)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		fmt.Println("report", receipts[0].ID, receipts[0].DeviceID, 100*n)
	}
}

func sealForever(ctx context.Context, s *store.Store) {
	lease, err := s.Publication.TakeLease(ctx, org, "victim")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	for {
		g, _, err := s.Publication.Begin(ctx, org, noon, assign(noon))
		if err == nil {
			_, err = s.Publication.Plan(ctx, org, g.Number, func(*publication.Planning) ([]byte, error) { return nil, nil })
		}
		if err == nil {
			_, err = lease.Seal(ctx, g.Number, manifest(g.Number), noon)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		fmt.Println("sealed", g.Number)
	}
}

// kill runs a victim until it has acknowledged after things, kills it, and returns all lines it
// printed.
func kill(t *testing.T, path string, after int, variables ...string) (said []string) {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	cmd := exec.Command(program)
	cmd.Env = append(append(os.Environ(), victimPath+"="+path), variables...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // an unfinished line acknowledges nothing
		}
		if said = append(said, strings.TrimSpace(line)); len(said) == after {
			must(t, cmd.Process.Kill())
		}
	}
	if err := cmd.Wait(); err == nil || len(said) < after {
		t.Fatalf("the process ended by itself after %d acknowledgements: %v", len(said), err)
	}
	return said
}

func TestAcknowledgedSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	first, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	must(t, err)
	must(t, first.Organizations.Ensure(t.Context(), org, "test"))
	must(t, first.Close())

	var said []string
	for round := range 5 {
		said = append(said, kill(t, path, 50+70*round)...)
	}
	s := storetest.Open(t, store.Config{Database: database.Config{Path: path}})
	latest, err := s.Publication.Latest(t.Context(), org)
	must(t, err)
	for _, line := range said {
		var receipt, device string
		var size int
		var number int64
		if _, err := fmt.Sscanf(line, "sealed %d", &number); err == nil {
			if latest.Number < number {
				t.Errorf("snapshot %d was acknowledged, the newest is %d", number, latest.Number)
			}
			continue
		}
		if _, err := fmt.Sscanf(line, "report %s %s %d", &receipt, &device, &size); err != nil {
			t.Fatalf("victim said %q: %v", line, err)
		}
		if _, _, err := s.Reports.Receipt(t.Context(), org, receipt); err != nil {
			t.Error(err)
		}
		_, documents := load(t, s, device)
		if len(documents) != 1 || len(documents[0].Data) != size {
			t.Errorf("device %s has %d documents, want one of %d bytes", device, len(documents), size)
		}
	}
}

// TestCrashInsideTransaction opens a copy of the files while a transaction that removes every
// device is unfinished.
func TestCrashInsideTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	crashed := filepath.Join(t.TempDir(), "muster.db")
	s := storetest.Open(t, store.Config{Database: database.Config{Path: path}})
	receipt := receive(t, s, software("host", "a"), noon)
	_, _, err := s.Publication.Begin(t.Context(), org, noon, func(*publication.Pinning) (publication.Terms, error) {
		for _, suffix := range []string{"", "-wal", "-open", "-moving"} {
			copyFile(t, path+suffix, crashed+suffix)
		}
		return publication.Terms{HideBefore: noon, ForgetBefore: noon.Add(time.Hour)}, nil
	})
	must(t, err)

	after := storetest.Open(t, store.Config{Database: database.Config{Path: crashed}})
	if device, _ := load(t, after, receipt.DeviceID); device.Assigned {
		t.Error("half a transaction is there")
	}
	equal(t, "next generation", begin(t, after, noon).Number, int64(1))
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	must(t, err)
	defer in.Close()
	out, err := os.Create(to)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, errors.Join(err, out.Close()))
}

func TestFullDiskLosesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, MaxBytes: 1 << 20}})
	must(t, err)
	must(t, s.Organizations.Ensure(t.Context(), org, "test"))
	var kept []reports.Receipt
	for n := range 1000 {
		in := software(fmt.Sprintf("host-%d", n), strings.Repeat("x", 10_000))
		receipts, err := s.Reports.Receive(t.Context(), org, manager, []reports.Incoming{in}, noon)
		if err != nil {
			isError(t, err, database.ErrFull, "no space left")
			break
		}
		kept = append(kept, receipts...)
	}
	if len(kept) < 10 || len(kept) == 1000 {
		t.Fatalf("%d reports of 10 kB fit into 1 MiB", len(kept))
	}
	must(t, s.Close())

	s = storetest.Open(t, store.Config{Database: database.Config{Path: path}})
	for _, receipt := range kept {
		if _, _, err := s.Reports.Receipt(t.Context(), org, receipt.ID); err != nil {
			t.Error(err)
		}
		load(t, s, receipt.DeviceID)
	}
	count, err := s.Reports.CountDevices(t.Context(), org)
	must(t, err)
	equal(t, "devices", count, int64(len(kept)))
	receive(t, s, software("there is room again", ""), noon)
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	must(t, err)
	must(t, s.Close())
	raise(t, path)
	before, err := os.ReadFile(path)
	must(t, err)
	_, err = store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	isError(t, err, database.ErrNewer, path)
	after, err := os.ReadFile(path)
	must(t, err)
	equal(t, "database unchanged", string(after) == string(before), true)
}

func TestOpenNeedsAPath(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "absent", "muster.db"), t.TempDir()} {
		if s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}}); err == nil {
			t.Errorf("a database was opened at %q", path)
			s.Close()
		} else if !strings.Contains(err.Error(), fmt.Sprintf("%q", path)) {
			t.Errorf("error %v does not name %q", err, path)
		}
	}
}

func TestReopenKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "what?is#this%20.db")
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	must(t, err)
	must(t, s.Organizations.Ensure(t.Context(), org, "test"))
	must(t, s.DB.Ping(t.Context()))
	receipt := receive(t, s, software("host", "a"), noon)
	must(t, s.Close())
	_, err = s.Reports.Receive(t.Context(), org, manager, []reports.Incoming{software("host", "a")}, noon)
	isError(t, err, reports.ErrClosed, "")

	s = storetest.Open(t, store.Config{Database: database.Config{Path: path}})
	device, _ := load(t, s, receipt.DeviceID)
	equal(t, "device", device.Device, inventory.Device{ID: receipt.DeviceID, Name: "host"})
}

// Other users cannot read the database and the files beside it, even if those existed before.
func TestDatabaseIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such permissions there")
	}
	path := filepath.Join(t.TempDir(), "muster.db")
	for range 2 {
		s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
		must(t, err)
		must(t, s.Organizations.Ensure(t.Context(), org, "private"))
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			info, err := os.Stat(name)
			must(t, err)
			if mode := info.Mode().Perm(); mode != 0o600 {
				t.Errorf("%s has mode %v, want 0600", filepath.Base(name), mode)
			}
		}
		must(t, s.Close())
		must(t, os.Chmod(path, 0o644))
	}
}
