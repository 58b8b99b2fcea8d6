package intake

import (
	"context"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/fair"
)

// Config bounds what bodies take.
type Config struct {
	// MaxBody bounds a body before and after decompression, in bytes. MaxDocument
	// bounds one document.
	MaxBody, MaxDocument int64
	// MaxArriving bounds the memory of bodies that come in, and of what is kept of
	// them until it is stored. MaxDecoding bounds what decoding takes, by Cost.
	MaxArriving, MaxDecoding int64
	// MaxWait is how long memory is waited for.
	MaxWait time.Duration
	// Cost is what decoding a document takes, by estimate, in bytes.
	Cost func(text []byte) int64
}

// Intake takes in bodies that may be large, within an amount of memory that
// callers share, and lets them be decoded in turn.
type Intake struct {
	maxBody, maxDocument int64
	cost                 func(text []byte) int64
	turns                *fair.Gate // of those who decode
	arrivals             *room      // for bodies
	decoding             *room      // for decoding them
	senders              senders
}

func New(c Config) *Intake {
	in := &Intake{
		maxBody:     c.MaxBody,
		maxDocument: c.MaxDocument,
		cost:        c.Cost,
		turns:       newTurns(),
		arrivals:    newRoom(c.MaxArriving, c.MaxWait),
		decoding:    newRoom(c.MaxDecoding, c.MaxWait),
		senders:     senders{all: map[*sender]bool{}},
	}
	in.arrivals.crowded = in.senders.cutSlow
	return in
}

// Arriving is how much memory bodies have that come in, in bytes.
func (in *Intake) Arriving() int64 { return in.arrivals.inUse() }

// Decoding is how much memory decoding takes, by estimate, in bytes.
func (in *Intake) Decoding() int64 { return in.decoding.inUse() }

// Decode takes memory for a caller who decodes what was no body. The caller of
// Decode must give it back.
func (in *Intake) Decode(ctx context.Context, c *auth.Caller, cost int64) (give func(), err error) {
	by := ownerOf(c)
	taken, err := in.decoding.take(ctx, by, cost)
	if err != nil {
		return nil, err
	}
	return func() { in.decoding.give(by, taken) }, nil
}

// ownerOf is who has what a caller takes.
func ownerOf(c *auth.Caller) owner { return owner{c.Organization, c.ID} }
