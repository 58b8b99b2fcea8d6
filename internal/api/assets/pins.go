package assets

import (
	"context"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/publication"
)

// How long the place of a pull without tokens is remembered after its last page, and how many are, where
// one process serves.
const (
	pinLife = 15 * time.Minute
	maxPins = 4096
)

// pins remember where the pulls of callers are that count $skip by themselves, so that each stays in the
// snapshot with which it began. They are bounded. It is safe for concurrent use.
type pins interface {
	// at returns the place of a pull; a zero one if none is remembered.
	at(ctx context.Context, of publication.Pull, now time.Time) (place, error)
	// set remembers the place of a pull. token says that it goes on by tokens.
	set(ctx context.Context, of publication.Pull, at place, token bool, now time.Time) error
}

// newPins returns the pins of a store: several processes may serve what is on a database server.
func newPins(s *store.Store) pins {
	if s.DB.Together() {
		return sharedPins{s.Pulls}
	}
	return newOwnPins()
}

// ownPins are those of a process that serves alone. They are lost when it starts again: then such a pull
// goes on in the newest snapshot.
type ownPins struct {
	mu   sync.Mutex
	held *edge.Recent[publication.Pull, pin]
}

// pin is a place, and when the last page of its pull was made.
type pin struct {
	place
	used time.Time
}

func newOwnPins() *ownPins {
	return &ownPins{held: edge.NewRecent[publication.Pull, pin](maxPins, pinLife)}
}

func (p *ownPins) at(_ context.Context, of publication.Pull, now time.Time) (place, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.held.At(of, now)
	if now.Sub(known.used) > pinLife {
		return place{}, nil // it was asked for before it was forgotten
	}
	return known.place, nil
}

func (p *ownPins) set(_ context.Context, of publication.Pull, at place, _ bool, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	*p.held.At(of, now) = pin{at, now}
	return nil
}

// sharedPins are in the database, for all nodes.
type sharedPins struct{ pulls *publication.Pulls }

func (p sharedPins) at(ctx context.Context, of publication.Pull, now time.Time) (place, error) {
	at, err := p.pulls.Place(ctx, of, now.Add(-pinLife))
	return place{number: at.Number, mark: at.Mark, skip: at.Skip, raw: at.Raw, key: at.Key}, err
}

// set writes nothing for a pull by tokens: each says where to go on.
func (p sharedPins) set(ctx context.Context, of publication.Pull, at place, token bool, now time.Time) error {
	if token {
		return nil
	}
	return p.pulls.Set(ctx, of,
		publication.Place{Number: at.number, Mark: at.mark, Skip: at.skip, Raw: at.raw, Key: at.key}, now)
}
