package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// The kinds of credentials.
const (
	KindSecret      = "secret"
	KindCertificate = "certificate"
)

// ErrNoCredential is an ErrNotFound: the client exists, but not the credential.
var ErrNoCredential = fmt.Errorf("credential: %w", database.ErrNotFound)

// maxCredentials is how many valid credentials of a kind a client may have: the current one and
// its replacement.
const maxCredentials = 2

// Credential proves a client: whoever has it is the client.
type Credential struct {
	// ID is a GUID, unique for the client.
	ID string
	// Kind is KindSecret or KindCertificate.
	Kind string
	// Hash is the SHA-256 of the secret, or of the certificate in DER.
	Hash [32]byte
	// Data is the certificate in DER; a secret is not stored.
	Data []byte
	// Hint helps people to recognize it: its first characters, or the subject.
	Hint string
	// Expires is when it stops being valid; zero: never.
	Created, Expires time.Time
}

// Valid reports whether the credential is valid at a time.
func (c *Credential) Valid(now time.Time) bool { return c.Expires.IsZero() || now.Before(c.Expires) }

const credentialColumns = `id, kind, hash, data, hint, created, expires`

func scanCredential(rows *sql.Rows, before ...any) (c Credential, err error) {
	var hash database.Hash
	var created, expires int64
	err = rows.Scan(append(before, &c.ID, &c.Kind, &hash, &c.Data, &c.Hint, &created, &expires)...)
	c.Hash, c.Created, c.Expires = hash, database.FromMillis(created), database.FromMillis(expires)
	if len(c.Data) == 0 {
		c.Data = nil
	}
	return c, err
}

// ClientCredentials lists the credentials of a client, expired ones included, oldest first. An
// unknown client has none.
func (s *Store) ClientCredentials(ctx context.Context, client string) ([]Credential, error) {
	rows, err := s.db.Reader().QueryContext(ctx, credentialsByAge, client)
	all, err := database.Collect(rows, err, func(r *sql.Rows) (Credential, error) { return scanCredential(r) })
	if err != nil {
		return nil, fmt.Errorf("reading the credentials of client %q: %w", client, err)
	}
	return all, nil
}

const credentialsByAge = `SELECT ` + credentialColumns + ` FROM credential WHERE client = $1 ORDER BY created, id`

// credentialsOf is ClientCredentials inside a transaction.
func credentialsOf(ctx context.Context, tx *sql.Tx, client string) ([]Credential, error) {
	rows, err := tx.QueryContext(ctx, credentialsByAge, client)
	return database.Collect(rows, err, func(r *sql.Rows) (Credential, error) { return scanCredential(r) })
}

// Proven is an application after a change of its credentials.
type Proven struct {
	Client
	// Names are those of all groups, by number; nil if the application sees all groups.
	Names map[int64]string
	// PreviousEnds is when its other secret ends; zero: never, or there is none.
	PreviousEnds time.Time
}

// prove changes the credentials of an application; ErrNotFound if there is none.
func (s *Store) prove(ctx context.Context, org, client string, change func(tx *sql.Tx) error) (p Proven, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		p = Proven{}
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		if p.Client, err = application(ctx, tx, org, client); err != nil {
			return err
		}
		if err = change(tx); err != nil || p.AllGroups {
			return err
		}
		p.Names, err = organization.GroupNames(ctx, tx, org)
		return err
	})
	return p, err
}

// applicationCredentials returns the credentials of an organization's applications, by client,
// without their Data.
func (s *Store) applicationCredentials(ctx context.Context, org string) (map[string][]Credential, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT client, k.id, kind, hash, CAST('' AS blob), hint, k.created, expires
		FROM credential k JOIN client c ON c.id = k.client
		WHERE c.organization = $1 AND c.device = '' ORDER BY client, k.created, k.id`, org)
	all := map[string][]Credential{}
	_, err = database.Collect(rows, err, func(r *sql.Rows) (struct{}, error) {
		var client string
		one, err := scanCredential(r, &client)
		all[client] = append(all[client], one)
		return struct{}{}, err
	})
	return all, err
}

// addCredential stores one more credential of a client.
func addCredential(ctx context.Context, tx *sql.Tx, client string, c Credential) error {
	rows, err := database.Affected(tx.ExecContext(ctx, `
		INSERT INTO credential (client, `+credentialColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (client, id) DO NOTHING`,
		client, c.ID, c.Kind, c.Hash[:], database.NonNil(c.Data), c.Hint, database.Millis(c.Created),
		database.Millis(c.Expires)))
	if err == nil && rows == 0 {
		err = fmt.Errorf("credential %q %w", c.ID, database.ErrExists)
	}
	return err
}

// AddCredential gives a client one more credential and removes its expired ones of that kind.
// Errors: ErrNotFound if the organization has no such client, ErrTooMany if two of the kind are
// valid at the time of creation, ErrExists if one of them has the same content.
func (s *Store) AddCredential(ctx context.Context, org, client string, c Credential) (Proven, error) {
	proven, err := s.prove(ctx, org, client, func(tx *sql.Tx) error {
		valid, err := validCredentials(ctx, tx, client, c)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(valid, func(old Credential) bool { return old.Hash == c.Hash }):
			return fmt.Errorf("this %s %w", c.Kind, database.ErrExists)
		case len(valid) >= maxCredentials:
			return fmt.Errorf("%w: a client has at most %d credentials of kind %s", database.ErrTooMany, maxCredentials, c.Kind)
		}
		return addCredential(ctx, tx, client, c)
	})
	if err != nil {
		return Proven{}, fmt.Errorf("adding a credential of client %q: %w", client, err)
	}
	return proven, nil
}

// RotateSecret gives a client a new secret. The newest old secret stays valid until keepOldUntil
// at most; all others end at once, so two secrets are valid at most. A client that the
// organization does not have is ErrNotFound.
func (s *Store) RotateSecret(ctx context.Context, org, client string, fresh Credential,
	keepOldUntil time.Time) (Proven, error) {
	fresh.Kind = KindSecret
	var previous time.Time
	proven, err := s.prove(ctx, org, client, func(tx *sql.Tx) error {
		valid, err := validCredentials(ctx, tx, client, fresh)
		if err != nil {
			return err
		}
		if n := len(valid); n > 0 && !fresh.Created.After(valid[n-1].Created) {
			fresh.Created = valid[n-1].Created.Add(time.Millisecond) // makes the later of two in one millisecond the newer
		}
		for i, old := range valid {
			newest := i == len(valid)-1
			if err := outlive(ctx, tx, client, old, newest && keepOldUntil.After(fresh.Created), keepOldUntil); err != nil {
				return err
			}
		}
		if err := addCredential(ctx, tx, client, fresh); err != nil {
			return err
		}
		previous, err = otherSecretEnds(ctx, tx, client, fresh.ID)
		return err
	})
	if err != nil {
		return Proven{}, fmt.Errorf("rotating the secret of client %q: %w", client, err)
	}
	proven.PreviousEnds = previous
	return proven, nil
}

// otherSecretEnds returns when the oldest other secret of a client ends.
func otherSecretEnds(ctx context.Context, tx *sql.Tx, client, id string) (time.Time, error) {
	all, err := credentialsOf(ctx, tx, client)
	i := slices.IndexFunc(all, func(c Credential) bool { return c.Kind == KindSecret && c.ID != id })
	if err != nil || i < 0 {
		return time.Time{}, err
	}
	return all[i].Expires, nil
}

// outlive keeps a credential valid until a time at most, or removes it.
func outlive(ctx context.Context, tx *sql.Tx, client string, c Credential, keep bool, until time.Time) error {
	if !keep {
		_, err := tx.ExecContext(ctx, `DELETE FROM credential WHERE client = $1 AND id = $2`, client, c.ID)
		return err
	}
	if !c.Valid(until) {
		return nil // it expires earlier anyway
	}
	_, err := tx.ExecContext(ctx, `UPDATE credential SET expires = $1 WHERE client = $2 AND id = $3`,
		database.Millis(until), client, c.ID)
	return err
}

// validCredentials lists the credentials of next's kind that are valid when next is made, oldest
// first, and removes those of the kind that have certainly expired.
func validCredentials(ctx context.Context, tx *sql.Tx, client string, next Credential) ([]Credential, error) {
	surely, err := clock.Certain(ctx, tx, next.Created)
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM credential WHERE client = $1 AND kind = $2 AND expires > 0 AND expires <= $3`,
		client, next.Kind, database.Millis(surely))
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx,
		`SELECT `+credentialColumns+` FROM credential WHERE client = $1 AND kind = $2 ORDER BY created, id`, client,
		next.Kind)
	all, err := database.Collect(rows, err, func(r *sql.Rows) (Credential, error) { return scanCredential(r) })
	return slices.DeleteFunc(all, func(c Credential) bool { return !c.Valid(next.Created) }), err
}

// RemoveCredential removes one credential. Errors: ErrNotFound if the organization has no such
// application, ErrNoCredential if the application has no such credential.
func (s *Store) RemoveCredential(ctx context.Context, org, client, id string) error {
	_, err := s.prove(ctx, org, client, func(tx *sql.Tx) error {
		err := database.One(tx.ExecContext(ctx, `DELETE FROM credential WHERE client = $1 AND id = $2`, client, id))
		if errors.Is(err, database.ErrNotFound) {
			err = ErrNoCredential
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("removing credential %q of client %q: %w", id, client, err)
	}
	return nil
}
