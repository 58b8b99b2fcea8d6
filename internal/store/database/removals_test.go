package database

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A pause begins after everybody who was told that files may go, ends by itself, and does not outlast a clock
// that was ahead.
func TestPause(t *testing.T) {
	for name, cfg := range map[string]Config{"sqlite": {Path: filepath.Join(t.TempDir(), "muster.db")}, "postgres": {URL: emptyDatabase(t)}} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
			cfg.Clock = func() time.Time { return now }
			db, err := Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			may := func(want error) {
				t.Helper()
				err := db.Write(t.Context(), func(tx *sql.Tx) error { return MayRemove(t.Context(), db, tx) })
				if !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
			}
			may(nil)
			var removed, paused time.Time
			var pausing sync.WaitGroup
			err = db.Write(t.Context(), func(tx *sql.Tx) error {
				if err := MayRemove(t.Context(), db, tx); err != nil {
					return err
				}
				pausing.Go(func() {
					if err := PauseRemovals(context.Background(), db, time.Hour); err != nil {
						t.Error(err)
					}
					paused = time.Now()
				})
				time.Sleep(50 * time.Millisecond) // the pause could begin
				removed = time.Now()
				return nil
			})
			if pausing.Wait(); err != nil || !paused.After(removed) {
				t.Errorf("paused at %v, before files were removed at %v (%v)", paused, removed, err)
			}
			may(ErrPaused)
			now = now.Add(time.Hour)
			may(nil)
			now = now.Add(-MaxPause - time.Second)
			may(nil)
			if err := PauseRemovals(t.Context(), db, time.Minute); err != nil {
				t.Fatal(err)
			}
			may(ErrPaused)
			if err := ResumeRemovals(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			may(nil)
			if until, err := Paused(t.Context(), db); err != nil || !until.IsZero() {
				t.Errorf("paused until %v, %v", until, err)
			}
			if err := PauseRemovals(t.Context(), db, MaxPause+1); err == nil {
				t.Error("paused for ever")
			}
		})
	}
}
