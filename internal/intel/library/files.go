package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/store/database"
)

// Every file of the library is recorded in the store before it exists, and named by a feed or a
// catalog once it is complete. So files that a crash leaves unnamed are known and are removed;
// files that the store never recorded are not.

// newFile records the name of a new file or folder.
func (f *files) newFile(ctx context.Context, folder string) (name string, err error) {
	name = path.Join(folder, uuid.NewString())
	f.mutex.Lock()
	f.making[name] = true
	f.mutex.Unlock()
	f.trace("enter file")
	if err := f.store.EnterFile(ctx, name); err != nil {
		return "", errors.Join(err, f.made(ctx, name))
	}
	return name, nil
}

// made says that a file is complete, or given up and to be removed. It works even if the context
// has ended.
func (f *files) made(ctx context.Context, name string) error {
	f.mutex.Lock()
	delete(f.making, name)
	f.left = true
	free := f.building.TryLock()
	f.mutex.Unlock()
	if !free {
		return nil // the holder of building may read files, and sweeps before it lets go
	}
	return f.release(context.WithoutCancel(ctx))
}

// release unlocks building. Before that it sweeps as long as something may be left, so nothing is
// left while building is not held.
func (f *files) release(ctx context.Context) error {
	held := true
	defer func() {
		if held {
			f.building.Unlock()
		}
	}()
	for {
		f.mutex.Lock()
		if !f.left {
			f.building.Unlock() // under mutex, so that nothing new is left
			held = false
			f.mutex.Unlock()
			return nil
		}
		f.mutex.Unlock()
		if err := f.sweep(ctx); err != nil {
			return err
		}
	}
}

// tidy sweeps, if there may be something to sweep.
func (f *files) tidy(ctx context.Context) error {
	f.building.Lock()
	return f.release(ctx)
}

// leave says that there may be something to sweep.
func (f *files) leave() {
	f.mutex.Lock()
	f.left = true
	f.mutex.Unlock()
}

// sweep removes recorded files that nothing is making or names: those given up or replaced, and
// those left by a crash. The caller holds building.
func (f *files) sweep(ctx context.Context) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.left = false
	unnamed, err := f.store.UnnamedFiles(ctx)
	if errors.Is(err, database.ErrPaused) {
		return nil // a later sweep finds them
	}
	if err != nil {
		return err
	}
	for _, name := range unnamed {
		if f.making[name] {
			continue
		}
		f.trace("remove file")
		if err := blob.RemoveAll(ctx, f.blobs, key(name)); err != nil {
			return fmt.Errorf("removing %q: %w", name, err)
		}
		f.trace("forget file")
		if err := f.store.ForgetFile(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// writeFile makes a file durable.
func (f *files) writeFile(ctx context.Context, name string, write func(io.Writer) error) error {
	f.trace("write file")
	batch := f.blobs.NewBatch()
	out, err := batch.Create(ctx, key(name))
	if err != nil {
		return err
	}
	defer out.Abort()
	if err := write(out); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	if _, err := out.Commit(); err != nil {
		return err
	}
	return batch.Sync(ctx)
}

// lying returns the folder and the name of a file. The context is used for all reading.
func (f *files) lying(ctx context.Context, name string) (folder fs.FS, base string) {
	key := key(name)
	return blob.FS(ctx, f.blobs, path.Dir(key)+"/"), path.Base(key)
}

// key returns the key for a file name in the store. Programs on Windows stored names with
// backslashes.
func key(name string) string { return path.Clean(filepath.ToSlash(name)) }

// damage makes an error that wraps blob.ErrDamaged wrap column.ErrDamaged, too.
func damage(err error) error {
	if errors.Is(err, blob.ErrDamaged) {
		return fmt.Errorf("%w: %w", column.ErrDamaged, err)
	}
	return err
}
