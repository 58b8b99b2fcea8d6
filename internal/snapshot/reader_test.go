package snapshot_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/muster-project/muster/internal/snapshot"
)

// TestReaderReadsOnce: concurrent requests share one read, and the result is cached. An error goes
// to those who waited and is not cached.
func TestReaderReadsOnce(t *testing.T) {
	l := newLab(t)
	synctest.Test(t, func(t *testing.T) {
		reader := l.files.NewReader()
		for _, failed := range []error{errors.New("no disk"), nil} {
			reads, release := 0, make(chan struct{})
			read := func() (int, int64, error) {
				reads++
				<-release
				return 7, 1, failed
			}
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					if got, err := snapshot.Once(reader, "a", read); err != failed || got != 7 {
						t.Errorf("%d, %v, want 7, %v", got, err, failed)
					}
				})
			}
			synctest.Wait()
			close(release)
			if all.Wait(); reads != 1 {
				t.Errorf("%d readings for ten who wanted it at once", reads)
			}
		}
		if got, err := snapshot.Once(reader, "a", nil); got != 7 || err != nil {
			t.Errorf("afterwards: %d, %v", got, err)
		}
	})
}

// TestReaderThatPanics: those who wait for a read that panics get an error.
func TestReaderThatPanics(t *testing.T) {
	reader := newLab(t).files.NewReader()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		go func() {
			defer func() { recover() }()
			snapshot.Once(reader, "a", func() (int, int64, error) { <-release; panic("a bug") })
		}()
		synctest.Wait()
		waited := make(chan error)
		go func() {
			_, err := snapshot.Once(reader, "a", nil)
			waited <- err
		}()
		synctest.Wait()
		close(release)
		if err := <-waited; err == nil {
			t.Error("nobody is told")
		}
	})
}

// TestReaderForgets: the cache holds a number of bytes, most recently used; one entry is kept
// whatever its size.
func TestReaderForgets(t *testing.T) {
	reader := newLab(t).files.NewReader()
	reads := map[string]int{}
	ask := func(name string, bytes int64) {
		t.Helper()
		if _, err := snapshot.Once(reader, name,
			func() (int, int64, error) { reads[name]++; return 0, bytes, nil }); err != nil {
			t.Fatal(err)
		}
	}
	const piece = snapshot.MaxRemembered / 8
	for i := range 100 {
		ask("often", piece)
		ask(fmt.Sprint(i), piece)
		if n := reader.Remembered(); n > snapshot.MaxRemembered {
			t.Fatalf("%d bytes remembered", n)
		}
	}
	ask("99", piece)
	ask("0", piece)
	if reads["often"] != 1 || reads["99"] != 1 || reads["0"] != 2 {
		t.Errorf("readings: %d of what is asked for often, %d of the last, %d of the first",
			reads["often"], reads["99"], reads["0"])
	}
	ask("huge", 2*snapshot.MaxRemembered)
	ask("huge", 0)
	if reads["huge"] != 1 || reader.Remembered() != 2*snapshot.MaxRemembered {
		t.Errorf("something huge was read %d times, %d bytes are remembered", reads["huge"], reader.Remembered())
	}
}

// TestReaderRemembersFiles: indexes and deltas are read once, too.
func TestReaderRemembersFiles(t *testing.T) {
	l := newLab(t)
	written := l.manifest()
	file, err := l.files.WriteManifest(snapshot.ManifestName("org", 2, "x"), written)
	if err != nil {
		t.Fatal(err)
	}
	reader := l.files.NewReader()
	for try := range 2 {
		m, err := reader.Manifest(file.Path, file.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		full, delta := l.named(m)
		if want, deltas := l.named(written); len(full) != len(want) || len(delta) != len(deltas) {
			t.Errorf("try %d: %d and %d files, want %d and %d", try, len(full), len(delta), len(want), len(deltas))
		}
		if try == 0 {
			l.remove(file.Path)
			l.remove(m.Deltas.Path)
			for i := range m.Ranges {
				l.remove(m.Ranges[i].Index.Path)
			}
		}
	}
	if _, err := l.files.NewReader().Manifest(file.Path, file.SHA256); !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("another reader: %v", err)
	}
}
