package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// Batch makes files that become durable together: many small ones share the
// syncing of their folders. Until Sync has returned, nothing may name any of
// them. It is for one goroutine.
type Batch struct {
	files *Files
	// unsynced are folders whose entries are not known to be durable, made
	// those that a sync of them proves to be there.
	unsynced, made map[string]bool
}

// NewBatch begins a batch.
func (f *Files) NewBatch() *Batch {
	return &Batch{files: f, unsynced: map[string]bool{}, made: map[string]bool{}}
}

// Sync makes the entries of the batch's folders durable, and those that lead
// to them.
func (b *Batch) Sync() error {
	for dir := range b.unsynced {
		if err := b.files.syncFolder(dir); err != nil {
			return err
		}
		delete(b.unsynced, dir)
	}
	b.files.mu.Lock()
	defer b.files.mu.Unlock()
	for dir := range b.made {
		b.files.synced[dir] = true
		delete(b.made, dir)
	}
	return nil
}

// create makes a new file; one of that name must not exist.
func (b *Batch) create(name string) (*fileWriter, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("making %q: not a name inside the folder", name)
	}
	b.files.trace("create", name)
	dir := path.Dir(name)
	if err := b.makeFolder(dir); err != nil {
		return nil, err
	}
	file, err := b.files.openNew(name)
	if errors.Is(err, fs.ErrNotExist) { // the sweeper took the folder meanwhile
		b.files.forgetFolder(dir)
		if err := b.makeFolder(dir); err != nil {
			return nil, err
		}
		file, err = b.files.openNew(name)
	}
	if err != nil {
		return nil, fmt.Errorf("making %q: %w", name, err)
	}
	b.unsynced[dir] = true
	return b.files.newWriter(name, file), nil
}

// makeFolder makes a folder and those above it.
func (b *Batch) makeFolder(dir string) error {
	b.files.mu.Lock()
	defer b.files.mu.Unlock()
	for _, d := range foldersTo(dir) {
		if b.files.synced[d] {
			continue
		}
		if err := b.files.root.Mkdir(d, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("making folder %q: %w", d, err)
		}
		b.unsynced[path.Dir(d)], b.made[d] = true, true
	}
	return nil
}

// foldersTo lists a folder with those above it, the highest first.
func foldersTo(dir string) []string {
	if dir == "." {
		return nil
	}
	return append(foldersTo(path.Dir(dir)), dir)
}
