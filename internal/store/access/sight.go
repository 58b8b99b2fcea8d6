package access

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/muster-project/muster/internal/store/organization"
)

// Sight describes the groups that a client sees, by their names.
type Sight struct {
	// Names are those of all groups, by number; nil if the client sees all groups.
	Names map[int64]string
	// Made are the groups that were made for the client.
	Made []string
}

// AddApplication is AddClient for a client that sees groups by name, or all groups. Groups that do
// not exist are made in the same transaction, as by EnsureGroups.
func (s *Store) AddApplication(ctx context.Context, c Client, groups []string,
	credentials ...Credential) (Client, Sight, error) {
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

// see sets the groups of a client from their names, unless it sees all groups.
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
