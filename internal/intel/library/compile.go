package library

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Imported is the result of one import.
type Imported struct {
	Feed intelligence.Feed
	// Skipped counts records that were left out as odd; Odd describes the first few.
	Skipped int
	Odd     []error
}

// maxOdd is how many odd records are shown.
const maxOdd = 5

// compile reads a feed's raw files to the end and makes a table of its records.
func (l *shelf) compile(ctx context.Context, f intelligence.Feed) (Imported, *table.Table, error) {
	result := Imported{Feed: f}
	result.Feed.Records = 0
	parser, err := feeds.New(intel.Kind(f.Kind), feeds.Config{})
	if err != nil {
		return result, nil, err
	}
	builder := table.NewBuilder(f.Name)
	builder.Kind = intel.Kind(f.Kind)
	for record, err := range parser.Parse(ctx, l.rawFiles(ctx, f.Path)) {
		var odd *intel.RecordError
		switch {
		case errors.As(err, &odd):
			if result.Skipped++; result.Skipped <= maxOdd {
				result.Odd = append(result.Odd, err)
			}
		case err != nil:
			return result, nil, fmt.Errorf("reading feed %q of kind %q: %w", f.Name, f.Kind, err)
		default:
			result.Feed.Records++
			builder.Add(record)
		}
	}
	compiled, err := builder.Table()
	return result, compiled, err
}
