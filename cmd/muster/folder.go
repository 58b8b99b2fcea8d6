package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/pipeline"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// The names in a data folder; package pipeline adds feed/, catalog/ and
// aliases.txt.
const (
	versionFile = "version"
	lockFile    = "lock"
	keyFile     = "key"
	storeFile   = "muster.db"
	filesFolder = "files"
)

// folderVersion is the layout of a data folder that this program knows.
const folderVersion = "1"

// folder is a data folder that this process works on: nobody else does.
type folder struct {
	path     string
	lock     *lock
	key      [32]byte
	keys     *auth.Keyring
	store    *store.Store
	files    *snapshot.Files
	pipeline *pipeline.Pipeline
	// authority tells who asks.
	authority *auth.Authority
	log       *slog.Logger
	audit     io.WriteCloser // nil for none
}

// folderConfig says how to open a data folder.
type folderConfig struct {
	path string
	// command is the command that holds the folder, for those it keeps out.
	command string
	// make the folder if it is absent.
	make bool
	// settings are pipeline.DefaultSettings if zero.
	settings pipeline.Settings
	client   *http.Client
	access   accessFlags
	log      *slog.Logger
	// audit says where the audit log is, folderAudit() if zero; out is what -
	// means.
	audit auditFlags
	out   io.Writer
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

// admitFolder checks that a folder is one of ours, or empty and to be made one.
func admitFolder(c folderConfig) error {
	text, err := os.ReadFile(filepath.Join(c.path, versionFile))
	switch found := strings.TrimSpace(string(text)); {
	case err == nil && found != folderVersion:
		return fmt.Errorf("%w: %q has layout %q, this program knows %q; it was written by a newer muster", errFolder, c.path, found, folderVersion)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", errFolder, err)
	case !c.make:
		return hinted(fmt.Errorf("%w: there is none at %q", errFolder, c.path), "muster serve --data %s makes one", c.path)
	}
	if err := makePrivate(c.path); err != nil {
		return fmt.Errorf("%w: %w", errFolder, err)
	}
	entries, err := os.ReadDir(c.path)
	if err != nil {
		return fmt.Errorf("%w: %w", errFolder, err)
	}
	for _, entry := range entries {
		if name := entry.Name(); name != lockFile && name != versionFile+".new" {
			return fmt.Errorf("%w: %q holds other things, such as %q", errFolder, c.path, name)
		}
	}
	return nil
}

// open opens everything, in the order in which close closes it backwards.
func (f *folder) open(ctx context.Context, c folderConfig) (err error) {
	if f.lock, err = takeLock(f.in(lockFile), c.command); err != nil {
		return err
	}
	if err := f.mark(); err != nil {
		return err
	}
	newKey := false
	if f.key, newKey, err = readKey(f.in(keyFile)); err != nil {
		return err
	}
	if c.audit == (auditFlags{}) {
		c.audit = folderAudit()
	}
	if f.audit, err = c.audit.open(f.path, c.out); err != nil {
		return err
	}
	if f.store, err = store.Open(ctx, store.Config{Path: f.in(storeFile), Logger: c.log}); err != nil {
		return err
	}
	if err := f.store.EnsureOrganization(ctx, store.DefaultOrganization, ""); err != nil {
		return err
	}
	if c.settings == (pipeline.Settings{}) {
		c.settings = pipeline.DefaultSettings()
	}
	if err := f.openAccess(ctx, c, newKey); err != nil {
		return err
	}
	if f.files, err = snapshot.OpenFiles(f.in(filesFolder)); err != nil {
		return err
	}
	checks, err := benchmark.Default()
	if err != nil {
		return err
	}
	f.pipeline, err = pipeline.New(pipeline.Config{Store: f.store, Files: f.files, Benchmark: checks,
		Folder: f.path, Settings: c.settings, Client: c.client, Log: c.log})
	return err
}

func (f *folder) in(name string) string { return filepath.Join(f.path, name) }

// mark makes the folder one of ours.
func (f *folder) mark() error {
	_, err := os.Stat(f.in(versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return writeDurable(f.in(versionFile), []byte(folderVersion+"\n"), 0o600)
	}
	return err
}

// readKey reads the folder's secret, which is made once.
func readKey(path string) (key [32]byte, made bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := rand.Read(key[:]); err != nil {
			return key, false, fmt.Errorf("making the key: %w", err)
		}
		return key, true, writeDurable(path, key[:], 0o600)
	}
	if err == nil && len(text) != len(key) {
		err = fmt.Errorf("%d bytes, must be %d: restore it, or remove it to give up all tokens, links and skip tokens", len(text), len(key))
	}
	if err != nil {
		return key, false, fmt.Errorf("reading key %q: %w", path, err)
	}
	return [32]byte(text), false, nil
}

// server makes the handler of the API on the folder.
func (f *folder) server(c api.Config) (*api.Server, error) {
	c.Pipeline, c.Store, c.Files, c.Keys, c.Authority = f.pipeline, f.store, f.files, f.keys, f.authority
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
	for _, o := range all {
		if strings.EqualFold(o.ID, idOrName) || o.Name == idOrName {
			return o.ID, nil
		}
	}
	return "", hinted(fmt.Errorf("%w: there is no organization %q in this folder", errInput, idOrName), "muster organization list shows all")
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
	_, _ = f.pipeline.Publish(ended, store.DefaultOrganization, nil).Wait(waiting)
}

// close closes what open has opened.
func (f *folder) close() error {
	var all []error
	if f.pipeline != nil {
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
