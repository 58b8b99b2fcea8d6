package msrc

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

const (
	// definitionsAddress is where WES-NG publishes its definitions.
	definitionsAddress = "https://raw.githubusercontent.com/bitsadmin/wesng/master/definitions.zip"
	// apiAddress is the API of Microsoft's Security Response Center: /updates lists the months, /cvrf/2025-Sep is one.
	apiAddress = "https://api.msrc.microsoft.com/cvrf/v3.0"
	// maxMonths bounds the months that are listed; there are twelve a year since 2016.
	maxMonths = 2000
	// patience is how many months in a row may get no answer before the rest is not asked for: the server is not there.
	patience = 3
)

// Address returns where people find the files of the feed.
func (f Feed) Address() string {
	if f.isListed() {
		return cmp.Or(f.URL, definitionsAddress)
	}
	return strings.TrimSuffix(cmp.Or(f.URL, apiAddress), "/") + "/updates"
}

// isListed reports whether the feed is WES-NG's list.
func (f Feed) isListed() bool { return f.Name == Listed || strings.HasSuffix(f.URL, ".zip") }

// Fetch downloads the months that are new, or that Microsoft changed since the mark, one by one, or WES-NG's
// definitions if they have changed. A month is kept only if it is the one that was asked for. One that cannot be had
// costs no other: it is asked for again next time, and until then the feed says that it is missing, or old. If no month
// came at all, that is an error.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	if f.isListed() {
		files := map[string]string{"definitions.zip": f.Address()}
		return intel.Download{Client: f.Client}.Files(ctx, dst, since, files)
	}
	s := source{Download: intel.Download{Client: f.Client, Accept: "application/json"}, dst: dst,
		address: strings.TrimSuffix(cmp.Or(f.URL, apiAddress), "/")}
	known := map[string]string{}
	if err := json.Unmarshal([]byte(since), &known); err != nil {
		known = nil // of another form, or none: everything is fetched
	}
	listed, err := s.list(ctx)
	if err != nil {
		return since, err
	}
	next, err := s.months(ctx, listed, known)
	if err != nil {
		return since, err
	}
	if err := cmp.Or(tidy(dst, listed), s.lacking.write(dst)); err != nil {
		return since, err
	}
	text, err := json.Marshal(next)
	return intel.Mark(text), err
}

// months fetches the months that are not known as they are listed, and returns what is known of all then.
func (s *source) months(ctx context.Context, listed []listing, known map[string]string) (map[string]string, error) {
	next, fetched, inRow := make(map[string]string, len(listed)), 0, 0
	for _, m := range listed {
		_, err := s.dst.Stat(m.file())
		has := err == nil
		if has && known[m.ID] == m.Changed {
			next[m.ID] = m.Changed
			continue
		}
		if err = errNotAsked; inRow < patience {
			err = s.fetch(ctx, m)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			next[m.ID], inRow = m.Changed, 0
			fetched++
			continue
		}
		if s.lacking.add(m.ID, err); !isAnswer(err) {
			inRow++
		}
		if has {
			next[m.ID] = known[m.ID] // an older state of it
		}
	}
	if fetched == 0 && s.lacking.first != nil {
		return nil, s.lacking.first
	}
	return next, nil
}

// errNoMonth says that an answer is not the month that was asked for.
var errNoMonth = errors.New("not the document of the month")

// isAnswer reports whether a month failed by what the server says of it, so that others may be had: it is gone, or
// another document stands in its place.
func isAnswer(err error) bool {
	status, ok := errors.AsType[*intel.StatusError](err)
	return errors.Is(err, errNoMonth) || ok && status.Code < http.StatusInternalServerError &&
		status.Code != http.StatusTooManyRequests
}

// listing is a month in the list of all, and when it was changed last.
type listing struct {
	ID      string
	Changed string `json:"CurrentReleaseDate"`
}

// file returns the name of the month's file.
func (m listing) file() string { return m.ID + ".json.gz" }

// source fetches from the API.
type source struct {
	intel.Download
	dst     *os.Root
	address string
	lacking lacking
}

// list returns the months, by their names. Those whose names could be no file are passed over.
func (s *source) list(ctx context.Context) ([]listing, error) {
	address := s.address + "/updates"
	text, err := s.Bytes(ctx, address)
	if err != nil {
		return nil, err
	}
	var list struct{ Value []listing }
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("list of months %q: %w", address, err)
	}
	months := slices.DeleteFunc(list.Value, func(m listing) bool { return !isMonth(m.ID) })
	slices.SortFunc(months, func(a, b listing) int { return cmp.Compare(a.ID, b.ID) })
	switch {
	case len(months) == 0:
		return nil, fmt.Errorf("list of months %q: no month is in it", address)
	case len(months) > maxMonths:
		return nil, fmt.Errorf("list of months %q: more than %d: %w", address, maxMonths, intel.ErrTooLarge)
	}
	return months, nil
}

// isMonth reports whether an id may be one of a month: "2025-Sep", "2017-May-B".
func isMonth(id string) bool {
	const longest = 20
	return len(id) > len("2025-") && len(id) <= longest && id[4] == '-' && strings.Trim(id[:4], "0123456789") == "" &&
		strings.Trim(id, "-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// fetch writes the file of a month.
func (s *source) fetch(ctx context.Context, m listing) error {
	address := s.address + "/cvrf/" + url.PathEscape(m.ID)
	return s.Packed(ctx, s.dst, m.file(), address, maxDocument, m.check)
}

// check reports what is wrong if a text is not the document of the month.
func (m listing) check(text []byte) error {
	var document struct {
		DocumentTracking struct {
			Identification struct {
				ID struct{ Value string }
			}
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("%w: %w", errNoMonth, err)
	}
	if is := document.DocumentTracking.Identification.ID.Value; !strings.EqualFold(is, m.ID) {
		return fmt.Errorf("%w: it is that of %.40q", errNoMonth, is)
	}
	return nil
}

// tidy removes the files of months that are no longer listed.
func tidy(dst *os.Root, listed []listing) error {
	entries, err := fs.ReadDir(dst.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != lackingFile && !slices.ContainsFunc(listed, func(m listing) bool { return m.file() == e.Name() }) {
			if err := dst.Remove(e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}
