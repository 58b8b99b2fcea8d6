package generation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/bucket"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/storetest"
	"github.com/muster-project/muster/internal/testneed"
)

// eachStorage runs a test once per kind of object storage, whose server it starts. The database is PostgreSQL.
func eachStorage(t *testing.T, test func(t *testing.T, s *testneed.Storage)) {
	for name, start := range map[string]func(testing.TB) *testneed.Storage{"Azurite": testneed.Azurite, "S3": testneed.S3} {
		t.Run(name, func(t *testing.T) { test(t, start(t)) })
	}
}

// remote is the place of files of a lab in a folder of a server.
func remote(s *testneed.Storage, folder string) func(cache string) (*bucket.Store, error) {
	return func(cache string) (*bucket.Store, error) {
		return bucket.Open(context.Background(), bucket.Config{URL: s.At(folder), Getenv: s.Getenv, Cache: cache,
			CacheBytes: 64 << 20})
	}
}

// openRemote opens the stores of files on a server.
func (l *lab) openRemote() (files, intelligence blob.Store) {
	l.Helper()
	cache, err := os.MkdirTemp(l.folder, "cache")
	if err != nil {
		l.Fatal(err)
	}
	s, err := l.remote(cache)
	if err != nil {
		l.Fatal(err)
	}
	return s.Below("files"), s
}

// TestLawsOnServers is TestLaws where the history is on PostgreSQL and in object storage. The generation from
// nothing that it must equal is in a folder.
func TestLawsOnServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	budget := 4 * time.Second
	if testneed.Soak() {
		budget = 3 * time.Minute
	}
	eachStorage(t, func(t *testing.T, s *testneed.Storage) {
		begun, lives, failed := time.Now(), 0, false
		rapid.Check(t, func(r *rapid.T) {
			if lives > 0 && !failed && time.Since(begun) > budget {
				return
			}
			lives++
			defer func() { failed = failed || r.Failed() }()
			folder, err := os.MkdirTemp("", "muster-lab")
			if err != nil {
				r.Fatal(err)
			}
			defer os.RemoveAll(folder)
			l := &lab{TB: r, ctx: r.Context(), folder: folder, now: noon, settings: generation.DefaultSettings(),
				url: storetest.Postgres(t), remote: remote(s, fmt.Sprint("life", lives))}
			l.leases = func() time.Time { return l.now }
			defer l.close()
			l.open()
			live(r, &history{lab: l, reports: map[string]*inventory.Report{}})
		})
		t.Logf("%d lives", lives)
	})
}

// What tells the child of TestCrashOnServers where to work, besides crashFolder and crashStep.
const (
	crashDatabase = "MUSTER_TEST_CRASH_DATABASE"
	crashFiles    = "MUSTER_TEST_CRASH_FILES"
)

// TestCrashOnServers is TestCrash on PostgreSQL and object storage, at some steps.
func TestCrashOnServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers and processes")
	}
	const most = 27 // steps of a generation that touch no file
	steps := 2
	if testneed.Soak() {
		steps = 30
	}
	eachStorage(t, func(t *testing.T, s *testneed.Storage) {
		for n := range steps {
			step := 1 + rand.IntN(most)
			url, at := storetest.Postgres(t), fmt.Sprint("crash", n)
			l := crashLab(t, url, remote(s, at))
			before := fillTemplate(t, l)
			child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
			child.Env = append(os.Environ(), crashFolder+"="+t.TempDir(), crashStep+"="+strconv.Itoa(step),
				crashDatabase+"="+url, crashFiles+"="+s.At(at))
			for name, value := range s.Env {
				child.Env = append(child.Env, name+"="+value)
			}
			out, err := child.CombinedOutput()
			var exit *exec.ExitError
			died := errors.As(err, &exit) && exit.ExitCode() == crashStatus
			if err != nil && !died {
				t.Fatalf("step %d: %v\n%s", step, err, out)
			}
			after := crashLab(t, url, remote(s, at))
			checkLab(t, after, before)
			after.close()
			if t.Failed() {
				t.Fatalf("after a crash at step %d", step)
			}
			t.Logf("survived a crash at step %d, died: %t", step, died)
		}
	})
}

// crashLab opens a lab for crashes on a server.
func crashLab(t *testing.T, url string, at func(string) (*bucket.Store, error)) *lab {
	t.Helper()
	l := &lab{TB: t, ctx: t.Context(), folder: t.TempDir(), now: noon, settings: crashSettings(), url: url, remote: at}
	l.leases = func() time.Time { return l.now }
	t.Cleanup(l.close)
	l.open()
	return l
}

// crashChild opens the lab that the variables name.
func crashChild(t *testing.T) *lab {
	if os.Getenv(crashFiles) == "" {
		return labAt(t, os.Getenv(crashFolder), crashSettings())
	}
	return crashLab(t, os.Getenv(crashDatabase), func(cache string) (*bucket.Store, error) {
		return bucket.Open(t.Context(), bucket.Config{URL: os.Getenv(crashFiles), Cache: cache})
	})
}

// existing lists the files that exist.
func (l *lab) existing() (there []string) {
	l.Helper()
	if err := l.files.List(l.ctx, ".", func(name string) error {
		there = append(there, name)
		return nil
	}); err != nil {
		l.Fatal(err)
	}
	return there
}
