package snapshot

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/google/uuid"
)

// Restore puts a file back: src must have what want says, else nothing is
// changed and the error wraps ErrDamaged. A negative size is not compared. The
// new file takes the place of a damaged one in one step, and is durable when
// Restore returns. A folder in its place is set aside, with what is in it.
func (f *Files) Restore(want File, src io.Reader) error {
	temporary := repairing + uuid.NewString()
	f.trace("restore", want.Path)
	if err := f.writeTemporary(temporary, want, src); err != nil {
		return errors.Join(fmt.Errorf("restoring %q: %w", want.Path, err), f.removeTemporary(temporary))
	}
	f.trace("rename", want.Path)
	batch := f.NewBatch()
	dir := path.Dir(want.Path)
	f.forgetFolder(dir)
	err := batch.makeFolder(dir)
	if info, statErr := f.root.Lstat(want.Path); err == nil && statErr == nil && info.IsDir() {
		err = f.root.Rename(want.Path, temporary+"-folder")
	}
	if err == nil {
		err = f.root.Rename(temporary, want.Path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("restoring %q: %w", want.Path, err), f.removeTemporary(temporary))
	}
	f.mu.Lock()
	delete(f.sound, want.Path)
	f.mu.Unlock()
	batch.unsynced[dir] = true
	return batch.Sync()
}

// writeTemporary makes a durable copy and checks it.
func (f *Files) writeTemporary(name string, want File, src io.Reader) error {
	file, err := f.openNew(name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, sum), src)
	if err == nil && (want.Bytes >= 0 && n != want.Bytes || Digest(sum.Sum(nil)) != want.SHA256) {
		err = fmt.Errorf("the copy has other bytes: %w", ErrDamaged)
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (f *Files) removeTemporary(name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %q: %w", name, err)
	}
	return nil
}

// RemoveTemporary removes what Restore left when the program died.
func (f *Files) RemoveTemporary() error {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("listing folder of snapshots: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), repairing) && e.Type().IsRegular() {
			if err := f.removeTemporary(e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Copies finds copies of wanted files in a tree of any folders, by their
// SHA-256 whatever their names are. Of a wanted file whose size is negative any
// size will do. What cannot be read is passed over.
func Copies(tree fs.FS, wanted []File) (map[Digest]string, error) {
	sizes, found, left := map[int64]bool{}, map[Digest]string{}, map[Digest]bool{}
	for _, w := range wanted {
		sizes[w.Bytes], left[w.SHA256] = true, true
	}
	err := fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			if name == "." {
				return err
			}
			return nil
		}
		if !e.Type().IsRegular() {
			return nil
		}
		info, err := e.Info()
		if err != nil || !sizes[info.Size()] && !(sizes[-1] && info.Size() <= maxManifest && path.Ext(name) != ".gz") {
			return nil
		}
		sum, err := hashOf(tree, name)
		if err == nil && left[sum] {
			found[sum] = name
			if delete(left, sum); len(left) == 0 {
				return fs.SkipAll
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for copies: %w", err)
	}
	return found, nil
}

func hashOf(tree fs.FS, name string) (sum Digest, err error) {
	file, err := tree.Open(name)
	if err != nil {
		return sum, err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return sum, err
	}
	return Digest(hash.Sum(nil)), nil
}
