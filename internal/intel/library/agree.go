package library

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/confirm"
	"github.com/muster-project/muster/internal/intel/titles"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// titlesIn returns the texts of a feed of titles.
func (l *shelf) titlesIn(ctx context.Context, f intelligence.Feed) (texts []string, err error) {
	known, _, err := l.tableOf(ctx, f)
	if err != nil {
		return nil, err
	}
	for _, id := range known.Aliases {
		texts = append(texts, known.Texts.Text(id))
	}
	return texts, nil
}

// agrees refuses a set of titles that contradicts the other ones: a catalog has all of them, and none could be built.
// The caller holds l.taking.
func (l *shelf) agrees(ctx context.Context, f intelligence.Feed) error {
	if f.Kind != string(intel.Titles) || f.Name == confirm.Feed {
		return nil
	}
	known, err := l.store.Feeds(ctx)
	if err != nil {
		return err
	}
	var files []titles.File
	var names []string
	for _, other := range known {
		if other.Kind != f.Kind || other.Name == f.Name || other.Name == confirm.Feed {
			continue
		}
		texts, err := l.titlesIn(ctx, other)
		if err != nil {
			return err
		}
		for i, text := range texts {
			files = append(files, titles.File{Name: fmt.Sprintf("text %d of feed %q", i+1, other.Name), Text: text})
		}
		names = append(names, strconv.Quote(other.Name))
	}
	for r, err := range (titles.Feed{}).Parse(ctx, l.rawFiles(ctx, f.Path)) {
		if err != nil {
			return err
		}
		files = append(files, titles.File{Name: r.Source, Text: r.Titles})
	}
	if len(names) == 0 {
		return nil
	}
	seen := map[string]bool{}
	files = slices.DeleteFunc(files, func(file titles.File) bool {
		again := seen[file.Text]
		seen[file.Text] = true
		return again
	})
	if _, err := titles.Check(files); err != nil {
		return fmt.Errorf("reading %s beside %s: %w", nameOf(f), strings.Join(names, ", "), err)
	}
	return nil
}
