package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/trail"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Folder is a data folder that this process works on, and no other does.
type Folder struct {
	Path      string
	Store     *store.Store
	Library   *library.Library
	Publisher *generation.Publisher
	Receiver  *receive.Receiver
	Verifier  *damage.Verifier
	repairer  *damage.Repairer

	lock         *Lock
	key          [32]byte
	keys         *auth.Keyring
	files        *snapshot.Files
	intelligence *blob.Dir
	// authority identifies callers.
	authority *auth.Authority
	log       *slog.Logger
	version   string
	audit     io.WriteCloser // nil for none
}

// Config says how to open a data folder.
type Config struct {
	Path string
	// Command is the name of this command, for the error of other processes.
	Command string
	// Version is the version of the program: agents of an older build are behind.
	Version string
	// Make makes the folder if there is none.
	Make bool
	// Settings are generation.DefaultSettings if zero.
	Settings generation.Settings
	// Client fetches feeds and the keys of outside issuers.
	Client *http.Client
	Access Access
	Log    *slog.Logger
	// Tell is called with what takes long; if nil it is logged.
	Tell  func(text string)
	Audit Audit
	// Give says what may be given up if the folder is damaged.
	Give GivenUp
}

// GivenUp says what may be given up if a folder is damaged.
type GivenUp struct {
	// Key: tokens, links and skip tokens.
	Key bool
	// Log: what was stored last.
	Log bool
}

// Open locks a data folder and opens everything in it.
func Open(ctx context.Context, c Config) (*Folder, error) {
	if err := admitFolder(c.Path, c.Make); err != nil {
		return nil, err
	}
	f := &Folder{Path: c.Path, log: c.Log, version: c.Version}
	if err := f.open(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("opening data folder %q: %w", c.Path, err), f.Close())
	}
	return f, nil
}

// open opens everything, in the reverse order of Close.
func (f *Folder) open(ctx context.Context, c Config) (err error) {
	if f.lock, err = TakeLock(f.in(LockFile), c.Command); err != nil {
		return err
	}
	making, err := beginMaking(f.Path)
	if err != nil {
		return err
	}
	if f.audit, err = c.Audit.open(f.Path); err != nil {
		return err
	}
	if err := f.openStore(ctx, c, making); err != nil {
		return err
	}
	if c.Settings == (generation.Settings{}) {
		c.Settings = generation.DefaultSettings()
	}
	f.keys, f.authority, err = c.Access.open(ctx, f.Store, f.key, c.Settings.KeepDelta, c.Client)
	if errors.Is(err, auth.ErrForeignKey) {
		return damagedKey(fmt.Errorf("%q and the database do not belong together: %w", f.in(KeyFile), err))
	}
	if err != nil {
		return err
	}
	if err := f.openFiles(ctx, making); err != nil {
		return err
	}
	checks, err := benchmark.Default()
	if err != nil {
		return err
	}
	f.Library = library.New(library.Config{Store: f.Store, Files: f.intelligence, Folder: f.Path,
		Client: c.Client, Tell: c.teller()})
	f.Publisher, err = generation.New(generation.Config{Store: f.Store, Files: f.files, Benchmark: checks,
		Library: f.Library, Settings: c.Settings, Log: c.Log, Alone: true})
	if err != nil {
		return err
	}
	codec, err := inventory.NewCodec()
	if err != nil {
		return err
	}
	f.Receiver = receive.New(receive.Config{Reports: f.Store.Reports, Watcher: f.Publisher.Watcher(), Codec: codec})
	repair := damage.Config{Store: f.Store, Files: f.files, Library: f.Library, Publisher: f.Publisher, Log: c.Log}
	f.repairer = damage.NewRepairer(repair)
	if f.Verifier, err = damage.NewVerifier(repair); err == nil && making {
		err = finishMaking(f.Path)
	}
	return err
}

// teller returns the function to call with what takes long.
func (c Config) teller() func(string) {
	if c.Tell != nil {
		return c.Tell
	}
	return func(text string) { c.Log.Info(text) }
}

// openStore opens the database, and the key with which the keys in it are sealed.
func (f *Folder) openStore(ctx context.Context, c Config, making bool) (err error) {
	config := store.Config{Database: database.Config{Path: f.in(StoreFile), Existing: !making, AcceptLog: c.Give.Log,
		Logger: c.Log, Tell: c.teller()}}
	if f.Store, err = store.Open(ctx, config); err != nil && making && errors.Is(err, database.ErrDamaged) {
		if err = discardDatabase(f.Path); err == nil { // power was lost while it was made
			f.Store, err = store.Open(ctx, config)
		}
	}
	if errors.Is(err, database.ErrDamaged) {
		return damagedDatabase(err)
	}
	if err != nil {
		return err
	}
	if err := f.Store.Organizations.Ensure(ctx, organization.Default, ""); err != nil {
		return err
	}
	if c.Give.Key {
		if err := giveUpKey(ctx, f.Path, f.Store); err != nil {
			return err
		}
	}
	f.key, err = openKey(ctx, f.Path, f.Store)
	return err
}

// openFiles opens the folders of snapshots and of intelligence. If the folder of snapshots is
// gone it makes an empty one: all reports are still there, and verify lists what is missing.
func (f *Folder) openFiles(ctx context.Context, making bool) error {
	if _, gone := os.Stat(f.in(FilesFolder)); !making && errors.Is(gone, fs.ErrNotExist) {
		f.log.ErrorContext(ctx, "the files of all snapshots are gone: muster repair restores them from a backup",
			"folder", f.in(FilesFolder))
	}
	dir, err := blob.OpenDir(f.in(FilesFolder))
	if err != nil {
		return err
	}
	f.files = snapshot.New(dir)
	f.intelligence, err = blob.OpenDir(f.Path, library.Folders()...)
	return err
}

func (f *Folder) in(name string) string { return filepath.Join(f.Path, name) }

// server returns the handler of the API for the folder.
func (f *Folder) server(c api.Config) (*edge.Server, error) {
	c.Receiver, c.Publisher, c.Verifier, c.Repairer, c.Library = f.Receiver, f.Publisher,
		f.Verifier, f.repairer, f.Library
	c.Store, c.Files, c.Keys, c.Authority = f.Store, f.files, f.keys, f.authority
	c.Version, c.Log = f.version, f.log
	if f.audit != nil {
		c.Audit = f.audit
		c.Trail, _ = f.audit.(*trail.Log) // nil for a stream
	}
	return api.New(c)
}

// settleTime is how long Close waits for a generation that was told to stop. One that does
// not stop in time is abandoned.
const settleTime = 5 * time.Second

// Organization returns the id of the organization with an id or name; of the home
// organization if idOrName is "". Older programs allowed two organizations of one name: then
// the error is a *control.NameError, as if there were none.
func (f *Folder) Organization(ctx context.Context, idOrName string) (string, error) {
	if idOrName == "" {
		return organization.Default, nil
	}
	all, err := f.Store.Organizations.All(ctx)
	if err != nil {
		return "", err
	}
	named := control.Find("organization", idOrName)
	for _, o := range all {
		named.Add(o.ID, o.Name)
	}
	return named.ID()
}

// Close closes what Open opened.
func (f *Folder) Close() error {
	var all []error
	if f.Publisher != nil {
		waiting, cancel := context.WithTimeout(context.Background(), settleTime)
		defer cancel()
		_ = f.Publisher.Close(waiting)
	}
	if f.Library != nil {
		f.Library.Close()
	}
	if f.intelligence != nil {
		all = append(all, f.intelligence.Close())
	}
	if f.files != nil {
		all = append(all, f.files.Close())
	}
	if f.Store != nil {
		all = append(all, f.Store.Close())
	}
	if f.audit != nil {
		all = append(all, f.audit.Close())
	}
	if f.lock != nil {
		all = append(all, f.lock.Release())
	}
	return errors.Join(all...)
}
