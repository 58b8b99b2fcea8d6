package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/snapshot"
)

// Open opens everything in a data folder, which it locks, or in places.
func Open(ctx context.Context, c Config) (*Node, error) {
	if c.Name != "" {
		c.Log = c.Log.With("node", c.Name)
	}
	n := &Node{log: c.Log, version: c.Version, name: c.Name}
	open := n.openFolder
	if c.Places.Shared() {
		if err := c.Places.check(); err != nil {
			return nil, err
		}
		n.shared, n.Place, open = true, c.Places.String(), n.openPlaces
	} else {
		if err := admitFolder(c.Path, c.Make); err != nil {
			return nil, err
		}
		if !c.moves {
			if err := refuseMoved(c.Path); err != nil {
				return nil, err
			}
		}
		n.Path, n.Place = c.Path, fmt.Sprintf("data folder %q", c.Path)
	}
	if err := open(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", n.Place, err), n.Close())
	}
	return n, nil
}

// Source is a data folder that is to be moved.
type Source struct {
	*Node
	// Key seals the keys in its database. Files are those of its snapshots.
	Key   [32]byte
	Files *snapshot.Files
}

// OpenSource is Open for the data folder of a move. It opens also one that was moved.
func OpenSource(ctx context.Context, c Config) (*Source, error) {
	c.moves = true
	n, err := Open(ctx, c)
	if err != nil {
		return nil, err
	}
	return &Source{n, n.key, n.files}, nil
}
