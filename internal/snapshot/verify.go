package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// maxProblems is how many problems of one list of rows are named: a damaged
// disk would fill the screen.
const maxProblems = 20

// Verifier proves that files are what manifests say, and that snapshots and
// their deltas agree. It goes on after a problem.
type Verifier struct {
	files *Files
	step  func(File)
	note  func(error)
	pace  Pace
	seen  map[string]bool
}

// Pace is called before so many bytes are read, and waits for as long as it
// likes; its error ends what is being done.
type Pace func(ctx context.Context, bytes int64) error

// NewVerifier returns a Verifier that calls step after each file and problem
// for each thing that is wrong. A file that several snapshots name is read once;
// those that were seen by another Verifier are not read, nil for none.
func (f *Files) NewVerifier(step func(File), problem func(error), pace Pace, seen map[string]bool) *Verifier {
	if seen == nil {
		seen = map[string]bool{}
	}
	return &Verifier{files: f, step: step, note: problem, pace: pace, seen: seen}
}

// Files reads every file that a snapshot still has, indexes, sheets and full
// parts, the deltas and delta parts, and compares it with what names it: bytes,
// hash, rows, and that each row is a row of its dataset, in order of its key.
func (v *Verifier) Files(ctx context.Context, m *Manifest, full, delta bool) {
	var own *deltas
	if delta {
		own = v.deltas(ctx, m)
	}
	for i := range m.Ranges {
		if full {
			v.full(ctx, &m.Ranges[i])
		}
		if own != nil {
			v.delta(ctx, m, own, i)
		}
	}
}

// deltas proves the file of deltas; nil if it is damaged.
func (v *Verifier) deltas(ctx context.Context, m *Manifest) (own *deltas) {
	if m.Deltas.Path == "" {
		own, _ = m.ownDeltas() // nothing is read
		return own
	}
	v.file(ctx, m.Deltas, func() error {
		read, err := v.files.deltas(m.Deltas)
		if err != nil {
			return err
		}
		if n := len(read.ranges); n > 0 && read.ranges[n-1].number >= len(m.Ranges) {
			return fmt.Errorf("file %q: it has range %d of %d: %w", m.Deltas.Path, read.ranges[n-1].number, len(m.Ranges), ErrDamaged)
		}
		if m.deltas == nil && !slices.Equal(m.sum(read), m.groups) {
			return fmt.Errorf("file %q: its counts by group are not those of the manifest: %w", m.Deltas.Path, ErrDamaged)
		}
		own = read
		return nil
	})
	return own
}

// full proves the full side of a range.
func (v *Verifier) full(ctx context.Context, r *Range) {
	if r.Index.Path != "" {
		v.file(ctx, r.Index, func() error { return v.files.verifyIndex(r) })
	}
	x, err := r.Full()
	if err != nil {
		return // it was told
	}
	if x.Sheet.Path != "" {
		v.file(ctx, x.Sheet, func() error { return v.files.verifySheet(r, x) })
	}
	for d := range defender.Dataset(defender.DatasetCount) {
		if p := x.Full.Of(d); p != nil {
			v.file(ctx, p.File, func() error { return v.files.verifyPart(ctx, p, row.ShapeOf(d, false)) })
		}
	}
}

// delta proves the delta parts of a range.
func (v *Verifier) delta(ctx context.Context, m *Manifest, own *deltas, number int) {
	d, err := own.delta(number)
	if err != nil {
		v.note(fmt.Errorf("file %q: %w", m.Deltas.Path, err))
		return
	}
	for set := range defender.Dataset(defender.DatasetCount) {
		if p := d.Parts.Of(set); p != nil {
			v.file(ctx, p.File, func() error { return v.files.verifyPart(ctx, p, row.ShapeOf(set, true)) })
		}
	}
}

func (v *Verifier) file(ctx context.Context, file File, check func() error) {
	if v.seen[file.Path] || ctx.Err() != nil {
		return
	}
	v.seen[file.Path] = true
	if v.pace(ctx, file.Bytes) != nil {
		return
	}
	if err := check(); err != nil && ctx.Err() == nil {
		v.note(err)
	}
	v.step(file)
}

// verifyIndex checks that an index is as its range says.
func (f *Files) verifyIndex(r *Range) error {
	x, err := f.index(r.Index)
	if err != nil {
		return err
	}
	counted := *r
	if counted.count(x); counted.Rows != r.Rows || counted.Bytes != r.Bytes || counted.Largest != r.Largest {
		return fmt.Errorf("file %q: its parts have %v rows and %d bytes, the manifest says %v and %d: %w",
			r.Index.Path, counted.Rows, counted.Bytes, r.Rows, r.Bytes, ErrDamaged)
	}
	return nil
}

// verifySheet checks that a sheet and its parts describe each other.
func (f *Files) verifySheet(r *Range, x *Index) error {
	reader, err := f.OpenRange(r, nil)
	if err != nil {
		return err
	}
	if n := int64(len(reader.sheet.Entries)); n != r.Devices {
		return fmt.Errorf("file %q: %d devices, manifest says %d: %w", x.Sheet.Path, n, r.Devices, ErrDamaged)
	}
	for d := range defender.Dataset(defender.DatasetCount) {
		var all []extent
		for i := range reader.sheet.Entries {
			all = append(all, reader.sheet.Entries[i].extents[d]...)
		}
		if got, want := join(all), x.Full.Of(d).whole(); got != want {
			return fmt.Errorf("file %q: %+v of %s, manifest says %+v: %w", x.Sheet.Path, got, d, want, ErrDamaged)
		}
	}
	return nil
}

// verifyPart reads a part as a client does, as one gzip member, and as pages
// do, by its segments.
func (f *Files) verifyPart(ctx context.Context, p *Part, shape *row.Shape) error {
	if err := f.Check(p.File, true); err != nil {
		return err
	}
	rows, err := f.countMember(p)
	if err != nil {
		return err
	}
	if rows != p.Rows {
		return f.damaged(p.File, fmt.Sprintf("%d rows, manifest says %d", rows, p.Rows))
	}
	order := rowOrder{shape: shape}
	err = f.Rows(ctx, PartsOf(p), Position{}, Position{Part: 1}, func(lines []byte) error {
		if err := order.check(lines); err != nil {
			return f.damaged(p.File, err.Error())
		}
		return nil
	})
	if err == nil && order.rows != p.Rows {
		err = f.damaged(p.File, fmt.Sprintf("%d rows in its segments, manifest says %d", order.rows, p.Rows))
	}
	return err
}

// countMember counts the lines of the file's one gzip member.
func (f *Files) countMember(p *Part) (rows int64, err error) {
	file, err := f.Open(p.Path)
	if err != nil {
		return 0, f.missing(p.File, err)
	}
	defer file.Close()
	member, err := gzip.NewReader(file)
	if err != nil {
		return 0, f.damaged(p.File, err.Error())
	}
	member.Multistream(false)
	buf := make([]byte, 256<<10)
	var raw int64
	for err != io.EOF {
		var n int
		n, err = member.Read(buf)
		rows += int64(bytes.Count(buf[:n], newline))
		raw += int64(n)
		if err != nil && err != io.EOF {
			return 0, f.damaged(p.File, err.Error())
		}
	}
	if raw != p.Raw {
		return 0, f.damaged(p.File, fmt.Sprintf("%d raw bytes in its first member, manifest says %d", raw, p.Raw))
	}
	return rows, nil
}

// rowOrder checks that lines are rows in strictly increasing order of device
// and key.
type rowOrder struct {
	shape     *row.Shape
	row       row.Row
	last, key []byte
	rows      int64
}

func (o *rowOrder) check(lines []byte) error {
	for len(lines) > 0 {
		rest, err := o.shape.Scan(&o.row, lines)
		if err != nil {
			return fmt.Errorf("row %d: %w", o.rows, err)
		}
		o.key = appendOrder(o.key[:0], &o.row)
		if o.rows > 0 && bytes.Compare(o.key, o.last) <= 0 {
			return fmt.Errorf("row %d: %q does not come after %q", o.rows, o.key, o.last)
		}
		o.last, o.key = o.key, o.last
		o.rows++
		lines = rest
	}
	return nil
}

// appendOrder appends what rows of one group are ordered by: device and key.
func appendOrder(dst []byte, row *row.Row) []byte {
	dst = append(dst, row.Value(defender.FieldDeviceID)...)
	return row.AppendKey(dst)
}
