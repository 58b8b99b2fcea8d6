package library

import (
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/store"
)

// Config says what a Library works on. Store and Folder are needed.
type Config struct {
	Store *store.Store
	// Folder is the data folder: feeds and catalogs lie below it.
	Folder string
	// Client fetches feeds, the default client if nil.
	Client *http.Client
	// Clock is time.Now if nil.
	Clock func() time.Time
	// NewID makes the name of a new file or folder, a random UUID if nil.
	NewID func() string
}

// Library keeps feeds and catalogs. It is safe for concurrent use; there must
// be only one on a data folder.
type Library struct {
	store  *store.Store
	folder string
	client *http.Client
	clock  func() time.Time
	newID  func() string

	catalogs sync.Mutex // guards current
	current  *catalog.Catalog
	building sync.Mutex // held while feeds change and a catalog is built
}

// New returns a Library.
func New(c Config) *Library {
	l := &Library{store: c.Store, folder: c.Folder, client: c.Client, clock: c.Clock, newID: c.NewID}
	if l.clock == nil {
		l.clock = time.Now
	}
	if l.newID == nil {
		l.newID = uuid.NewString
	}
	return l
}

func (l *Library) path(name string) string { return filepath.Join(l.folder, name) }
