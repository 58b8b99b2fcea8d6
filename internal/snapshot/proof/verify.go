package proof

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// maxProblems bounds the problems named for one list of rows: a damaged disk would fill the
// screen.
const maxProblems = 20

// Verifier checks that files agree with manifests, and that snapshots agree with their deltas. It
// continues after a problem.
type Verifier struct {
	files *snapshot.Files
	step  func(snapshot.File)
	note  func(error)
	pace  Pace
	seen  map[string]bool
}

// NewVerifier returns a Verifier that calls step after each file and problem for each fault. A
// file that several snapshots name is read once. Files that another Verifier has seen are not
// read; nil for none.
func NewVerifier(f *snapshot.Files, step func(snapshot.File), problem func(error), pace Pace,
	seen map[string]bool) *Verifier {
	if seen == nil {
		seen = map[string]bool{}
	}
	return &Verifier{files: f, step: step, note: problem, pace: pace, seen: seen}
}

// Files reads every file that a snapshot still has (indexes, sheets, full parts, deltas and delta
// parts) and compares it with the file that names it: bytes, hash, number of rows, and that each
// row belongs to its dataset, in order of its key.
func (v *Verifier) Files(ctx context.Context, m *snapshot.Manifest, full, delta bool) {
	if delta && m.Deltas.Path != "" {
		v.file(ctx, m.Deltas, func() error { return snapshot.CheckDeltas(v.files, m) })
	}
	for i := range m.Ranges {
		if full {
			v.full(ctx, &m.Ranges[i])
		}
		if delta {
			v.delta(ctx, m, i)
		}
	}
}

// full checks the full side of a range.
func (v *Verifier) full(ctx context.Context, r *snapshot.Range) {
	if r.Index.Path != "" {
		v.file(ctx, r.Index, func() error { return snapshot.CheckIndex(v.files, r) })
	}
	x, err := r.Full()
	if err != nil {
		return // already reported
	}
	if x.Sheet.Path != "" {
		v.file(ctx, x.Sheet, func() error { return snapshot.CheckSheet(v.files, r) })
	}
	v.parts(ctx, x.Full, false)
	if x.Projection.Path != "" {
		v.file(ctx, x.Projection, func() error { return checkProjection(ctx, v.files, r, v.pace) })
	}
}

// delta checks the delta parts of a range.
func (v *Verifier) delta(ctx context.Context, m *snapshot.Manifest, number int) {
	if d, err := m.Delta(number); err == nil { // an error was reported before
		v.parts(ctx, d.Parts, true)
	}
}

func (v *Verifier) parts(ctx context.Context, parts snapshot.Parts, delta bool) {
	for d := range defender.Dataset(defender.DatasetCount) {
		if p := parts.Of(d); p != nil {
			v.file(ctx, p.File, func() error { return v.part(ctx, p, row.ShapeOf(d, delta)) })
		}
	}
}

func (v *Verifier) file(ctx context.Context, file snapshot.File, check func() error) {
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

// part reads a part as clients do, as one gzip member, and as pages do, by its segments.
func (v *Verifier) part(ctx context.Context, p *snapshot.Part, shape *row.Shape) error {
	f := v.files
	if err := f.Check(p.File, true); err != nil {
		return err
	}
	rows, err := countMember(f, p)
	if err != nil {
		return err
	}
	if rows != p.Rows {
		return f.Damaged(p.File, fmt.Sprintf("%d rows, the manifest has %d", rows, p.Rows))
	}
	order := rowOrder{shape: shape}
	err = f.Rows(ctx, snapshot.PartsOf(p), snapshot.Position{}, snapshot.Position{Part: 1}, func(lines []byte) error {
		if err := order.check(lines); err != nil {
			return f.Damaged(p.File, err.Error())
		}
		return nil
	})
	if err == nil && order.rows != p.Rows {
		err = f.Damaged(p.File, fmt.Sprintf("%d rows in its segments, the manifest has %d", order.rows, p.Rows))
	}
	return err
}

// countMember counts the lines of the file's one gzip member.
func countMember(f *snapshot.Files, p *snapshot.Part) (rows int64, err error) {
	file, err := f.OpenChecked(p.File, false)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	member, err := gzip.NewReader(file)
	if err != nil {
		return 0, f.Damaged(p.File, err.Error())
	}
	member.Multistream(false)
	buf := make([]byte, 256<<10)
	var raw int64
	for err != io.EOF {
		var n int
		n, err = member.Read(buf)
		rows += int64(bytes.Count(buf[:n], []byte("\n")))
		raw += int64(n)
		if err != nil && err != io.EOF {
			return 0, f.Damaged(p.File, err.Error())
		}
	}
	if raw != p.Raw {
		return 0, f.Damaged(p.File, fmt.Sprintf("%d raw bytes in its first member, the manifest has %d", raw, p.Raw))
	}
	return rows, nil
}
