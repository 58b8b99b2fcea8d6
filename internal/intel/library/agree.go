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

// agree refuses sets of titles that contradict those that stay beside them, or each other: a catalog has all of them,
// and none could be built. The caller holds l.changing, and not l.taking: a set may have to be compiled again.
func (l *shelf) agree(ctx context.Context, taking ...intelligence.Feed) error {
	isNoSet := func(f intelligence.Feed) bool { return f.Kind != string(intel.Titles) || f.Name == confirm.Feed }
	taking = slices.DeleteFunc(slices.Clone(taking), isNoSet)
	if len(taking) == 0 {
		return nil
	}
	beside, err := l.store.Feeds(ctx)
	if err != nil {
		return err
	}
	beside = slices.DeleteFunc(beside, func(f intelligence.Feed) bool {
		isReplaced := func(by intelligence.Feed) bool { return by.Name == f.Name }
		return isNoSet(f) || slices.ContainsFunc(taking, isReplaced)
	})
	for _, f := range taking {
		if err := l.agreesWith(ctx, f, beside); err != nil {
			return err
		}
		beside = append(beside, f)
	}
	return nil
}

// agreesWith refuses a set of titles that contradicts others.
func (l *shelf) agreesWith(ctx context.Context, f intelligence.Feed, others []intelligence.Feed) error {
	if len(others) == 0 {
		return nil
	}
	var files []titles.File
	var names []string
	for _, other := range others {
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
