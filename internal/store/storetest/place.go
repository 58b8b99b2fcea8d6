package storetest

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/bucket"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/testneed"
)

// placeVariable says where tests keep what they store: "azure" is PostgreSQL and Azure Blob, "s3" PostgreSQL and
// S3. Without it that is a folder.
const placeVariable = "MUSTER_TEST_PLACE"

// Place is where one test keeps what it stores: in a folder, or on servers that the program's other tests
// use, too.
type Place struct {
	// Database is a new database of PostgreSQL with the newest schema, or a file in the folder.
	Database database.Config
	folder   string
	files    *bucket.Store // nil for the folder
}

// New returns a place: that of the folder, or an empty one on servers.
func (s *Servers) New(tb testing.TB, folder string) *Place {
	tb.Helper()
	p := &Place{folder: folder, Database: database.Config{Path: filepath.Join(folder, "muster.db")}}
	kind := os.Getenv(placeVariable)
	if kind == "" {
		return p
	}
	p.Database = database.Config{URL: Postgres(tb)}
	server := s.storage(tb, kind)
	var err error
	p.files, err = bucket.Open(tb.Context(), bucket.Config{Getenv: server.Getenv,
		URL: server.At(strings.ToLower(rand.Text())), Cache: filepath.Join(tb.TempDir(), "cache"), CacheBytes: 64 << 20})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// Shared reports whether other processes could use the place.
func (p *Place) Shared() bool { return p.files != nil }

// OnFolder reports whether tests keep what they store in folders.
func OnFolder() bool { return os.Getenv(placeVariable) == "" }

// NeedFolder skips a test that needs a folder where places are none: it looks at, or damages, files itself, or runs
// in a bubble of synctest, which can do without a network.
func NeedFolder(tb testing.TB) {
	tb.Helper()
	if !OnFolder() {
		tb.Skip("this test needs a folder")
	}
}

// Open opens the store of files below a folder of the place, in which keys begin with some elements.
func (p *Place) Open(tb testing.TB, below string, elements ...string) blob.Store {
	tb.Helper()
	switch {
	case p.Shared() && below == ".":
		return p.files
	case p.Shared():
		return p.files.Below(below)
	}
	dir, err := blob.OpenDir(filepath.Join(p.folder, below), elements...)
	if err != nil {
		tb.Fatal(err)
	}
	return dir
}

// Servers are the servers of files of a program that tests, by kind. All its tests share them.
type Servers struct {
	mu      sync.Mutex
	running map[string]*testneed.Storage
}

// storage returns the server of a kind, which ends with the process.
func (s *Servers) storage(tb testing.TB, kind string) *testneed.Storage {
	tb.Helper()
	start := map[string]func(testing.TB) *testneed.Storage{"azure": testneed.Azurite, "s3": testneed.S3}[kind]
	if start == nil {
		tb.Fatalf("%s is %q, must be azure or s3", placeVariable, kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		s.running = map[string]*testneed.Storage{}
	}
	if s.running[kind] == nil {
		s.running[kind] = start(lasting{tb})
	}
	return s.running[kind]
}

// lasting is a test for what outlives it.
type lasting struct{ testing.TB }

// Context implements testing.TB.
func (lasting) Context() context.Context { return context.Background() }

// Cleanup implements testing.TB: the servers die with this process.
func (lasting) Cleanup(func()) {}

// TempDir implements testing.TB: a folder that ends with the run, like that of PostgreSQL, in which it is.
func (l lasting) TempDir() string {
	l.Helper()
	folder, err := os.MkdirTemp(testneed.Postgres(l.TB).Folder, "files-")
	if err != nil {
		l.Fatal(err)
	}
	return folder
}
