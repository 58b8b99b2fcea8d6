package intel

import (
	"io"
	"io/fs"
)

// XML calls read with every XML text in fsys: files that end in .xml, .xml.gz, .xml.zst or .xml.bz2, in the
// order of paths. A text of more than Entry bytes, and one that does not end as its compression says, is an
// error of the reader. XML returns the first error, with the name of the file.
func (l Limits) XML(fsys fs.FS, read func(name string, r io.Reader) error) error {
	want := wanted{file: format.isXML, entry: func(format) bool { return false }}
	each := func(_ *opener, r io.Reader, name string, _ int64) error { return read(name, r) }
	for _, err := range l.walk(fsys, want, each) {
		return err // no document is yielded, only an error
	}
	return nil
}
