package generation_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// While a backup is being taken nothing is removed, however old it is; afterwards everything is that was due.
func TestNothingIsRemovedDuringABackup(t *testing.T) {
	l := newLab(t)
	var all []publication.Snapshot
	for i := range 4 {
		l.report(host(i, "90.0"))
		all = append(all, l.publish())
		l.wait(time.Hour)
	}
	l.learn(weaknesses[0])
	oldest, _ := l.named(all[0])
	pause := func(length time.Duration) {
		t.Helper()
		if err := database.PauseRemovals(l.ctx, l.store.DB, length); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(want bool) {
		t.Helper()
		if err := l.publisher.Retire(l.ctx, org); err != nil {
			t.Fatal(err)
		}
		s, err := l.store.Publication.Snapshot(l.ctx, org, all[0].Number)
		if err != nil || (s.Full == publication.Kept) != want {
			t.Errorf("the oldest snapshot is %q (%v), kept must be %v", s.Full, err, want)
		}
		gone := 0
		for _, f := range oldest {
			if !l.files.Exists(f.Path) {
				gone++
			}
		}
		if (gone == 0) != want {
			t.Errorf("%d of %d files are gone", gone, len(oldest))
		}
	}
	pause(time.Minute)
	if until, err := database.Paused(l.ctx, l.store.DB); err != nil || until.IsZero() {
		t.Errorf("paused until %v, %v", until, err)
	}
	l.learn(weaknesses[1]) // replaces files of the feed before
	l.wait(4 * 24 * time.Hour)
	kept(true)
	l.verify()
	if err := database.ResumeRemovals(l.ctx, l.store.DB); err != nil {
		t.Fatal(err)
	}
	kept(false)
	l.verify()
}
