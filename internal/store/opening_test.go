package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
)

// An upgrade of a large database takes minutes: people are told, and may stop it. The next start
// begins again.
func TestUpgradeIsToldAndEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	must(t, makeOlder(path))
	ctx, cancel := context.WithCancel(t.Context())
	var told []string
	_, err := store.Open(ctx, store.Config{Database: database.Config{Path: path, Existing: true, Tell: func(text string) {
		if told = append(told, text); len(told) == 2 { // right before it is rewritten
			cancel()
		}
	}}})
	equal(t, "things told", len(told), 2)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after it was ended: %v, want context.Canceled", err)
	}
	told = nil
	tell := func(text string) { told = append(told, text) }
	for want := range slices.Values([]int{1, 0}) {
		told = nil
		s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true, Tell: tell}})
		must(t, err)
		o, err := s.Organizations.ByID(t.Context(), org)
		must(t, err)
		equal(t, "revision", o.Revision, int64(7))
		must(t, s.Close())
		equal(t, "things told", len(told), want)
	}
	equal(t, "faults", len(faults(t.Context(), path, true)), 0)

	told = nil // a new database needs no upgrade
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: filepath.Join(t.TempDir(), "new.db"),
		Tell: tell}})
	must(t, err)
	must(t, s.Close())
	equal(t, "things told", len(told), 0)
}

// The log of a killed upgrade is as large as the database: it must not be read into memory whole.
func TestALargeLogCostsNoMemory(t *testing.T) {
	path := killed(t)
	log, err := os.OpenFile(path+"-wal", os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	rest := make([]byte, 1<<20) // of an uncommitted transaction
	random := rand.NewChaCha8([32]byte{})
	for range 64 {
		random.Read(rest)
		for at := 4; at+4 < len(rest); at += 8192 + 24 { // in no frame's header
			clear(rest[at : at+4])
		}
		_, err := log.Write(rest)
		must(t, err)
	}
	must(t, log.Close())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path, Existing: true}})
	if err != nil && !errors.Is(err, database.ErrLog) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if s != nil {
		must(t, s.Close())
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 48<<20 {
		t.Errorf("opening beside a log of 64 MiB took %d MiB", took>>20)
	}
}
