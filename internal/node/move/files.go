package move

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/node"
)

const (
	// copiesAtOnce is how many files are copied at a time.
	copiesAtOnce = 8
	// filesOfBatch is how many files become durable together.
	filesOfBatch = 64
)

// file is a file of the folder. Its name is the same in both places.
type file struct {
	name  string
	bytes int64
}

// refuseFiles refuses a place that has files of somebody else.
func (m *mover) refuseFiles(ctx context.Context) error {
	for key, err := range m.target.Files.List(ctx, "") {
		if err != nil {
			return err
		}
		return fmt.Errorf("%w: the place of files is not empty: it has %q", node.ErrPlace, key)
	}
	return nil
}

// copyFiles makes the place have the files of the folder, and no others.
func (m *mover) copyFiles(ctx context.Context, wanted map[string]known) error {
	dir, err := blob.OpenDir(m.source.Path, append(library.Folders(), node.FilesFolder)...)
	if err != nil {
		return err
	}
	defer dir.Close()
	files, err := m.list(ctx, dir, wanted)
	if err != nil {
		return err
	}
	there, err := names(ctx, m.target.Files)
	if err != nil {
		return err
	}
	c := &copier{mover: m, from: dir, wanted: wanted, there: there, folders: map[string]*Folder{}}
	for _, f := range files {
		c.bytes += f.bytes
	}
	if err := c.all(ctx, files); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.folders)) {
		m.moved.Folders = append(m.moved.Folders, *c.folders[name])
	}
	for _, f := range files {
		delete(there, f.name)
	}
	return m.besides(ctx, there)
}

// list lists the files of the folder. All that are needed must be there.
func (m *mover) list(ctx context.Context, dir *blob.Dir, wanted map[string]known) (all []file, err error) {
	found := map[string]bool{}
	for name, err := range dir.List(ctx, "") {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(name, node.FilesFolder+"/.") {
			continue // set aside by a repair
		}
		info, err := os.Lstat(filepath.Join(m.source.Path, filepath.FromSlash(name)))
		if err != nil {
			return nil, fmt.Errorf("looking at a file: %w", err)
		}
		found[name] = true
		all = append(all, file{name, info.Size()})
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if wanted[name].needed && !found[name] {
			return nil, damaged(blob.Damaged(name, "file is gone"))
		}
	}
	return all, nil
}

// names lists a store.
func names(ctx context.Context, s blob.Store) (map[string]bool, error) {
	all := map[string]bool{}
	for name, err := range s.List(ctx, "") {
		if err != nil {
			return nil, err
		}
		all[name] = true
	}
	return all, nil
}

// copier copies files.
type copier struct {
	*mover
	from   *blob.Dir
	wanted map[string]known
	there  map[string]bool // in the target, from before
	bytes  int64           // of all files

	mu      sync.Mutex
	folders map[string]*Folder
	done    int64 // bytes
	files   int
}

func (c *copier) all(ctx context.Context, files []file) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(copiesAtOnce)
	for some := range slices.Chunk(files, filesOfBatch) {
		group.Go(func() error {
			batch := c.target.Files.NewBatch()
			for _, f := range some {
				if err := c.file(ctx, batch, f); err != nil {
					return err
				}
				c.count(f, len(files))
			}
			return batch.Sync(ctx)
		})
	}
	return group.Wait()
}

// count counts a file that is there now.
func (c *copier) count(f file, of int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	top, _, _ := strings.Cut(f.name, "/")
	folder := c.folders[top]
	if folder == nil {
		folder = &Folder{Name: top}
		c.folders[top] = folder
	}
	folder.Files++
	folder.Bytes += f.bytes
	if c.there[f.name] {
		folder.There++
	}
	c.files, c.done = c.files+1, c.done+f.bytes
	c.Tell(fmt.Sprintf("copying files: %d of %d, %d of %d MB", c.files, of, c.done>>20, c.bytes>>20))
}

// file copies a file, or compares it with what an interrupted move has copied. What is known of it is
// checked before it can be seen.
func (c *copier) file(ctx context.Context, batch blob.Batch, f file) error {
	if err := c.Trace("copy " + f.name); err != nil {
		return err
	}
	if c.there[f.name] {
		return c.compare(ctx, f)
	}
	source, err := c.from.Open(ctx, f.name)
	if err != nil {
		return err
	}
	defer source.Close()
	w, err := batch.Create(ctx, f.name)
	if err != nil {
		return err
	}
	defer w.Abort()
	read, err := summed(io.TeeReader(source, w))
	if err == nil {
		err = c.right(f, read)
	}
	if err != nil {
		return err
	}
	made, err := w.Commit()
	if err == nil && (made.SHA256 != read.SHA256 || made.Bytes != read.Bytes) {
		err = fmt.Errorf("copying %q: %d bytes were read, and others written", f.name, read.Bytes)
	}
	return err
}

// summed reads to the end.
func summed(r io.Reader) (ref blob.Ref, err error) {
	sum := sha256.New()
	ref.Bytes, err = io.Copy(sum, r)
	ref.SHA256 = blob.Digest(sum.Sum(nil))
	return ref, err
}

// right returns an error if a file is not what the database says.
func (c *copier) right(f file, read blob.Ref) error {
	want, ok := c.wanted[f.name]
	if ok && (want.SHA256 != read.SHA256 || want.Bytes >= 0 && want.Bytes != read.Bytes) {
		return damaged(blob.Damaged(f.name, fmt.Sprintf("it has %d bytes with SHA-256 %s, want %s", read.Bytes,
			hex.EncodeToString(read.SHA256[:]), hex.EncodeToString(want.SHA256[:]))))
	}
	return nil
}

// compare makes sure that a file that is there is the folder's.
func (c *copier) compare(ctx context.Context, f file) error {
	source, err := c.from.Open(ctx, f.name)
	if err != nil {
		return err
	}
	defer source.Close()
	read, err := summed(source)
	if err == nil {
		err = c.right(f, read)
	}
	if err != nil {
		return err
	}
	read.Path = f.name
	if err := blob.Check(ctx, c.target.Files, read, true); !errors.Is(err, blob.ErrDamaged) {
		return err
	}
	if _, err := source.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("copying %q again: %w", f.name, err)
	}
	return c.target.Files.Replace(ctx, read, source)
}

// besides puts what lies beside the folders of files: the key, and the operator's titles. others are names
// in the target that the folder does not have any more; they are removed.
func (m *mover) besides(ctx context.Context, others map[string]bool) error {
	beside := map[string][]byte{}
	if !m.target.Given {
		beside[node.KeyFile] = m.source.Key[:]
	}
	text, err := os.ReadFile(filepath.Join(m.source.Path, node.AliasesFile))
	if err == nil {
		beside[node.AliasesFile] = text
		m.moved.Folders = append(m.moved.Folders, Folder{Name: node.AliasesFile, Files: 1, Bytes: int64(len(text))})
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading %q: %w", node.AliasesFile, err)
	}
	for _, name := range slices.Sorted(maps.Keys(beside)) {
		if err := m.Trace("put " + name); err != nil {
			return err
		}
		data := beside[name]
		ref := blob.Ref{Path: name, Bytes: int64(len(data)), SHA256: blob.DigestOf(data)}
		if err := m.target.Files.Replace(ctx, ref, strings.NewReader(string(data))); err != nil {
			return err
		}
		delete(others, name)
	}
	for name := range others {
		if err := m.target.Files.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
