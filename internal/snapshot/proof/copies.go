package proof

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/muster-project/muster/internal/snapshot"
)

// Copies finds copies of wanted files in a tree of folders by their SHA-256, whatever their names.
// A wanted file with a negative size may have any size. Unreadable files are skipped.
func Copies(tree fs.FS, wanted []snapshot.File) (map[snapshot.Digest]string, error) {
	sizes, found, left := map[int64]bool{}, map[snapshot.Digest]string{}, map[snapshot.Digest]bool{}
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
		if err != nil || !sizes[info.Size()] &&
			!(sizes[-1] && info.Size() <= snapshot.MaxManifest && path.Ext(name) != ".gz") {
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

func hashOf(tree fs.FS, name string) (sum snapshot.Digest, err error) {
	file, err := tree.Open(name)
	if err != nil {
		return sum, err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return sum, err
	}
	return snapshot.Digest(hash.Sum(nil)), nil
}
