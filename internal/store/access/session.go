package access

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// Session is a browser that is signed in, or, before that, a one-time code with which one signs in.
type Session struct {
	// Hash is the SHA-256 of the code, or of the secret in the browser's cookie.
	Hash [32]byte
	// Organization and Client say as whom; an empty Client is whoever has the data folder.
	Organization, Client string
	// Name is the client's, for people.
	Name string
	// Permissions are those that the token had which asked for the code: the session never has others.
	Permissions []string
	// Issuer is the provider at which a person signed in, and Claims what it said of them; opaque here. Client is
	// then the person's id, which no client has: a program that knows no people finds nobody.
	Issuer, Claims string
	// Begun, Used and Expires are when it began, when it was used last, to the minute, and when it ends at the
	// latest. A code only has Expires.
	Begun, Used, Expires time.Time
}

// Sessions keeps the codes and the sessions of browsers.
type Sessions struct{ db *database.DB }

// Sessions returns what keeps them.
func (s *Store) Sessions() Sessions { return Sessions{s.db} }

// maxSessions is how many codes, and how many sessions, an organization may have: who signs in over and over fills no
// disk.
const maxSessions = 10_000

// usedEvery is how exactly Used is kept.
const usedEvery = time.Minute

// AddSignIn stores a one-time code, and removes those that have expired.
func (s Sessions) AddSignIn(ctx context.Context, code Session, now time.Time) error {
	permissions, err := json.Marshal(append([]string{}, code.Permissions...))
	if err == nil {
		err = s.db.Write(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, `DELETE FROM sign_in WHERE expires <= $1`, database.Millis(now)); err != nil {
				return err
			}
			if err := tooMany(ctx, tx, `SELECT count(*) FROM sign_in WHERE organization = $1`, code.Organization); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `
				INSERT INTO sign_in (hash, organization, client, name, permissions, expires)
				VALUES ($1, $2, $3, $4, $5, $6)`, code.Hash[:], code.Organization, code.Client, code.Name,
				string(permissions), database.Millis(code.Expires))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("adding a code to sign in: %w", err)
	}
	return nil
}

// tooMany is ErrTooMany if a count is at its limit.
func tooMany(ctx context.Context, tx *sql.Tx, count, organization string) error {
	var n int64
	if err := tx.QueryRowContext(ctx, count, organization).Scan(&n); err != nil {
		return err
	}
	if n >= maxSessions {
		return fmt.Errorf("%w: an organization has at most %d", database.ErrTooMany, maxSessions)
	}
	return nil
}

// SignIn uses a code up and begins the session that it was for, with the hash of a new secret. The code dies whether or
// not it was still valid; ErrNotFound if it was not, or if there is none: of several who use it at once, on any node,
// one signs in. before is when sessions were used last that have ended for want of use.
func (s Sessions) SignIn(ctx context.Context, code, secret [32]byte, now, expires, before time.Time) (begun Session,
	err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		begun = Session{Hash: secret, Begun: now, Used: now, Expires: expires}
		rows, err := tx.QueryContext(ctx, `
			DELETE FROM sign_in WHERE hash = $1 RETURNING organization, client, name, permissions, expires`, code[:])
		var permissions string
		var until int64
		_, err = database.CollectOne(rows, err, func(r *sql.Rows) (struct{}, error) {
			return struct{}{}, r.Scan(&begun.Organization, &begun.Client, &begun.Name, &permissions, &until)
		})
		if err != nil && !errors.Is(err, database.ErrNotFound) {
			return err
		}
		if err != nil || !now.Before(database.FromMillis(until)) {
			begun.Organization = "" // the code stays removed
			return nil
		}
		if err := json.Unmarshal([]byte(permissions), &begun.Permissions); err != nil {
			return err
		}
		return addSession(ctx, tx, begun, before)
	})
	if err == nil && begun.Organization == "" {
		err = database.ErrNotFound
	}
	if err != nil {
		return Session{}, fmt.Errorf("signing in: %w", err)
	}
	return begun, nil
}

// AddSession begins the session of a person. before is when sessions were used last that have ended for want of use.
func (s Sessions) AddSession(ctx context.Context, person Session, before time.Time) error {
	if err := s.db.Write(ctx, func(tx *sql.Tx) error { return addSession(ctx, tx, person, before) }); err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	return nil
}

// addSession stores a session that begins, and removes those that have ended.
func addSession(ctx context.Context, tx *sql.Tx, begun Session, before time.Time) error {
	permissions, err := json.Marshal(append([]string{}, begun.Permissions...))
	if err != nil {
		return err
	}
	if err := removeEnded(ctx, tx, begun.Begun, before); err != nil {
		return err
	}
	if err := tooMany(ctx, tx, `SELECT count(*) FROM browser_session WHERE organization = $1`, begun.Organization); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO browser_session (hash, organization, client, name, permissions, begun, used, expires, issuer, claims)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, begun.Hash[:], begun.Organization, begun.Client, begun.Name,
		string(permissions), database.Millis(begun.Begun), database.Millis(begun.Used), database.Millis(begun.Expires),
		begun.Issuer, begun.Claims)
	return err
}

// removeEnded removes sessions that have ended.
func removeEnded(ctx context.Context, tx *sql.Tx, now, before time.Time) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM browser_session WHERE expires <= $1 OR used <= $2`,
		database.Millis(now), database.Millis(before))
	return err
}

// Session returns the session with a hash, and notes its use; ErrNotFound if there is none, or if it has ended: at its
// end, or because it was used last at the time before, or earlier.
func (s Sessions) Session(ctx context.Context, hash [32]byte, now, before time.Time) (Session, error) {
	rows, err := s.db.Reader().QueryContext(ctx, selectSession+` WHERE hash = $1`, hash[:])
	found, err := database.CollectOne(rows, err, scanSession)
	if err == nil && (!now.Before(found.Expires) || !found.Used.After(before)) {
		err = database.ErrNotFound
	}
	if err == nil && now.Sub(found.Used) >= usedEvery {
		_, err = s.db.ExecAgain(ctx, `UPDATE browser_session SET used = $1 WHERE hash = $2 AND used < $3`,
			database.Millis(now), hash[:], database.Millis(now))
	}
	if err != nil {
		return Session{}, fmt.Errorf("reading a session: %w", err)
	}
	return found, nil
}

// selectSession reads what scanSession takes.
const selectSession = `SELECT hash, organization, client, name, permissions, begun, used, expires, issuer, claims
	FROM browser_session`

// scanSession reads a row of selectSession.
func scanSession(r *sql.Rows) (one Session, err error) {
	var hash []byte
	var permissions string
	var begun, used, expires int64
	if err := r.Scan(&hash, &one.Organization, &one.Client, &one.Name, &permissions, &begun, &used, &expires,
		&one.Issuer, &one.Claims); err != nil {
		return one, err
	}
	copy(one.Hash[:], hash)
	one.Begun, one.Used, one.Expires = database.FromMillis(begun), database.FromMillis(used), database.FromMillis(expires)
	return one, json.Unmarshal([]byte(permissions), &one.Permissions)
}

// EndSession ends the session with a hash, if there is one.
func (s Sessions) EndSession(ctx context.Context, hash [32]byte) error {
	if _, err := s.db.ExecAgain(ctx, `DELETE FROM browser_session WHERE hash = $1`, hash[:]); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}

// EndSessions ends all sessions of an organization, or those of a client, and removes their codes. It returns how many
// sessions ended.
func (s Sessions) EndSessions(ctx context.Context, organization, client string) (ended int64, err error) {
	const whose = ` WHERE organization = $1 AND (client = $2 OR $3 = '')`
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM sign_in`+whose, organization, client, client)
		if err != nil {
			return err
		}
		gone, err := tx.ExecContext(ctx, `DELETE FROM browser_session`+whose, organization, client, client)
		if err != nil {
			return err
		}
		ended, err = gone.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("ending sessions: %w", err)
	}
	return ended, nil
}
