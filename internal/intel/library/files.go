package library

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// What the library puts into the data folder is entered in the store before it is
// there, and named by a feed or a catalog once it is whole. So whatever a crash
// leaves that nothing names is known, and is removed: a file that the store never
// heard of is not.

// newFile enters the name of a new file, or folder, in a folder.
func (f *files) newFile(ctx context.Context, folder string) (name string, err error) {
	name = filepath.Join(folder, f.newID())
	f.mutex.Lock()
	f.making[name] = true
	f.mutex.Unlock()
	f.trace("enter file")
	if err := f.store.EnterFile(ctx, name); err != nil {
		return "", errors.Join(err, f.made(ctx, name))
	}
	return name, nil
}

// made says that what has a name is whole, or given up: then it is removed. It does
// so though the context has ended.
func (f *files) made(ctx context.Context, name string) error {
	f.mutex.Lock()
	delete(f.making, name)
	f.left = true
	f.mutex.Unlock()
	if !f.building.TryLock() {
		return nil // the build that runs reads files, and sweeps when it has ended
	}
	defer f.building.Unlock()
	return f.sweep(context.WithoutCancel(ctx))
}

// tidy sweeps, if something may be left.
func (f *files) tidy(ctx context.Context) error {
	f.building.Lock()
	defer f.building.Unlock()
	f.mutex.Lock()
	left := f.left
	f.mutex.Unlock()
	if !left {
		return nil
	}
	return f.sweep(ctx)
}

// leave says that something may be left to be swept.
func (f *files) leave() {
	f.mutex.Lock()
	f.left = true
	f.mutex.Unlock()
}

// sweep removes what was entered, is made by nobody, and has no name: what was
// given up or replaced, and what a crash left. The caller holds building.
func (f *files) sweep(ctx context.Context) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.left = false
	unnamed, err := f.store.UnnamedFiles(ctx)
	if err != nil {
		return err
	}
	for _, name := range unnamed {
		if f.making[name] {
			continue
		}
		f.trace("remove file")
		if err := os.RemoveAll(f.path(name)); err != nil {
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
	path := f.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making folder of %q: %w", name, err)
	}
	f.trace("write file")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making %q: %w", name, err)
	}
	buf := bufio.NewWriterSize(untilDone{ctx: ctx, out: file}, 1<<20)
	if err = write(buf); err == nil {
		err = errors.Join(buf.Flush(), file.Sync())
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	return errors.Join(syncFolder(filepath.Dir(path)), syncFolder(f.folder))
}
