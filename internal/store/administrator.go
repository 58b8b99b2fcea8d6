package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

var (
	// ErrLast: no other application of the organization has the permission.
	ErrLast = errors.New("it is the last one")
	// ErrChanged: it is not what it was when it was read.
	ErrChanged = errors.New("it was changed meanwhile")
)

// AddAdministrator stores the first administrator of c's organization and tells
// whether it did: an organization gets one once, also where the one it got was
// removed since. Errors are those of AddClient.
func (s *Store) AddAdministrator(ctx context.Context, c Client, credentials ...Credential) (added bool, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		rows, err := affected(tx.ExecContext(ctx,
			`UPDATE organization SET administered = $1 WHERE id = $2 AND administered = 0`, millis(c.Created), c.Organization))
		if added = rows > 0; err != nil || !added {
			return err
		}
		return addClient(ctx, tx, c, credentials...)
	})
	if err != nil {
		return false, fmt.Errorf("adding administrator %q: %w", c.Name, err)
	}
	return added, nil
}

// Administered tells since when an organization has, or had, an administrator;
// the zero time if it never got one. ErrNotFound if there is no such
// organization.
func (s *Store) Administered(ctx context.Context, org string) (since time.Time, err error) {
	var at int64
	err = s.reader.QueryRowContext(ctx, `SELECT administered FROM organization WHERE id = $1`, org).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking for the administrator of organization %q: %w", org, explain(err))
	}
	return fromMillis(at), nil
}

// RemoveApplication is RemoveClient for a client that is no device. ErrLast if
// it is the last application of the organization with a permission; the empty
// one keeps nobody.
func (s *Store) RemoveApplication(ctx context.Context, org, id, permission string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := spareLast(ctx, tx, org, id, permission); err != nil {
			return err
		}
		return one(tx.ExecContext(ctx, `DELETE FROM client WHERE id = $1 AND organization = $2 AND device = ''`, id, org))
	})
	if err != nil {
		return fmt.Errorf("removing client %q: %w", id, err)
	}
	return nil
}

// SetApplication makes an application that was read as before what after is,
// and does as SetClient does. ErrChanged if it is not what it was any more:
// somebody else has changed it meanwhile. ErrLast where it is the last application of
// its organization with a permission and would not have it any more; the empty
// one keeps nobody. Groups are as AddApplication takes them.
func (s *Store) SetApplication(ctx context.Context, before, after Client, groups []string, permission string) (Client, Sight, error) {
	var sees Sight
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := checkUnchanged(ctx, tx, before); err != nil {
			return err
		}
		if !slices.Contains(after.Permissions, permission) {
			if err := spareLast(ctx, tx, after.Organization, after.ID, permission); err != nil {
				return err
			}
		}
		var err error
		if sees, err = after.see(ctx, tx, groups); err != nil {
			return err
		}
		return setClient(ctx, tx, after)
	})
	if err != nil {
		return Client{}, Sight{}, fmt.Errorf("changing client %q: %w", after.ID, err)
	}
	return after, sees, nil
}

// checkUnchanged is ErrChanged for an application that has not the name,
// permissions and groups that were read of it, ErrNotFound for one that is gone.
func checkUnchanged(ctx context.Context, tx *sql.Tx, before Client) error {
	permissions, groups, err := before.access()
	if err != nil {
		return err
	}
	var same bool
	err = tx.QueryRowContext(ctx, `
		SELECT name = $1 AND permissions = $2 AND rbac_groups = $3 FROM client WHERE id = $4 AND organization = $5 AND device = ''`,
		before.Name, permissions, groups, before.ID, before.Organization).Scan(&same)
	if err == nil && !same {
		err = ErrChanged
	}
	return err
}

// spareLast is ErrLast for the only application of an organization with a
// permission.
func spareLast(ctx context.Context, tx *sql.Tx, org, id, permission string) error {
	rows, err := tx.QueryContext(ctx, `SELECT `+clientColumns+` FROM client WHERE organization = $1 AND device = ''`, org)
	applications, err := collect(rows, err, scanClient)
	if err != nil {
		return err
	}
	applications = slices.DeleteFunc(applications, func(c Client) bool { return !slices.Contains(c.Permissions, permission) })
	if len(applications) == 1 && applications[0].ID == id {
		return ErrLast
	}
	return nil
}
