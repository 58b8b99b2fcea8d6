package access

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/muster-project/muster/internal/store/organization"
)

// Sight is which groups a client sees, as people name them.
type Sight struct {
	// Names are those of all groups, by number; nil where it sees all of them.
	Names map[int64]string
	// Made are the groups that were made for it.
	Made []string
}

// AddApplication is AddClient for a client that sees groups by their names, or
// all of them as it says. Those that there are not are made along with it, as
// EnsureGroups does, or not at all.
func (s *Store) AddApplication(ctx context.Context, c Client, groups []string, credentials ...Credential) (Client, Sight, error) {
	var sees Sight
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if sees, err = c.see(ctx, tx, groups); err != nil {
			return err
		}
		return AddClient(ctx, tx, c, credentials...)
	})
	if err != nil {
		return Client{}, Sight{}, fmt.Errorf("adding client %q: %w", c.Name, err)
	}
	return c, sees, nil
}

// see lets a client see the groups of names, unless it sees all.
func (c *Client) see(ctx context.Context, tx *sql.Tx, names []string) (sees Sight, err error) {
	if c.AllGroups {
		return Sight{}, nil
	}
	if c.Groups, sees.Made, err = organization.EnsureGroups(ctx, tx, c.Organization, names); err != nil {
		return Sight{}, err
	}
	sees.Names, err = organization.GroupNames(ctx, tx, c.Organization)
	return sees, err
}
