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

// remains are names that only a complete data folder has.
var remains = slices.Concat([]string{KeyFile, StoreFile, StoreFile + "-wal", StoreFile + "-open",
	StoreFile + "-moving"}, folders)

// admitFolder checks that a folder is a data folder, or empty and may become one. It changes
// nothing in an existing folder.
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
		return plain.Hinted(fmt.Errorf("%w: %q does not exist", ErrFolder, path), "muster serve --data %s makes one", path)
	}
	return admitVacant(path)
}

// admitKinds checks that files of a data folder are files and folders are folders, before
// any is opened: opening a pipe would wait for a writer. The database and the key have
// their own checks and hints.
func admitKinds(path string) error {
	if _, err := os.Lstat(filepath.Join(path, VersionFile)); err != nil {
		return nil // admitFolder decides about it
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
				return plain.Hinted(fmt.Errorf("%w: %q in %q is not a %s", ErrDamaged, name, path, kind.name),
					"move it away and restore the original from a backup")
			}
		}
	}
	return nil
}

// admitLayout checks the layout in the file version.
func admitLayout(path, layout string) error {
	if layout == FolderVersion {
		return nil
	}
	if number, err := strconv.Atoi(layout); err == nil && number > 1 {
		return fmt.Errorf("%w: %q has layout %q of a newer muster, this program knows %q", ErrFolder,
			path, layout, FolderVersion)
	}
	return plain.Hinted(fmt.Errorf("%w: the file %q in %q has unknown content %q", ErrDamaged, VersionFile, path, layout),
		"restore it from a backup; in folders of this program it has the line %s", FolderVersion)
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
			return fmt.Errorf("%w: %q contains other files, such as %q", ErrFolder, path, name)
		}
	}
	return nil
}

// beginMaking tells whether the folder is being made, and begins that if it is empty. The
// order of files tells a folder whose making was interrupted from one that lost files: the
// file making exists before anything else, and is removed when everything that a folder
// needs is there.
func beginMaking(folder string) (making bool, err error) {
	_, err = os.Stat(filepath.Join(folder, VersionFile))
	if errors.Is(err, fs.ErrNotExist) {
		if err := durable.Write(filepath.Join(folder, MakingFile),
			[]byte("this folder is being made\n"), 0o600); err != nil {
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

// isInUse tells whether something was stored besides the database. That never happens while
// the folder is being made, so a file making is then ignored.
func isInUse(folder string) bool {
	for _, name := range folders {
		if entries, err := os.ReadDir(filepath.Join(folder, name)); err == nil && len(entries) > 0 {
			return true
		}
	}
	return false
}

// finishMaking marks the folder as made. Nothing was stored in it before.
func finishMaking(folder string) error {
	if err := durable.SyncFolder(folder); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(folder, MakingFile)); err != nil {
		return fmt.Errorf("finishing the folder: %w", err)
	}
	return durable.SyncFolder(folder)
}

// discardDatabase removes the database of a folder whose making was interrupted. Nothing was
// stored in it.
func discardDatabase(folder string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-open", "-moving"} {
		if err := os.Remove(filepath.Join(folder, StoreFile+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the database of an interrupted start: %w", err)
		}
	}
	return nil
}

// damagedDatabase adds what to do about a database that is refused.
func damagedDatabase(err error) error {
	log := errors.Is(err, database.ErrLog)
	err = fmt.Errorf("%w: %w", ErrDamaged, err)
	if log {
		return plain.Hinted(err, "put the database's own log beside it, or restore the folder from a backup; muster repair --give-up log continues without what was stored last")
	}
	return plain.Hinted(err, "restore the folder from a backup, or move it away and start with an empty one")
}
