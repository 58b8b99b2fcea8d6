package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/store"
)

// givenUp says what may be given up of a folder that is damaged.
type givenUp struct {
	// key: tokens, links and skip tokens.
	key bool
	// log: what was stored last.
	log bool
}

// folders are the folders in a data folder.
var folders = []string{filesFolder, "feed", "catalog"}

// remains are names that only a folder of ours has once it is made.
var remains = slices.Concat([]string{keyFile, storeFile, storeFile + "-wal", storeFile + "-open", storeFile + "-moving"}, folders)

// admitFolder checks that a folder is one of ours, or empty and to be made one.
// It changes nothing in a folder that is there.
func admitFolder(c folderConfig) error {
	if err := admitKinds(c.path); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(c.path, versionFile))
	if err == nil {
		return admitLayout(c.path, strings.TrimSpace(string(text)))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", errFolder, err)
	}
	if _, err := os.Stat(filepath.Join(c.path, makingFile)); errors.Is(err, fs.ErrNotExist) {
		for _, name := range remains {
			if _, err := os.Stat(filepath.Join(c.path, name)); err == nil {
				return plain.Hinted(fmt.Errorf("%w: %q has %q and no %q", errDamaged, c.path, name, versionFile),
					"restore the file %s from a backup (it has the line 1), or name another folder", versionFile)
			}
		}
	}
	if !c.make {
		return plain.Hinted(fmt.Errorf("%w: there is none at %q", errFolder, c.path), "muster serve --data %s makes one", c.path)
	}
	return admitVacant(c.path)
}

// admitKinds checks of a folder of ours that files are files and folders are
// folders, before any is opened: opening a pipe would wait for whoever writes
// into it. The database and the key have checks, and advice, of their own.
func admitKinds(path string) error {
	if _, err := os.Lstat(filepath.Join(path, versionFile)); err != nil {
		return nil // what becomes of it, admitFolder says
	}
	for _, kind := range []struct {
		name  string
		fits  func(fs.FileMode) bool
		names []string
	}{
		{"file", fs.FileMode.IsRegular, []string{versionFile, lockFile, "aliases.txt"}},
		{"folder", fs.FileMode.IsDir, folders},
	} {
		for _, name := range kind.names {
			if info, err := os.Stat(filepath.Join(path, name)); err == nil && !kind.fits(info.Mode()) {
				return plain.Hinted(fmt.Errorf("%w: %q in %q is no %s", errDamaged, name, path, kind.name),
					"move it away, and restore what was there from a backup")
			}
		}
	}
	return nil
}

// admitLayout checks what the file version says.
func admitLayout(path, layout string) error {
	if layout == folderVersion {
		return nil
	}
	if number, err := strconv.Atoi(layout); err == nil && number > 1 {
		return fmt.Errorf("%w: %q has layout %q, this program knows %q; it was written by a newer muster", errFolder, path, layout, folderVersion)
	}
	return plain.Hinted(fmt.Errorf("%w: the file %q in %q says %q", errDamaged, versionFile, path, layout),
		"restore it from a backup; of this program's folders it has the line %s", folderVersion)
}

// admitVacant checks that a folder is empty, or that making it was interrupted.
func admitVacant(path string) error {
	if err := durable.MakePrivate(path); err != nil {
		return fmt.Errorf("%w: %w", errFolder, err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("%w: %w", errFolder, err)
	}
	for _, entry := range entries {
		switch name := entry.Name(); name {
		case lockFile, makingFile, makingFile + ".new", versionFile + ".new":
		default:
			return fmt.Errorf("%w: %q holds other things, such as %q", errFolder, path, name)
		}
	}
	return nil
}

// begin tells whether the folder is being made, and begins that where it is
// empty. The order lets a start tell a folder whose making was interrupted from
// one that has lost something: the file making is there before anything else,
// and goes when all is there that every folder has.
func (f *folder) begin() (making bool, err error) {
	_, err = os.Stat(f.in(versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		if err := durable.Write(f.in(makingFile), []byte("this folder is being made\n"), 0o600); err != nil {
			return false, err
		}
		return true, durable.Write(f.in(versionFile), []byte(folderVersion+"\n"), 0o600)
	}
	if err != nil {
		return false, err
	}
	_, err = os.Stat(f.in(makingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && !f.inUse(), err
}

// inUse tells whether something was stored beside the database, which never is
// while the folder is made: a file making that lies there says nothing then.
func (f *folder) inUse() bool {
	for _, name := range folders {
		if entries, err := os.ReadDir(f.in(name)); err == nil && len(entries) > 0 {
			return true
		}
	}
	return false
}

// finish says that the folder is made. Nothing was taken in before.
func (f *folder) finish() error {
	if err := durable.SyncFolder(f.path); err != nil {
		return err
	}
	if err := os.Remove(f.in(makingFile)); err != nil {
		return fmt.Errorf("finishing the folder: %w", err)
	}
	return durable.SyncFolder(f.path)
}

// discard removes the database of a folder whose making was interrupted, which
// nothing was stored in.
func (f *folder) discard() error {
	for _, suffix := range []string{"", "-wal", "-shm", "-open", "-moving"} {
		if err := os.Remove(f.in(storeFile + suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("making the database anew: %w", err)
		}
	}
	return nil
}

// damagedDatabase says what can be done about a database that is refused.
func damagedDatabase(err error) error {
	log := errors.Is(err, store.ErrLog)
	err = fmt.Errorf("%w: %w", errDamaged, err)
	if log {
		return plain.Hinted(err, "put the database's own log beside it, or restore the folder from a backup; muster repair --give-up log goes on without what was stored last")
	}
	return plain.Hinted(err, "restore the folder from a backup, or move it away to begin anew")
}

// openKey reads the folder's secret, which is made once. Where keys in the
// database are sealed with one it must be there.
func (f *folder) openKey(ctx context.Context) (key [32]byte, err error) {
	if info, err := os.Stat(f.in(keyFile)); err == nil && !info.Mode().IsRegular() { // opening a pipe would wait
		return key, damagedKey(fmt.Errorf("%q is no file", f.in(keyFile)))
	}
	text, err := os.ReadFile(f.in(keyFile))
	switch {
	case err == nil && len(text) == len(key) && [32]byte(text) == key:
		return key, damagedKey(fmt.Errorf("%q has zeros alone", f.in(keyFile)))
	case err == nil && len(text) == len(key):
		return [32]byte(text), nil
	case err == nil:
		return key, damagedKey(fmt.Errorf("%q has %d bytes, must have %d", f.in(keyFile), len(text), len(key)))
	case !errors.Is(err, fs.ErrNotExist):
		return key, fmt.Errorf("reading the key: %w", err)
	}
	sealed, err := f.store.SigningKeys(ctx)
	if err != nil {
		return key, err
	}
	if len(sealed) > 0 {
		return key, damagedKey(fmt.Errorf("%q is gone, and the database has %d keys that are sealed with it", f.in(keyFile), len(sealed)))
	}
	if _, err := rand.Read(key[:]); err != nil {
		return key, fmt.Errorf("making the key: %w", err)
	}
	return key, durable.Write(f.in(keyFile), key[:], 0o600)
}

// damagedKey says what can be done about a key that is not the folder's.
func damagedKey(err error) error {
	return plain.Hinted(fmt.Errorf("%w: %w", errDamaged, err),
		"restore the file key from a backup; muster repair --give-up key makes a new one, and ends all tokens, links and skip tokens")
}

// giveUpKey sets the folder's secret aside with all that is sealed with it. The
// next step makes another.
func (f *folder) giveUpKey(ctx context.Context) error {
	aside := f.in(keyFile + ".given-up-" + time.Now().UTC().Format("20060102T150405Z"))
	if err := os.Rename(f.in(keyFile), aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("setting the key aside: %w", err)
	}
	if err := durable.SyncFolder(f.path); err != nil {
		return err
	}
	return f.store.ForgetSigningKeys(ctx)
}
