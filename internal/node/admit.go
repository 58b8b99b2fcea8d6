package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/store/database"
)

// folders are the folders in a data folder.
var folders = []string{FilesFolder, "feed", "catalog"}

// remains are names that only a folder of ours has once it is made.
var remains = slices.Concat([]string{KeyFile, StoreFile, StoreFile + "-wal", StoreFile + "-open", StoreFile + "-moving"}, folders)

// admitFolder checks that a folder is one of ours, or empty and to be made one.
// It changes nothing in a folder that is there.
func admitFolder(path string, make bool) error {
	if err := admitKinds(path); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(path, VersionFile))
	if err == nil {
		return admitLayout(path, strings.TrimSpace(string(text)))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if _, err := os.Stat(filepath.Join(path, MakingFile)); errors.Is(err, fs.ErrNotExist) {
		for _, name := range remains {
			if _, err := os.Stat(filepath.Join(path, name)); err == nil {
				return plain.Hinted(fmt.Errorf("%w: %q has %q and no %q", ErrDamaged, path, name, VersionFile),
					"restore the file %s from a backup (it has the line 1), or name another folder", VersionFile)
			}
		}
	}
	if !make {
		return plain.Hinted(fmt.Errorf("%w: there is none at %q", ErrFolder, path), "muster serve --data %s makes one", path)
	}
	return admitVacant(path)
}

// admitKinds checks of a folder of ours that files are files and folders are
// folders, before any is opened: opening a pipe would wait for whoever writes
// into it. The database and the key have checks, and advice, of their own.
func admitKinds(path string) error {
	if _, err := os.Lstat(filepath.Join(path, VersionFile)); err != nil {
		return nil // what becomes of it, admitFolder says
	}
	for _, kind := range []struct {
		name  string
		fits  func(fs.FileMode) bool
		names []string
	}{
		{"file", fs.FileMode.IsRegular, []string{VersionFile, LockFile, "aliases.txt"}},
		{"folder", fs.FileMode.IsDir, folders},
	} {
		for _, name := range kind.names {
			if info, err := os.Stat(filepath.Join(path, name)); err == nil && !kind.fits(info.Mode()) {
				return plain.Hinted(fmt.Errorf("%w: %q in %q is no %s", ErrDamaged, name, path, kind.name),
					"move it away, and restore what was there from a backup")
			}
		}
	}
	return nil
}

// admitLayout checks what the file version says.
func admitLayout(path, layout string) error {
	if layout == FolderVersion {
		return nil
	}
	if number, err := strconv.Atoi(layout); err == nil && number > 1 {
		return fmt.Errorf("%w: %q has layout %q, this program knows %q; it was written by a newer muster", ErrFolder, path, layout, FolderVersion)
	}
	return plain.Hinted(fmt.Errorf("%w: the file %q in %q says %q", ErrDamaged, VersionFile, path, layout),
		"restore it from a backup; of this program's folders it has the line %s", FolderVersion)
}

// admitVacant checks that a folder is empty, or that making it was interrupted.
func admitVacant(path string) error {
	if err := durable.MakePrivate(path); err != nil {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	for _, entry := range entries {
		switch name := entry.Name(); name {
		case LockFile, MakingFile, MakingFile + ".new", VersionFile + ".new":
		default:
			return fmt.Errorf("%w: %q holds other things, such as %q", ErrFolder, path, name)
		}
	}
	return nil
}

// beginMaking tells whether the folder is being made, and begins that where it is
// empty. The order lets a start tell a folder whose making was interrupted from
// one that has lost something: the file making is there before anything else,
// and goes when all is there that every folder has.
func beginMaking(folder string) (making bool, err error) {
	_, err = os.Stat(filepath.Join(folder, VersionFile))
	if errors.Is(err, fs.ErrNotExist) {
		if err := durable.Write(filepath.Join(folder, MakingFile), []byte("this folder is being made\n"), 0o600); err != nil {
			return false, err
		}
		return true, durable.Write(filepath.Join(folder, VersionFile), []byte(FolderVersion+"\n"), 0o600)
	}
	if err != nil {
		return false, err
	}
	_, err = os.Stat(filepath.Join(folder, MakingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && !isInUse(folder), err
}

// isInUse tells whether something was stored beside the database, which never is
// while the folder is made: a file making that lies there says nothing then.
func isInUse(folder string) bool {
	for _, name := range folders {
		if entries, err := os.ReadDir(filepath.Join(folder, name)); err == nil && len(entries) > 0 {
			return true
		}
	}
	return false
}

// finishMaking says that the folder is made. Nothing was taken in before.
func finishMaking(folder string) error {
	if err := durable.SyncFolder(folder); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(folder, MakingFile)); err != nil {
		return fmt.Errorf("finishing the folder: %w", err)
	}
	return durable.SyncFolder(folder)
}

// discardDatabase removes the database of a folder whose making was interrupted, which
// nothing was stored in.
func discardDatabase(folder string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-open", "-moving"} {
		if err := os.Remove(filepath.Join(folder, StoreFile+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("making the database anew: %w", err)
		}
	}
	return nil
}

// damagedDatabase says what can be done about a database that is refused.
func damagedDatabase(err error) error {
	log := errors.Is(err, database.ErrLog)
	err = fmt.Errorf("%w: %w", ErrDamaged, err)
	if log {
		return plain.Hinted(err, "put the database's own log beside it, or restore the folder from a backup; muster repair --give-up log goes on without what was stored last")
	}
	return plain.Hinted(err, "restore the folder from a backup, or move it away to begin anew")
}
