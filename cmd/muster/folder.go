package main

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
	"strings"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// The names in a data folder; package generation adds feed/, catalog/ and
// aliases.txt.
const (
	versionFile = "version"
	makingFile  = "making" // while the folder is made
	lockFile    = "lock"
	keyFile     = "key"
	storeFile   = "muster.db"
	filesFolder = "files"
)

// folderVersion is the layout of a data folder that this program knows.
const folderVersion = "1"

// folder is a data folder that this process works on: nobody else does.
type folder struct {
	path      string
	lock      *lock
	key       [32]byte
	keys      *auth.Keyring
	store     *store.Store
	files     *snapshot.Files
	library   *library.Library
	publisher *generation.Publisher
	// authority tells who asks.
	authority *auth.Authority
	log       *slog.Logger
	audit     io.WriteCloser // nil for none
	// overdue has the organizations whose snapshot was due while in doubt.
	overdue sync.Map
}

// folderConfig says how to open a data folder.
type folderConfig struct {
	path string
	// command is the command that holds the folder, for those it keeps out.
	command string
	// make the folder if it is absent.
	make bool
	// settings are generation.DefaultSettings if zero.
	settings generation.Settings
	client   *http.Client
	access   accessFlags
	log      *slog.Logger
	// tell is told what takes long; nil: the log is.
	tell func(text string)
	// audit says where the audit log is, folderAudit() if zero; out is what -
	// means.
	audit auditFlags
	out   io.Writer
	// give says what may be given up of a folder that is damaged.
	give givenUp
}

// openFolder locks a data folder and opens what is in it.
func openFolder(ctx context.Context, c folderConfig) (*folder, error) {
	if err := admitFolder(c); err != nil {
		return nil, err
	}
	f := &folder{path: c.path, log: c.log}
	if err := f.open(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("opening data folder %q: %w", c.path, err), f.close())
	}
	return f, nil
}

// open opens everything, in the order in which close closes it backwards.
func (f *folder) open(ctx context.Context, c folderConfig) (err error) {
	if f.lock, err = takeLock(f.in(lockFile), c.command); err != nil {
		return err
	}
	making, err := f.begin()
	if err != nil {
		return err
	}
	if c.audit == (auditFlags{}) {
		c.audit = folderAudit()
	}
	if f.audit, err = c.audit.open(f.path, c.out); err != nil {
		return err
	}
	if err := f.openStore(ctx, c, making); err != nil {
		return err
	}
	if c.settings == (generation.Settings{}) {
		c.settings = generation.DefaultSettings()
	}
	if err := f.openAccess(ctx, c); err != nil {
		return err
	}
	if err := f.openFiles(ctx, making); err != nil {
		return err
	}
	checks, err := benchmark.Default()
	if err != nil {
		return err
	}
	f.library = library.New(library.Config{Store: f.store, Folder: f.path, Client: c.client})
	f.publisher, err = generation.New(generation.Config{Store: f.store, Files: f.files, Benchmark: checks,
		Library: f.library, Settings: c.settings, Log: c.log})
	if err == nil && making {
		err = f.finish()
	}
	return err
}

// openStore opens the database and the key that its own keys are sealed with.
func (f *folder) openStore(ctx context.Context, c folderConfig, making bool) (err error) {
	config := store.Config{Path: f.in(storeFile), Existing: !making, AcceptLog: c.give.log, Logger: c.log, Tell: c.tell}
	if config.Tell == nil {
		config.Tell = func(text string) { c.log.InfoContext(ctx, text) }
	}
	if f.store, err = store.Open(ctx, config); err != nil && making && errors.Is(err, store.ErrDamaged) {
		if err = f.discard(); err == nil { // a power loss while it was made
			f.store, err = store.Open(ctx, config)
		}
	}
	if errors.Is(err, store.ErrDamaged) {
		return damagedDatabase(err)
	}
	if err != nil {
		return err
	}
	if err := f.store.EnsureOrganization(ctx, store.DefaultOrganization, ""); err != nil {
		return err
	}
	if c.give.key {
		if err := f.giveUpKey(ctx); err != nil {
			return err
		}
	}
	f.key, err = f.openKey(ctx)
	return err
}

// openFiles opens the folder of snapshots. One that is gone is made anew, empty:
// the reports are all there, and verify names what is not.
func (f *folder) openFiles(ctx context.Context, making bool) (err error) {
	if _, gone := os.Stat(f.in(filesFolder)); !making && errors.Is(gone, fs.ErrNotExist) {
		f.log.ErrorContext(ctx, "the files of all snapshots are gone: muster repair brings them back from a backup", "folder", f.in(filesFolder))
	}
	f.files, err = snapshot.OpenFiles(f.in(filesFolder))
	return err
}

func (f *folder) in(name string) string { return filepath.Join(f.path, name) }

// server makes the handler of the API on the folder.
func (f *folder) server(c api.Config) (*edge.Server, error) {
	c.Publisher, c.Library, c.Store, c.Files, c.Keys, c.Authority = f.publisher, f.library, f.store, f.files, f.keys, f.authority
	c.Log = f.log
	if f.audit != nil {
		c.Audit = f.audit
	}
	return api.New(c)
}

// organization returns the id of an organization that is named by its id or
// name; of the home organization where nothing is named.
func (f *folder) organization(ctx context.Context, idOrName string) (string, error) {
	if idOrName == "" {
		return store.DefaultOrganization, nil
	}
	all, err := f.store.Organizations(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, o := range all {
		if strings.EqualFold(o.ID, idOrName) {
			return o.ID, nil
		}
		if o.Name == idOrName {
			found = append(found, o.ID)
		}
	}
	// An older program let two have one name.
	return only(found, "organizations", idOrName,
		plain.Hinted(fmt.Errorf("%w: there is no organization %q in this folder", control.ErrInput, idOrName), "muster organization list shows all"))
}

// settleTime is how long close waits for a generation that was told to stop.
const settleTime = 5 * time.Second

// settle waits until no generation is being made. The caller has ended the
// context of those that were.
func (f *folder) settle() {
	waiting, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	ended, end := context.WithCancel(waiting)
	end()
	// A generation whose context has ended does not begin, but waits its turn.
	_, _ = f.publisher.Publish(ended, store.DefaultOrganization, nil).Wait(waiting)
}

// close closes what open has opened.
func (f *folder) close() error {
	var all []error
	if f.publisher != nil {
		f.settle()
	}
	if f.files != nil {
		all = append(all, f.files.Close())
	}
	if f.store != nil {
		all = append(all, f.store.Close())
	}
	if f.audit != nil {
		all = append(all, f.audit.Close())
	}
	if f.lock != nil {
		all = append(all, f.lock.release())
	}
	return errors.Join(all...)
}
