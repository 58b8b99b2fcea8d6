package edge

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/auth"
)

// Rate is how many requests may pass in any 60 seconds, and in any 3,600; 0 is no limit.
type Rate struct{ Minute, Hour int }

// maxRate is the largest number of a Rate: the time of each request is kept.
const maxRate = 100_000

// UnmarshalText reads a rate such as 30/m, 1000/h or 30/m,1000/h; off is no limit.
func (r *Rate) UnmarshalText(text []byte) error {
	var read Rate
	if string(text) == "off" {
		*r = read
		return nil
	}
	for part := range strings.SplitSeq(string(text), ",") {
		number, unit, _ := strings.Cut(strings.TrimSpace(part), "/")
		n, err := strconv.Atoi(number)
		into, ok := map[string]*int{"m": &read.Minute, "h": &read.Hour}[unit]
		if err != nil || !ok || n < 1 || n > maxRate || *into != 0 {
			return fmt.Errorf("%q is not a rate: want 30/m, 1000/h or 30/m,1000/h, with numbers up to %d", text, maxRate)
		}
		*into = n
	}
	*r = read
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Rate) MarshalText() ([]byte, error) {
	var parts []string
	if r.Minute > 0 {
		parts = append(parts, fmt.Sprintf("%d/m", r.Minute))
	}
	if r.Hour > 0 {
		parts = append(parts, fmt.Sprintf("%d/h", r.Hour))
	}
	if parts == nil {
		parts = append(parts, "off")
	}
	return []byte(strings.Join(parts, ",")), nil
}

// String returns the rate in words.
func (r Rate) String() string {
	var parts []string
	if r.Minute > 0 {
		parts = append(parts, fmt.Sprintf("%d times a minute", r.Minute))
	}
	if r.Hour > 0 {
		parts = append(parts, fmt.Sprintf("%d times an hour", r.Hour))
	}
	if parts == nil {
		return "at any rate"
	}
	return strings.Join(parts, " and ")
}

// history is when the requests of one caller and call passed, in order. Only all times of the
// window tell exactly whether one more may pass (doc/decision/0026-limits.md).
type history struct {
	passed []time.Time
	// refused: the newest request was refused.
	refused bool
}

// admit lets a request pass, or returns how long until one may. Refused requests do not count.
func (h *history) admit(rate Rate, now time.Time) (wait time.Duration) {
	for _, bound := range []struct {
		requests int
		window   time.Duration
	}{{rate.Minute, time.Minute}, {rate.Hour, time.Hour}} {
		if first := len(h.passed) - bound.requests; bound.requests > 0 && first >= 0 {
			wait = max(wait, h.passed[first].Add(bound.window).Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	if most := max(rate.Minute, rate.Hour); len(h.passed) >= 2*most {
		h.passed = append(h.passed[:0], h.passed[len(h.passed)-most:]...)
	}
	h.passed = append(h.passed, now)
	return 0
}

// maxHistories is how many histories are remembered at a time. Beyond it the least recently used
// is forgotten.
const maxHistories = 4096

// callLimits enforce the rates of calls.
type callLimits struct {
	rates map[string]Rate // by the names of routes
	mu    sync.Mutex
	seen  *Recent[callerCall, history]
}

// callerCall is a caller and a call that is limited.
type callerCall struct{ caller, call string }

func newCallLimits(rates map[string]Rate) *callLimits {
	return &callLimits{rates: rates, seen: NewRecent[callerCall, history](maxHistories, time.Hour)}
}

// admit counts a request, or refuses it: contract.md, section 7.
func (c *callLimits) admit(caller *auth.Caller, call string, now time.Time) error {
	rate, limited := c.rates[call]
	if !limited {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.seen.At(callerCall{caller.Key(), call}, now)
	wait := h.admit(rate, now)
	again := h.refused
	if h.refused = wait > 0; !h.refused {
		return nil
	}
	f := TooMany(wait, "a caller may use %s %s", call, rate)
	f.Quiet = again
	return f
}
