package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Imported is the result of one import.
type Imported struct {
	Feed intelligence.Feed
	// Contents says what the records are about.
	Contents counts.FeedContents
	// Skipped counts records that were left out as odd; Odd describes the first few.
	Skipped int
	Odd     []error
	// Notes are things that people should know of the feed; none is an error.
	Notes []string
}

const (
	// maxOdd is how many odd records are shown at once.
	maxOdd = 5
	// maxRejected is how many odd records of a feed are kept for a list.
	maxRejected = 1000
	// maxReason bounds what is kept of a record's name, and of the reason, in bytes.
	maxReason = 500
	// clockTolerance is how far in the future a date of a record may be to be believed.
	clockTolerance = 24 * time.Hour
)

// compiled is a feed that was read to its end.
type compiled struct {
	Imported
	table    *table.Table
	rejected []counts.Rejection
	contents *feeds.Contents
}

// compile reads a feed's raw files to the end and makes a table of its records.
func (l *shelf) compile(ctx context.Context, f intelligence.Feed) (compiled, error) {
	result := compiled{Imported: Imported{Feed: f}, rejected: []counts.Rejection{},
		contents: &feeds.Contents{Until: l.clock().Add(clockTolerance)}}
	result.Feed.Records = 0
	parser, err := feeds.New(intel.Kind(f.Kind), feeds.Config{})
	if err != nil {
		return result, err
	}
	builder := table.NewBuilder(f.Name)
	builder.Kind = intel.Kind(f.Kind)
	for record, err := range parser.Parse(ctx, l.rawFiles(ctx, f.Path)) {
		var odd *intel.RecordError
		switch {
		case errors.As(err, &odd):
			result.reject(odd)
		case err != nil:
			return result, fmt.Errorf("reading %s: %w", nameOf(f), err)
		default:
			result.Feed.Records++
			result.contents.Add(&record)
			builder.Add(record)
		}
	}
	return result.sum(builder)
}

// reject counts a record that is left out, and keeps the reason of the first ones.
func (c *compiled) reject(odd *intel.RecordError) {
	c.Skipped++
	if c.Skipped <= maxOdd {
		c.Odd = append(c.Odd, odd)
	}
	if c.Skipped <= maxRejected {
		c.rejected = append(c.rejected, counts.Rejection{Record: clip(odd.Source), Reason: clip(odd.Err.Error())})
	}
}

// clip cuts off a text of a feed.
func clip(text string) string {
	if len(text) > maxReason {
		text = text[:maxReason] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// sum makes the table and sums up the records.
func (c *compiled) sum(builder *table.Builder) (compiled, error) {
	c.Contents = c.contents.Sum()
	text, err := json.Marshal(c.Contents)
	if err != nil {
		return *c, fmt.Errorf("encoding what feed %q holds: %w", c.Feed.Name, err)
	}
	c.Feed.Contents, c.Feed.Skipped = string(text), int64(c.Skipped)
	c.table, err = builder.Table()
	return *c, err
}

// nameFeed names a feed that was imported without a name by its records.
func (c *compiled) nameFeed() error {
	if c.Feed.Name != "" {
		return nil
	}
	name, err := c.contents.Name(intel.Kind(c.Feed.Kind))
	if err == nil {
		err = checkName(name)
	}
	if err != nil && !errors.Is(err, feeds.ErrUnnamed) {
		err = fmt.Errorf("%w: %v", feeds.ErrUnnamed, err) // no name was given that could be wrong
	}
	c.Feed.Name = name
	return err
}

// rejectedText is the stored form of what was left out.
func (c *compiled) rejectedText() string {
	text, _ := json.Marshal(c.rejected) // of texts alone, so it cannot fail
	return string(text)
}

// contentsOf reads what is stored of a feed; nothing if it was not stored.
func contentsOf(f intelligence.Feed) (c counts.FeedContents) {
	if json.Unmarshal([]byte(f.Contents), &c) != nil {
		return counts.FeedContents{}
	}
	return c
}
