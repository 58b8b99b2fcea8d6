package library

import (
	"context"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
)

// What keys begin with: those of raw files of feeds, of the tables that were
// compiled of feeds, and of the built catalogs.
const (
	feedFolder    = "feed"
	tableFolder   = "table"
	catalogFolder = "catalog"
)

// Folders are what the keys of a library's files begin with.
func Folders() []string { return []string{feedFolder, tableFolder, catalogFolder} }

// Config says what a Library works on. Store, Files and Folder are needed.
type Config struct {
	Store *store.Store
	// Files has feeds, tables and catalogs. Keys begin with one of Folders.
	Files blob.Store
	// Folder is the data folder: the operator's aliases lie there, and for a while
	// what is fetched.
	Folder string
	// Client fetches feeds, the default client if nil.
	Client *http.Client
	// Clock is time.Now if nil.
	Clock func() time.Time
	// Tell is told what takes long, nobody if nil.
	Tell func(text string)
	// Trace, if set, is called before each step that changes files or the store.
	// Tests crash there.
	Trace func(step string)
}

// Library keeps feeds and catalogs. It is safe for concurrent use; there must
// be only one on a data folder.
type Library struct {
	*shelf
	client   *http.Client
	changing sync.Mutex // held while feeds are imported or fetched
	builds   builds
}

// shelf has the tables of feeds, and the catalogs that they are merged to.
type shelf struct {
	*files
	clock func() time.Time
	tell  func(text string) // what takes long

	taking   sync.Mutex // held while what is stored of a feed changes
	catalogs sync.Mutex // guards the rest
	current  *catalog.Catalog
	tables   map[string]*table.Table // that were opened, by id: those of current
}

// files are what a library has in the data folder.
type files struct {
	store         *intelligence.Store
	organizations *organization.Store
	published     *publication.Store
	blobs         blob.Store
	folder        string
	trace         func(step string)
	// building is held while a catalog is built, which reads files: none is removed
	// meanwhile.
	building sync.Mutex

	mutex  sync.Mutex
	making map[string]bool // what this process is making, which nothing names yet
	left   bool            // something may be there to be swept
}

// builds are the builds that this process makes, until it is closed.
type builds struct {
	ctx     context.Context
	cancel  context.CancelFunc
	mutex   sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// New returns a Library.
func New(c Config) *Library {
	f := &files{store: c.Store.Intelligence, organizations: c.Store.Organizations, published: c.Store.Publication,
		blobs: c.Files, folder: c.Folder, trace: c.Trace, making: map[string]bool{}}
	l := &Library{shelf: &shelf{files: f, clock: c.Clock, tell: c.Tell, tables: map[string]*table.Table{}}, client: c.Client}
	l.builds.ctx, l.builds.cancel = context.WithCancel(context.Background())
	if l.tell == nil {
		l.tell = func(string) {}
	}
	if l.trace == nil {
		l.trace = func(string) {}
	}
	if l.clock == nil {
		l.clock = time.Now
	}
	return l
}

func (f *files) path(name string) string { return filepath.Join(f.folder, name) }
