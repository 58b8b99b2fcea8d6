package library

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/confirm"
	"github.com/muster-project/muster/internal/store/database"
)

// ConfirmedTitles returns the text of the titles that people confirmed (package confirm), "" if there are none.
func ConfirmedTitles(ctx context.Context, l *Library) (string, error) {
	f, err := l.store.Feed(ctx, string(intel.Titles), confirm.Feed)
	if errors.Is(err, database.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	texts, err := l.titlesIn(ctx, f)
	return strings.Join(texts, ""), err
}

// ChangeTitles changes the text of the titles that people confirmed, and asks for a build with it, as an import does.
func ChangeTitles(ctx context.Context, l *Library, change func(text string) (string, error)) (build int64, err error) {
	ctx, release, err := own(ctx, l)
	if err != nil {
		return 0, err
	}
	defer release()
	l.changing.Lock()
	defer l.changing.Unlock()
	defer func() { l.begin(build) }()
	text, err := ConfirmedTitles(ctx, l)
	if err == nil {
		text, err = change(text)
	}
	if err != nil {
		return 0, err
	}
	if text == "" {
		return removeFeed(ctx, l, intel.Titles, confirm.Feed)
	}
	file := RawFile{Name: confirm.File, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}}
	_, build, err = l.importFeed(ctx, Import{Kind: intel.Titles, Name: confirm.Feed, AllowShrink: true, Replace: true,
		Files: func(yield func(RawFile, error) bool) { yield(file, nil) }})
	return build, err
}
