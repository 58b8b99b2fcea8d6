package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Write writes a file atomically: it is complete or absent. Once Write has returned, the file
// survives power loss.
func Write(path string, data []byte, mode os.FileMode) error {
	temporary := path + ".new"
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, errors.Join(err, os.Remove(temporary)))
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("syncing %q: %w", path, err)
	}
	if err := errors.Join(SyncOpen(folder), folder.Close()); err != nil {
		return fmt.Errorf("syncing %q: %w", path, err)
	}
	return nil
}

// SyncOpen makes the names in an open folder durable.
func SyncOpen(folder *os.File) error {
	if runtime.GOOS == "windows" { // Windows has no such call; NTFS journals its folders
		return nil
	}
	return folder.Sync()
}
