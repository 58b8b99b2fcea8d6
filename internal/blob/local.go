package blob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// WriteFile writes a file that is no blob: a key, a setting, a mark. It is there
// whole or not at all, takes the place of what was there, and survives power loss
// once the call has returned.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	temporary := path + ".new"
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, explain(err))
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, errors.Join(explain(err), os.Remove(temporary)))
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes durable which names a folder has.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("syncing folder %q: %w", path, err)
	}
	return syncOpen(folder, path)
}

// syncOpen makes the entries of an open folder durable, and closes it.
func syncOpen(folder *os.File, name string) (err error) {
	if runtime.GOOS != "windows" { // it has no such call; NTFS journals its folders
		err = folder.Sync()
	}
	if err := errors.Join(err, folder.Close()); err != nil {
		return fmt.Errorf("syncing folder %q: %w", name, explain(err))
	}
	return nil
}
