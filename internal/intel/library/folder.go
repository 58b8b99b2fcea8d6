package library

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// syncFolder makes the entries of a folder durable.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // no such call there; NTFS journals its folders
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening folder %q: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("syncing folder %q: %w", dir, err)
	}
	return nil
}
