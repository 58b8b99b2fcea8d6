package intake

import (
	"context"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/fair"
)

// Config limits what bodies take.
type Config struct {
	// MaxBody is the largest body before and after decompression, in bytes. MaxDocument is the
	// largest document.
	MaxBody, MaxDocument int64
	// MaxArriving limits the memory of arriving bodies, and of what is kept of them until it is
	// stored. MaxDecoding limits the memory of decoding, by Cost.
	MaxArriving, MaxDecoding int64
	// MaxWait is how long to wait for memory.
	MaxWait time.Duration
	// Cost estimates the memory for decoding a document, in bytes.
	Cost func(text []byte) int64
}

// Intake reads bodies that may be large, within an amount of memory that callers share, and lets
// callers decode in turn.
type Intake struct {
	maxBody, maxDocument int64
	cost                 func(text []byte) int64
	turns                *fair.Gate // of callers who decode
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

// Arriving returns the memory of arriving bodies, in bytes.
func (in *Intake) Arriving() int64 { return in.arrivals.inUse() }

// Decoding returns the estimated memory of decoding, in bytes.
func (in *Intake) Decoding() int64 { return in.decoding.inUse() }

// Decode takes memory for a caller who decodes something other than a body. The caller of Decode
// must give it back.
func (in *Intake) Decode(ctx context.Context, c *auth.Caller, cost int64) (give func(), err error) {
	by := ownerOf(c)
	taken, err := in.decoding.take(ctx, by, cost)
	if err != nil {
		return nil, err
	}
	return func() { in.decoding.give(by, taken) }, nil
}

// ownerOf returns the owner of the memory that a caller takes.
func ownerOf(c *auth.Caller) owner { return owner{c.Organization, c.ID} }
