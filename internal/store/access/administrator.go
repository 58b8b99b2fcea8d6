package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// ErrLast: no other application of the organization has the permission.
var ErrLast = errors.New("it is the last one with the permission")

// AddAdministrator stores the first administrator of c's organization and reports whether it did.
// An organization gets a first administrator only once, even if that one was removed since. Errors
// are those of AddClient.
func (s *Store) AddAdministrator(ctx context.Context, c Client, credentials ...Credential) (added bool, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, c.Organization); err != nil {
			return err
		}
		rows, err := database.Affected(tx.ExecContext(ctx,
			`UPDATE organization SET administered = $1 WHERE id = $2 AND administered = 0`,
			database.Millis(c.Created), c.Organization))
		if added = rows > 0; err != nil || !added {
			return err
		}
		return AddClient(ctx, tx, c, credentials...)
	})
	if err != nil {
		return false, fmt.Errorf("adding administrator %q: %w", c.Name, err)
	}
	return added, nil
}

// Administered returns when an organization got its first administrator; the zero time if it never
// did. An unknown organization is ErrNotFound.
func (s *Store) Administered(ctx context.Context, org string) (since time.Time, err error) {
	var at int64
	err = s.db.Reader().QueryRowContext(ctx, `SELECT administered FROM organization WHERE id = $1`, org).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading when organization %q got an administrator: %w", org, database.Explain(err))
	}
	return database.FromMillis(at), nil
}

// RemoveApplication is RemoveClient for a client that is not a device. If it is the last
// application of the organization with permission, the error is ErrLast; an empty permission skips
// that check.
func (s *Store) RemoveApplication(ctx context.Context, org, id, permission string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err // on PostgreSQL nobody else removes the other last one meanwhile
		}
		if err := spareLast(ctx, tx, org, id, permission); err != nil {
			return err
		}
		return database.One(tx.ExecContext(ctx,
			`DELETE FROM client WHERE id = $1 AND organization = $2 AND device = ''`, id, org))
	})
	if err != nil {
		return fmt.Errorf("removing client %q: %w", id, err)
	}
	return nil
}

// Change returns the new state of a client, and the names of the groups it sees, as AddApplication
// takes them. It gets the client as stored, and the names of all groups of the organization, by
// number.
type Change func(before Client, names map[int64]string) (after Client, groups []string, err error)

// ChangeApplication applies change to an application of an organization, with the effect of
// SetClient, in one transaction: nothing else changes it meanwhile. If it is the last application
// with permission and would lose it, the error is ErrLast; an empty permission skips that check.
// Errors of change are returned as they are.
func (s *Store) ChangeApplication(ctx context.Context, org, id, permission string,
	change Change) (after Application, sees Sight, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		before, err := application(ctx, tx, org, id)
		if err != nil {
			return err
		}
		names, err := organization.GroupNames(ctx, tx, org)
		if err != nil {
			return err
		}
		var groups []string
		if after.Client, groups, err = change(before, names); err != nil {
			return err
		}
		if !slices.Contains(after.Permissions, permission) {
			if err := spareLast(ctx, tx, org, id, permission); err != nil {
				return err
			}
		}
		if sees, err = after.see(ctx, tx, groups); err != nil {
			return err
		}
		if err := setClient(ctx, tx, after.Client); err != nil {
			return err
		}
		after.Credentials, err = credentialsOf(ctx, tx, id)
		return err
	})
	if err != nil {
		return Application{}, Sight{}, fmt.Errorf("changing client %q: %w", id, err)
	}
	return after, sees, nil
}

// spareLast returns ErrLast for the only application of an organization with a permission.
func spareLast(ctx context.Context, tx *sql.Tx, org, id, permission string) error {
	rows, err := tx.QueryContext(ctx, `SELECT `+clientColumns+` FROM client WHERE organization = $1 AND device = ''`, org)
	applications, err := database.Collect(rows, err, scanClient)
	if err != nil {
		return err
	}
	applications = slices.DeleteFunc(applications,
		func(c Client) bool { return !slices.Contains(c.Permissions, permission) })
	if len(applications) == 1 && applications[0].ID == id {
		return ErrLast
	}
	return nil
}

// AddOrganization makes an organization and its first administrator: both or none. The
// administrator's Organization is the new id, a GUID, as in the URL of its token endpoint. The
// error is ErrExists if the id is taken, or a name that looks the same to people; ErrTooMany if
// there are 10,000 organizations; other errors are those of AddClient.
func (s *Store) AddOrganization(ctx context.Context, name string, administrator Client,
	credentials ...Credential) error {
	id := administrator.Organization
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if err := organization.Admit(ctx, tx, id, name); err != nil {
			return err
		}
		rows, err := database.Affected(tx.ExecContext(ctx,
			`INSERT INTO organization (id, name, administered) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
			id, name, database.Millis(administrator.Created)))
		if err == nil && rows == 0 {
			err = database.ErrExists
		}
		if err != nil {
			return err
		}
		return AddClient(ctx, tx, administrator, credentials...)
	})
	if err != nil {
		return fmt.Errorf("adding organization %q: %w", name, err)
	}
	return nil
}
