package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
)

// Replace writes a new file beside the old one, checks it, and renames it in one step. A folder in
// its place is set aside with its contents.
func (d *Dir) Replace(ctx context.Context, want Ref, src io.Reader) error {
	written := temporary()
	err := errors.Join(CheckKey(want.Path), d.ours(want.Path))
	if err == nil {
		err = d.step("restore", want.Path)
	}
	if err == nil {
		err = d.writeChecked(ctx, written, want, src)
	}
	batch := batchOf(d)
	if err == nil {
		err = batch.replace(written, want.Path)
	}
	if err != nil {
		d.discard(written, want.Path)
		return fmt.Errorf("restoring %q: %w", want.Path, explain(err))
	}
	d.Doubt(want.Path)
	return batch.Sync(context.WithoutCancel(ctx))
}

// writeChecked makes a durable copy and checks it.
func (d *Dir) writeChecked(ctx context.Context, name string, want Ref, src io.Reader) error {
	file, err := createNew(d.root, name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := copyThrough(ctx, io.MultiWriter(file, sum), src, make([]byte, bufferSize))
	if err == nil && (want.Bytes >= 0 && n != want.Bytes || digest(sum) != want.SHA256) {
		err = fmt.Errorf("the copy has different bytes: %w", ErrDamaged)
	}
	if err == nil {
		err = d.step("fsync", want.Path)
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// replace gives a complete file its name and replaces whatever has it.
func (b *dirBatch) replace(written, key string) error {
	d, folder := b.dir, path.Dir(key)
	d.naming.Lock()
	defer d.naming.Unlock()
	d.forgetFolders(folder) // the damage may include them
	if err := d.makeFolder(folder); err != nil {
		return err
	}
	if err := d.step("rename", key); err != nil {
		return err
	}
	if info, err := d.root.Lstat(key); err == nil && info.IsDir() {
		if err := d.root.Rename(key, repairing+temporary()[len(putting):]+"-folder"); err != nil {
			return err
		}
		b.note(".")
	}
	b.note(folder)
	return d.root.Rename(written, key)
}
