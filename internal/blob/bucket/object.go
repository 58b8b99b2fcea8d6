package bucket

import (
	"io"
	"io/fs"
	"path"
	"sync"
	"time"
)

// object is an open object.
type object struct {
	*io.SectionReader
	reader *reader
	fact   *fact
	closed sync.Once
}

// Close ends the reading. Pieces of a blob that was removed meanwhile are dropped with its last
// reader.
func (o *object) Close() error {
	o.closed.Do(func() {
		if r := o.reader; r.service.known.release(o.fact) {
			r.service.forget(r.name, r.version)
		}
	})
	return nil
}

func (o *object) Stat() (fs.FileInfo, error) { return o, nil }
func (o *object) Name() string               { return path.Base(o.reader.key) }
func (o *object) Mode() fs.FileMode          { return 0o400 }
func (o *object) ModTime() time.Time         { return o.reader.version.modified }
func (o *object) IsDir() bool                { return false }
func (o *object) Sys() any                   { return nil }
