package access

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// maxApplications is how many applications an organization may have. Devices
// with credentials of their own do not count.
const maxApplications = 10_000

// Application is a client that is not a device, with its credentials without their Data.
type Application struct {
	Client
	Credentials []Credential
}

// AddClient stores a new client and its credentials. Errors: ErrExists, ErrTooMany, and
// ErrNotFound for an unknown organization.
func (s *Store) AddClient(ctx context.Context, c Client, credentials ...Credential) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error { return AddClient(ctx, tx, c, credentials...) })
	if err != nil {
		return fmt.Errorf("adding client %q: %w", c.Name, err)
	}
	return nil
}

// AddClient is AddClient inside a transaction.
func AddClient(ctx context.Context, tx *sql.Tx, c Client, credentials ...Credential) error {
	if err := admitClient(ctx, tx, c, true); err != nil {
		return err
	}
	permissions, groups, err := c.access()
	if err != nil {
		return err
	}
	rows, err := database.Affected(tx.ExecContext(ctx, `
		INSERT INTO client (`+clientColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
		c.ID, c.Organization, c.Name, permissions, groups, c.Device, c.NamedGroup, database.Millis(c.Created), c.Trusts))
	if err == nil && rows == 0 {
		err = fmt.Errorf("client %q %w", c.ID, database.ErrExists)
	}
	for i := 0; i < len(credentials) && err == nil; i++ {
		err = addCredential(ctx, tx, c.ID, credentials[i])
	}
	return err
}

// admitClient checks that the organization exists, that no other of its applications has the name,
// and, for a fresh client, that the limit is not reached. On PostgreSQL applications of one
// organization are decided about one after the other.
func admitClient(ctx context.Context, tx *sql.Tx, c Client, fresh bool) error {
	_, err := organization.Lock(ctx, tx, c.Organization) // others would take the name or the last place
	if err != nil || c.Device != "" {
		return err
	}
	var applications, namesakes int
	err = tx.QueryRowContext(ctx, `
		SELECT count(*), count(*) FILTER (WHERE name = $1 AND id <> $2) FROM client WHERE organization = $3 AND device = ''`,
		c.Name, c.ID, c.Organization).Scan(&applications, &namesakes)
	switch {
	case err != nil:
		return err
	case namesakes > 0:
		return fmt.Errorf("a client named %q %w", c.Name, database.ErrExists)
	case fresh && applications >= maxApplications:
		return fmt.Errorf("%w: an organization has at most %d applications", database.ErrTooMany, maxApplications)
	}
	return nil
}

// SetClient gives an application the name, permissions and groups of c, which count from the next
// request on. An application that the organization does not have is ErrNotFound; a taken name is
// ErrExists.
func (s *Store) SetClient(ctx context.Context, c Client) error {
	if err := s.db.Write(ctx, func(tx *sql.Tx) error { return setClient(ctx, tx, c) }); err != nil {
		return fmt.Errorf("changing client %q: %w", c.ID, err)
	}
	return nil
}

// setClient is SetClient inside a transaction.
func setClient(ctx context.Context, tx *sql.Tx, c Client) error {
	if err := admitClient(ctx, tx, c, false); err != nil {
		return err
	}
	permissions, groups, err := c.access()
	if err != nil {
		return err
	}
	return database.One(tx.ExecContext(ctx, `
		UPDATE client SET name = $1, permissions = $2, rbac_groups = $3
		WHERE id = $4 AND organization = $5 AND device = ''`, c.Name, permissions, groups, c.ID, c.Organization))
}

// Client returns the client with an id, of any organization; ErrNotFound if there is none.
func (s *Store) Client(ctx context.Context, id string) (Client, error) {
	rows, err := s.client.QueryContext(ctx, id)
	found, err := database.CollectOne(rows, err, scanClient)
	if err != nil {
		return Client{}, fmt.Errorf("reading client %q: %w", id, err)
	}
	return found, nil
}

// Clients lists the applications of an organization by name, and counts its
// devices that have credentials of their own.
func (s *Store) Clients(ctx context.Context, org string) (applications []Application, devices int64, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("listing clients: %w", err)
		}
	}()
	err = s.db.Reader().QueryRowContext(ctx,
		`SELECT count(*) FROM client WHERE organization = $1 AND device <> ''`, org).Scan(&devices)
	if err != nil {
		return nil, 0, database.Explain(err)
	}
	rows, err := s.db.Reader().QueryContext(ctx,
		`SELECT `+clientColumns+` FROM client WHERE organization = $1 AND device = '' ORDER BY name, id`, org)
	applications, err = database.Collect(rows, err, func(r *sql.Rows) (a Application, err error) {
		a.Client, err = scanClient(r)
		return a, err
	})
	if err != nil {
		return nil, 0, err
	}
	proofs, err := s.applicationCredentials(ctx, org)
	for i := range applications {
		applications[i].Credentials = proofs[applications[i].ID]
	}
	return applications, devices, err
}

// RemoveClient removes a client and its credentials; its tokens are invalid from the next request
// on. A client that the organization does not have is ErrNotFound.
func (s *Store) RemoveClient(ctx context.Context, org, id string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		return database.One(tx.ExecContext(ctx, `DELETE FROM client WHERE id = $1 AND organization = $2`, id, org))
	})
	if err != nil {
		return fmt.Errorf("removing client %q: %w", id, err)
	}
	return nil
}

func RemoveDeviceClient(ctx context.Context, tx *sql.Tx, org, device string) error {
	if device == "" {
		return database.ErrNotFound // an empty id would match every application
	}
	return database.One(tx.ExecContext(ctx, `DELETE FROM client WHERE organization = $1 AND device = $2`, org, device))
}

// Enrolled returns the client of a device, the zero Client if it has none, and whether proof is
// one of its credentials.
func Enrolled(ctx context.Context, tx *sql.Tx, device Client,
	proof Credential) (known Client, proven bool, err error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT `+clientColumns+` FROM client WHERE organization = $1 AND device = $2`, device.Organization, device.Device)
	found, err := database.Collect(rows, err, scanClient)
	if err != nil || len(found) == 0 {
		return Client{}, false, err
	}
	var proofs int
	err = tx.QueryRowContext(ctx,
		`SELECT count(*) FROM credential WHERE client = $1 AND kind = $2 AND hash = $3`, found[0].ID, proof.Kind,
		proof.Hash[:]).Scan(&proofs)
	return found[0], proofs > 0, err
}
