package notify

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxKnown bounds what is read back of a stored list, in bytes: CISA lists some thousand CVEs.
const maxKnown = 16 << 20

// listing is what CISA lists, and listed when notices were made last.
type listing struct{ before, now map[string]bool }

// known reads what CISA lists by the current catalog. Where it is not known what was listed before, nothing has
// changed; a catalog without the list changes nothing either.
func (n *Notifier) known(ctx context.Context, stored []byte) (*listing, error) {
	current, err := n.Library.Current(ctx)
	if err != nil {
		return nil, err
	}
	l := &listing{now: map[string]bool{}}
	all := current.CVEs()
	for i := range all.Len() {
		if c := all.At(i); c.KEV.Listed {
			l.now[c.ID] = true
		}
	}
	if len(stored) == 0 {
		l.before = l.now
		return l, nil
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(stored)), maxKnown))
	if err != nil {
		return nil, fmt.Errorf("reading what CISA listed: %w", err)
	}
	l.before = map[string]bool{}
	for _, id := range strings.Fields(string(text)) {
		l.before[id] = true
	}
	if len(l.now) == 0 {
		l.now = l.before
	}
	return l, nil
}

// turned reports whether a CVE is listed now and was not.
func (l *listing) turned(id string) bool { return l.now[id] && !l.before[id] }

// encode writes what is listed now.
func (l *listing) encode() []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err == nil {
		_, err = io.WriteString(w, strings.Join(slices.Sorted(maps.Keys(l.now)), "\n")+"\n")
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil { // a buffer takes everything
		return nil
	}
	return out.Bytes()
}
