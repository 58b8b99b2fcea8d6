package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// checkProjection checks the projection of a range, and that it is what the parts and the sheet give: the
// same bytes, for the same identities of devices. Damage of parts and sheet is not its to tell.
func checkProjection(ctx context.Context, f *snapshot.Files, r *snapshot.Range, pace Pace) error {
	x, err := r.Full()
	if err != nil {
		return err
	}
	if err := f.Check(x.Projection, true); err != nil {
		return err
	}
	var mem snapshot.Buffers
	defer mem.Close()
	reader, err := f.OpenRange(r, &mem)
	if errors.Is(err, snapshot.ErrDamaged) {
		return nil // of the sheet
	}
	if err != nil {
		return err
	}
	p, err := reader.Projection()
	if err != nil {
		return err
	}
	again, err := fromParts(ctx, reader, p, pace)
	if errors.Is(err, snapshot.ErrDamaged) {
		return nil // of a part
	}
	var want, got []byte
	if err == nil {
		want, err = again.Encode(gzipjoin.NewEncoder())
	}
	if err == nil {
		got, err = p.Encode(gzipjoin.NewEncoder())
	}
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("it is not what the parts give")
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("file %q: %w: %w", x.Projection.Path, err, snapshot.ErrDamaged)
	}
	return err
}

// fromParts makes a projection again from the rows of a range; p says what rows do not have.
func fromParts(ctx context.Context, reader *snapshot.RangeReader, p *projection.Projection,
	pace Pace) (*projection.Projection, error) {
	again := projection.NewBuilder()
	var rows assess.Rows
	for i := range reader.Sheet().Entries {
		e := &reader.Sheet().Entries[i]
		if err := pace(ctx, e.Raw()); err != nil {
			return nil, err
		}
		if err := reader.Rows(i, &rows); err != nil {
			return nil, err
		}
		d := p.Devices[i]
		d.ID, d.State, d.Reason = e.ID, e.Coverage.State, e.Coverage.Reason
		if err := again.AddRows(d, &rows); err != nil {
			return nil, fmt.Errorf("device %q: %w", e.ID, err)
		}
	}
	return again.Finish(), nil
}
