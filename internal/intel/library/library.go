package library

import (
	"context"
	"io"
	"net/http"
	"os"
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

// The first elements of keys: of raw files of feeds, of compiled tables, and of built catalogs.
const (
	feedFolder    = "feed"
	tableFolder   = "table"
	catalogFolder = "catalog"
)

// aliasFile, in the data folder, is the operator's own table of software titles in the format of
// alias/alias.txt. It is optional.
const aliasFile = "aliases.txt"

// Folders returns the first elements of the keys of a library's files.
func Folders() []string { return []string{feedFolder, tableFolder, catalogFolder} }

// Config is what a Library works with. Store, Files and Folder are required.
type Config struct {
	Store *store.Store
	// Files stores feeds, tables and catalogs. Keys begin with one of Folders.
	Files blob.Store
	// Folder is a folder on this machine, for the temporary files of fetches. The data folder also has
	// the operator's aliases.
	Folder string
	// Aliases opens the operator's aliases elsewhere; the error wraps fs.ErrNotExist if there are none.
	Aliases func(context.Context) (io.ReadCloser, error)
	// Shared says that other nodes use the store, too. Then one of them at a time changes feeds.
	Shared bool
	// Client fetches feeds; nil is the default client.
	Client *http.Client
	// Clock defaults to time.Now.
	Clock func() time.Time
	// Tell is called with a text for people when something takes long; it may be nil.
	Tell func(text string)
	// Trace, if set, is called before each step that changes files or the store.
	// Tests crash there.
	Trace func(step string)
}

// Library keeps feeds and catalogs. It is safe for concurrent use; a data folder may have only
// one.
type Library struct {
	*shelf
	owner    *ownership // nil: no other node uses the store
	client   *http.Client
	changing sync.Mutex // held while feeds are imported or fetched
	builds   builds
}

// shelf has the feeds' tables, and the catalogs merged from them.
type shelf struct {
	*files
	clock       func() time.Time
	tell        func(text string) // called when something takes long
	openAliases func(context.Context) (io.ReadCloser, error)

	taking   sync.Mutex // held while the record of a feed changes
	catalogs sync.Mutex // guards the rest
	current  *catalog.Catalog
	tables   map[string]*table.Table // open tables of the current catalog, by id
}

// files are the library's files in the data folder.
type files struct {
	store         *intelligence.Store
	organizations *organization.Store
	published     *publication.Store
	blobs         blob.Store
	folder        string
	trace         func(step string)
	// building is held while a catalog is built: files that the build reads must not be removed.
	building sync.Mutex

	mutex  sync.Mutex
	making map[string]bool // files that this process is making, which nothing names yet
	left   bool            // there may be something to sweep
}

// builds are the builds in this process, until it is closed.
type builds struct {
	ctx     context.Context
	cancel  context.CancelFunc
	mutex   sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// New returns a Library.
func New(c Config) *Library {
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	kept := c.Store.Intelligence
	var owner *ownership
	if c.Shared {
		owner = &ownership{store: kept, tell: c.Tell}
		kept = kept.Guarded(owner.check)
	}
	f := &files{store: kept, organizations: c.Store.Organizations, published: c.Store.Publication,
		blobs: c.Files, folder: c.Folder, trace: c.Trace, making: map[string]bool{}}
	l := &Library{shelf: &shelf{files: f, clock: c.Clock, tell: c.Tell, tables: map[string]*table.Table{}},
		client: c.Client, owner: owner}
	if l.openAliases = c.Aliases; c.Aliases == nil {
		l.openAliases = func(context.Context) (io.ReadCloser, error) { return os.Open(l.path(aliasFile)) }
	}
	l.builds.ctx, l.builds.cancel = context.WithCancel(context.Background())
	if l.trace == nil {
		l.trace = func(string) {}
	}
	if l.clock == nil {
		l.clock = time.Now
	}
	return l
}

func (f *files) path(name string) string { return filepath.Join(f.folder, name) }
