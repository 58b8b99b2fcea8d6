package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/plain"
)

// ManyFeeds joins the outcomes of several imports into one reply. The zero value has none.
type ManyFeeds struct {
	feeds []json.RawMessage
	last  Reply[FeedsReply]
	since time.Time
	first error // the first that failed
	taken int
	all   []Imported
}

// Since returns the time of the first import; zero before it.
func (m *ManyFeeds) Since() time.Time { return m.since }

// First returns the error of the first import that failed.
func (m *ManyFeeds) First() error { return m.first }

// Add adds the outcome of one import of a kind, with its error if it failed.
func (m *ManyFeeds) Add(kind string, reply Reply[FeedsReply], failed error) {
	if failed != nil {
		if m.first == nil {
			var reply *Error
			if m.first = failed; errors.As(failed, &reply) {
				m.first = reply // without its hint, which is told with the feed
			}
		}
		entry := Imported{Feed: Feed{Kind: kind}, Notes: []string{}, Error: failed.Error()}
		if hint := plain.Hint(failed); hint != "" {
			entry.Error += "; " + hint
		}
		text, _ := json.Marshal(entry) // of texts and numbers, so it cannot fail
		m.feeds, m.all = append(m.feeds, text), append(m.all, entry)
		return
	}
	m.last = reply
	m.taken++
	var shown struct{ Feeds []json.RawMessage }
	if json.Unmarshal(reply.JSON, &shown) == nil {
		m.feeds = append(m.feeds, shown.Feeds...)
	}
	m.all = append(m.all, reply.Value.Feeds...)
	for _, f := range reply.Value.Feeds {
		if m.since.IsZero() && f.ImportedTime != nil {
			m.since = *f.ImportedTime
		}
	}
}

// Reply returns one reply with the feeds of all, and the build of the last. The reply of one import
// stays as it came.
func (m *ManyFeeds) Reply() (Reply[FeedsReply], error) {
	reply := m.last
	if m.taken == 1 && len(m.all) == len(reply.Value.Feeds) {
		return reply, nil
	}
	whole := map[string]json.RawMessage{"catalog": []byte("null"), "build": []byte("null")}
	if m.taken > 0 {
		if err := json.Unmarshal(reply.JSON, &whole); err != nil {
			return reply, fmt.Errorf("reading the reply: %w", err)
		}
	}
	list, err := json.Marshal(m.feeds)
	if err != nil {
		return reply, fmt.Errorf("reading the reply: %w", err)
	}
	whole["feeds"] = list
	reply.Value.Feeds = m.all
	reply.JSON, err = json.Marshal(whole)
	return reply, err
}
