package intel

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"

	"github.com/klauspost/compress/zip"
)

// Document is one JSON text among a feed's raw files.
type Document struct {
	// Name is the file's path and, in an archive, the entry's after it:
	// "all.zip/GO-2024-2687.json". It is for people and never opened.
	Name string
	Data []byte
	// Listing is the document of which this one is a member; nil if there is none.
	Listing *Listing
	// Keys lead to a member of nested objects (Members).
	Keys []string
}

// Odd returns the error for a document that is left out, with the reason.
func (d Document) Odd(format string, args ...any) error {
	return &RecordError{Source: d.Name, Err: fmt.Errorf(format, args...)}
}

// ErrTooLarge is wrapped if raw files exceed Limits.
var ErrTooLarge = errors.New("too large")

// Limits bound what Documents reads, whatever sizes the files claim.
type Limits struct {
	// Entries is the number of files and archive entries.
	Entries int
	// Entry and Total are inflated bytes: of one document, and of everything.
	Entry, Total int64
	// Ratio is how many times its size a file may inflate to, in addition to the first ratioSlack
	// bytes; 0 for no bound. JSON is deflated to a tenth, a zip bomb to a thousandth.
	Ratio int64
	// Skip reports whether a document with a name is skipped unread; nil reads all.
	Skip func(name string) bool
}

// ratioSlack is what any file may inflate to, in bytes.
const ratioSlack = 32 << 20

// DefaultLimits allows several times the largest known source, the 400,000 records and 2.6 GB of
// cvelistV5.
func DefaultLimits() Limits {
	return Limits{Entries: 4_000_000, Entry: 512 << 20, Total: 16 << 30, Ratio: 64}
}

// Documents yields every JSON text in fsys: files that end in .json, .json.gz or .json.zst, and entries
// of archives that end in .json; a zip inside a zip is opened, too (cvelistV5 has one).
// Everything else is skipped. The order is that of paths, then of archive entries. A document of
// more than Entry bytes is a *RecordError, and the next follows. The first other error, which names
// file and entry, is the last element.
func (l Limits) Documents(fsys fs.FS) iter.Seq2[Document, error] {
	return l.whole(fsys, wantJSON())
}

// YAML yields every YAML text in fsys, files that end in .yaml, alone or compressed, as Documents does JSON texts.
func (l Limits) YAML(fsys fs.FS) iter.Seq2[Document, error] {
	want := wanted{file: format.isYAML, entry: func(format) bool { return false }}
	return l.whole(fsys, want)
}

// Texts yields every file of titles in fsys, which ends in .titles, alone or compressed, and such entries of archives,
// as Documents does JSON texts.
func (l Limits) Texts(fsys fs.FS) iter.Seq2[Document, error] {
	want := wanted{file: format.isTitles, entry: func(f format) bool { return f == format{content: titleText} }}
	return l.whole(fsys, want)
}

// whole yields every text of some formats, each as a document.
func (l Limits) whole(fsys fs.FS, want wanted) iter.Seq2[Document, error] {
	return l.walk(fsys, want, func(o *opener, r io.Reader, name string, size int64) error {
		return o.whole(r, name, size)
	})
}

// Whole reads all texts of a set, which counts as a whole or not at all: one that is left out is an error, since the
// set without it would be another one. Errors call the texts what.
func Whole(ctx context.Context, what string, docs iter.Seq2[Document, error]) ([]Document, error) {
	var all []Document
	for doc, err := range docs {
		if odd := (*RecordError)(nil); errors.As(err, &odd) {
			return nil, fmt.Errorf("file %q: %w", odd.Source, odd.Err) // no longer a record's
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", what, err)
		}
		all = append(all, doc)
	}
	if len(all) == 0 {
		return nil, ErrNoRecords
	}
	return all, nil
}

// Beginnings yields the first bytes, at most most, of every JSON text in fsys, in the order of
// Documents, of every list of lines (AllLines), of every XML text (XML) and YAML text, and reads no further.
func (l Limits) Beginnings(fsys fs.FS, most int) iter.Seq2[Document, error] {
	want := wanted{file: format.isRaw, entry: func(f format) bool { return f.pack == plain && f.content != other }}
	return l.walk(fsys, want, func(o *opener, r io.Reader, name string, _ int64) error {
		data := make([]byte, most)
		n, err := io.ReadFull(r, data)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		if !o.yield(Document{Name: name, Data: data[:n]}, nil) {
			return errStopped
		}
		return nil
	})
}

// Parts yields the parts of documents in their place, where split says that a document has parts, and other documents
// as they are.
func Parts(docs iter.Seq2[Document, error],
	split func(Document) (parts iter.Seq2[Document, error], ok bool)) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		for doc, err := range docs {
			parts, ok := iter.Seq2[Document, error](nil), false
			if err == nil {
				parts, ok = split(doc)
			}
			if !ok {
				parts = func(yield func(Document, error) bool) { yield(doc, err) }
			}
			for part, err := range parts {
				if !yield(part, err) {
					return
				}
			}
		}
	}
}

// wanted are the formats of the files that a walk opens, archives among them, and of the entries that it reads
// in archives.
type wanted struct{ file, entry func(format) bool }

// wantJSON are the formats of JSON texts.
func wantJSON() wanted {
	return wanted{file: format.isJSON, entry: func(f format) bool { return f == format{content: jsonText} }}
}

// walk opens every text of some formats in fsys and passes it to read.
func (l Limits) walk(fsys fs.FS, want wanted,
	read func(*opener, io.Reader, string, int64) error) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		o := &opener{limits: l, yield: yield, want: want, read: read}
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !d.Type().IsRegular() {
				return nil
			}
			return o.file(fsys, name)
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(Document{}, err)
		}
	}
}

// errStopped ends a walk whose consumer stopped.
var errStopped = errors.New("stopped")

// opener walks raw files and counts them against the limits.
type opener struct {
	limits  Limits
	entries int
	total   int64
	// inflated is the inflated size so far of the open file, mayInflate its limit.
	inflated, mayInflate int64
	// loose says that the open file is one document, and not an archive that says where each ends.
	loose bool
	yield func(Document, error) bool
	want  wanted
	// read reads one document.
	read func(o *opener, r io.Reader, name string, size int64) error
}

func (o *opener) file(fsys fs.FS, name string) error {
	kind := formatOf(name)
	if !o.want.file(kind) {
		return nil
	}
	f, err := fsys.Open(name)
	if err != nil {
		return fmt.Errorf("opening feed file: %w", err)
	}
	defer f.Close()
	if err := o.allow(f); err != nil {
		return err
	}
	o.loose = !kind.isArchive()
	if kind.content == zipArchive {
		err = o.zipFile(f, name)
	} else {
		err = o.unpacked(f, name, kind)
	}
	if err != nil && !errors.Is(err, errStopped) {
		return fmt.Errorf("reading feed file %q: %w", name, err)
	}
	return err
}

// allow sets the limit of a file's inflated size.
func (o *opener) allow(f fs.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	o.inflated, o.mayInflate = 0, math.MaxInt64
	if ratio := o.limits.Ratio; ratio > 0 && info.Size() < (math.MaxInt64-ratioSlack)/ratio {
		o.mayInflate = ratioSlack + ratio*info.Size()
	}
	return nil
}

// document reads a document, which also checks an archive's checksum. size is what the archive
// claims, used for the first allocation.
func (o *opener) document(r io.Reader, name string, size int64) error {
	if err := o.count(1); err != nil {
		return err
	}
	if o.limits.Skip != nil && o.limits.Skip(name) {
		return nil
	}
	return o.read(o, o.meter(r, o.limits.Entry), name, size)
}

// whole reads a document to its end and yields it.
func (o *opener) whole(r io.Reader, name string, size int64) error {
	var data bytes.Buffer
	data.Grow(int(max(0, min(size, 1<<20))) + bytes.MinRead)
	_, err := data.ReadFrom(r)
	if m, ok := r.(*meter); ok && err != nil && m.read > m.limit {
		// This one is longer than any record: the next can be read all the same.
		return o.leaveOut(Document{Name: name}.Odd("%w", err))
	}
	if err != nil {
		return err
	}
	if !o.yield(Document{Name: name, Data: data.Bytes()}, nil) {
		return errStopped
	}
	return nil
}

// leaveOut yields the error of a document that is left out.
func (o *opener) leaveOut(odd error) error {
	if !o.yield(Document{}, odd) {
		return errStopped
	}
	return nil
}

func (o *opener) count(entries int) error {
	o.entries += entries
	if o.entries > o.limits.Entries {
		return fmt.Errorf("more than %d files and entries: %w", o.limits.Entries, ErrTooLarge)
	}
	return nil
}

// unpacked reads a document or an archive of entries that is packed as a whole.
func (o *opener) unpacked(f io.Reader, name string, kind format) error {
	r, err := kind.pack.open(f)
	if err != nil {
		return err
	}
	defer r.Close()
	if kind.content == tarArchive {
		return o.tarball(r, name)
	}
	return o.document(r, name, 0)
}

// tarball reads entries as the stream passes. It reads the stream to its end, so that its checksum
// is checked and a truncated file is noticed.
func (o *opener) tarball(r io.Reader, name string) error {
	stream := &meter{opener: o, r: r, limit: math.MaxInt64}
	for t := tar.NewReader(stream); ; {
		header, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := o.tarEntry(t, name, header); err != nil {
			return err
		}
	}
	_, err := io.Copy(io.Discard, stream)
	return err
}

func (o *opener) tarEntry(t *tar.Reader, file string, header *tar.Header) error {
	if header.Typeflag != tar.TypeReg || !o.want.entry(formatOf(header.Name)) {
		return o.count(1)
	}
	return inEntry(header.Name, o.document(t, file+"/"+header.Name, header.Size))
}

// meter counts the bytes read of a document, an archive or a copy of one, and fails with
// ErrTooLarge if they exceed a limit: of the document, of its file, or of all files.
type meter struct {
	*opener
	r           io.Reader
	limit, read int64
	// counted says that the meter of the surrounding archive has counted these bytes already.
	counted bool
}

// meter returns a meter for a document.
func (o *opener) meter(r io.Reader, limit int64) *meter {
	_, counted := r.(*tar.Reader)
	return &meter{opener: o, r: r, limit: limit, counted: counted}
}

// Read reads and counts.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.read += int64(n)
	if !m.counted {
		m.total += int64(n)
		m.inflated += int64(n)
	}
	switch {
	case m.read > m.limit:
		return 0, fmt.Errorf("more than %d bytes: %w", m.limit, ErrTooLarge)
	case m.total > m.limits.Total:
		return 0, fmt.Errorf("more than %d bytes in total: %w", m.limits.Total, ErrTooLarge)
	case m.inflated > m.mayInflate:
		return 0, fmt.Errorf("the file inflates to more than %d times its size: %w", m.limits.Ratio, ErrTooLarge)
	}
	return n, err
}

// zipFile opens a zip in place if the file can be read at any offset, and otherwise from a
// temporary copy.
func (o *opener) zipFile(f fs.File, name string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if at, ok := f.(io.ReaderAt); ok {
		return o.zip(at, info.Size(), name, 0)
	}
	return o.copied(f, func(at io.ReaderAt, size int64) error { return o.zip(at, size, name, 0) })
}

// zip yields the entries of an archive that is nested depth archives deep.
func (o *opener) zip(at io.ReaderAt, size int64, name string, depth int) error {
	z, err := zip.NewReader(at, size)
	if err != nil {
		return err
	}
	if err := o.count(len(z.File)); err != nil {
		return err
	}
	for _, entry := range z.File {
		if err := inEntry(entry.Name, o.zipEntry(entry, name, depth)); err != nil {
			return err
		}
	}
	return nil
}

func (o *opener) zipEntry(entry *zip.File, file string, depth int) error {
	kind := formatOf(entry.Name)
	isZip := kind.content == zipArchive
	if !o.want.entry(kind) && (!isZip || depth > 0) {
		return nil
	}
	r, err := entry.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	name := file + "/" + entry.Name
	if !isZip {
		return o.document(r, name, int64(min(entry.UncompressedSize64, 1<<20)))
	}
	return o.copied(r, func(at io.ReaderAt, size int64) error { return o.zip(at, size, name, depth+1) })
}

// copied passes a temporary copy of r to use; the copy may be as large as the rest of the total.
func (o *opener) copied(r io.Reader, use func(io.ReaderAt, int64) error) error {
	f, err := os.CreateTemp("", "muster-feed-*.zip")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	copied := &meter{opener: o, r: r, limit: o.limits.Total}
	n, err := io.Copy(f, copied)
	if err != nil {
		return err
	}
	o.total -= n // the copy is not kept; reading it counts
	return use(f, n)
}

// inEntry adds the name of the archive entry to an error.
func inEntry(entry string, err error) error {
	if err == nil || errors.Is(err, errStopped) {
		return err
	}
	return fmt.Errorf("entry %q: %w", entry, err)
}
