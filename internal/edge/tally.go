package edge

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// Failures are recorded, but nobody may push other entries out of the audit log by failing
// (doc/decision/0037-which-host-is-ours.md). In a window the first failures of a kind are written
// as they come; further ones are counted, and one line has the count when the window is over. The
// number of lines is bounded, however much is sent from however many addresses.
const (
	tallyWindow = 10 * time.Minute
	// maxTallied is how many kinds are told apart in a window: of senders without a valid token,
	// and as many of callers.
	maxTallied = 256
	// maxKinds is how many kinds one network, or one caller, may have.
	maxKinds = 16
	// strangerLines and callerLines are how many failures of a kind are written as they come.
	strangerLines = 1
	callerLines   = 10
)

// kind is what failures have in common. Beyond maxKinds of one sender all members but who are
// empty, and beyond maxTallied all are.
type kind struct {
	who, call string
	status    int
	// details were added by the handler, such as the id of a client.
	details string
}

// tallied is the count of one kind in a window.
type tallied struct {
	kind
	about       []slog.Attr // the sender
	written     int
	counted     int64
	first, last time.Time
}

// tally counts failures.
type tally struct {
	mu                 sync.Mutex
	begun              time.Time // when the window began; zero before its first failure
	strangers, callers ledger
}

func newTally() *tally {
	return &tally{strangers: ledger{lines: strangerLines}, callers: ledger{lines: callerLines}}
}

// ledger is a window's failures of senders without a valid token, or of callers.
type ledger struct {
	lines int
	seen  map[kind]*tallied
	kinds map[string]int // by sender
}

// at returns the count of a kind of failure of a sender.
func (l *ledger) at(k kind, who, about []slog.Attr) *tallied {
	if l.seen == nil {
		l.seen, l.kinds = map[kind]*tallied{}, map[string]int{}
	}
	if found := l.seen[k]; found != nil {
		return found
	}
	if l.kinds[k.who] >= maxKinds {
		k, about = kind{who: k.who}, nil
	}
	if l.seen[k] == nil && len(l.seen) >= maxTallied {
		k, who, about = kind{}, nil, nil
	}
	if l.seen[k] == nil {
		l.seen[k] = &tallied{kind: k, about: slices.Concat(who, about)}
		l.kinds[k.who]++
	}
	return l.seen[k]
}

// count counts a failure, and tells whether to write it as it comes: not if it repeats an earlier
// one, nor if its kind cannot be told apart.
func (t *tally) count(l *ledger, k kind, who, about []slog.Attr, repeats bool, now time.Time) (write bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun.IsZero() {
		t.begun = now
	}
	entry := l.at(k, who, about)
	if entry.call != "" && !repeats && entry.written < l.lines {
		entry.written++
		return true
	}
	if entry.counted == 0 {
		entry.first = now
	}
	entry.counted++
	entry.last = now
	return false
}

// close ends the window, if it is over or early is set, and returns the counts to write.
func (t *tally) close(now time.Time, early bool) (told []*tallied) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun.IsZero() || !early && now.Sub(t.begun) < tallyWindow {
		return nil
	}
	for _, l := range []*ledger{&t.strangers, &t.callers} {
		for _, entry := range l.seen {
			if entry.counted > 0 {
				told = append(told, entry)
			}
		}
		l.seen, l.kinds = nil, nil
	}
	t.begun = time.Time{}
	slices.SortFunc(told, func(a, b *tallied) int {
		return cmp.Or(strings.Compare(a.who, b.who), strings.Compare(a.call, b.call), cmp.Compare(a.status, b.status),
			strings.Compare(a.details, b.details))
	})
	return told
}

// describe returns the attributes of a count's line.
func (e *tallied) describe() []slog.Attr {
	all := []slog.Attr{slog.String("outcome", "counted"), slog.Int64("count", e.counted), slog.Time("since", e.first),
		slog.Time("until", e.last)}
	if e.call != "" {
		all = append(all, slog.String("call", e.call))
	}
	if e.status != 0 {
		all = append(all, slog.Int("status", e.status))
	}
	return append(all, e.about...)
}

// kind returns the kind of a failed request.
func (w *Response) kind(who string) kind {
	return kind{who, w.route, w.status, fmt.Sprint(w.account.details)}
}
