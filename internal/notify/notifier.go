package notify

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/publication"
)

// Config configures a Notifier. All fields but Trace are required.
type Config struct {
	Store   *store.Store
	Answers *answer.Answers
	Library *library.Library
	// Manifest reads the manifest of a snapshot.
	Manifest func(publication.Snapshot) (*snapshot.Manifest, error)
	// Send sends a delivery.
	Send func(ctx context.Context, to *notice.Destination, d *notice.Delivery) error
	// Open reads the destination of a rule with its secrets.
	Open func(org, rule string, sealed []byte) ([]byte, error)
	// Base is the address of the server, which links of notices begin with; they have none if it is empty. It is set
	// before the first round.
	Base  string
	Clock func() time.Time
	Log   *slog.Logger
	// Trace is called before each step with its name; an error ends the round there, as a crash would.
	Trace func(step string) error
}

// Notifier makes and sends notices. Its methods may be called from any goroutine.
type Notifier struct {
	Config

	mu sync.Mutex
	// failing are organizations whose notices could not be made.
	failing map[string]failure
}

// failure is how often that failed in a row, and when it is tried again.
type failure struct {
	times int64
	until time.Time
}

// New returns a Notifier.
func New(c Config) *Notifier {
	if c.Trace == nil {
		c.Trace = func(string) error { return nil }
	}
	return &Notifier{Config: c, failing: map[string]failure{}}
}

// firstRetry is the wait after the first failure. It doubles with each further one, to lastRetry at most.
const (
	firstRetry = 10 * time.Second
	lastRetry  = 15 * time.Minute
)

// backOff is how long to wait after so many failures before this one.
func backOff(failures int64) time.Duration {
	wait := firstRetry
	for ; failures > 0 && wait < lastRetry; failures-- {
		wait *= 2
	}
	return min(wait, lastRetry)
}
