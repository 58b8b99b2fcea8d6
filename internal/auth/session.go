package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
)

// How long a browser stays signed in: at most SessionLife, and SessionIdle without a request.
const (
	SessionLife = 12 * time.Hour
	SessionIdle = time.Hour
)

// Sessions identify browsers that are signed in.
type Sessions struct {
	Store *access.Store
	Clock func() time.Time
	// People returns the caller of a session of somebody who signed in at a provider, as package people does; nil if
	// nobody can.
	People func(*access.Session) (Caller, error)
}

// Begin uses a code up, and begins the session of a new secret. The error is database.ErrNotFound if the code is not
// valid, or not any more.
func (s *Sessions) Begin(ctx context.Context, code, secret string) error {
	now := s.Clock()
	_, err := s.Store.Sessions().SignIn(ctx, HashSecret(code), HashSecret(secret), now, now.Add(SessionLife),
		now.Add(-SessionIdle))
	return err
}

// BeginOf begins the session of a person whom a provider has identified, with a new secret.
func (s *Sessions) BeginOf(ctx context.Context, person access.Session, secret string) error {
	now := s.Clock()
	person.Hash, person.Begun, person.Used, person.Expires = HashSecret(secret), now, now, now.Add(SessionLife)
	return s.Store.Sessions().AddSession(ctx, person, now.Add(-SessionIdle))
}

// Caller returns the caller of a session: the client as it is now, with those of its permissions that it had when it
// signed in; or a person as the provider described them. The error is database.ErrNotFound if there is no such
// session, or if its client was removed, or if the person may do nothing any more.
func (s *Sessions) Caller(ctx context.Context, secret string) (Caller, error) {
	now := s.Clock()
	found, err := s.Store.Sessions().Session(ctx, HashSecret(secret), now, now.Add(-SessionIdle))
	if err != nil {
		return Caller{}, err
	}
	return s.Now(ctx, &found)
}

// Now returns the caller that a session is now. The error is database.ErrNotFound if it is nobody any more.
func (s *Sessions) Now(ctx context.Context, found *access.Session) (Caller, error) {
	if found.Issuer != "" {
		if s.People == nil {
			return Caller{}, database.ErrNotFound
		}
		return s.People(found)
	}
	caller := Caller{Organization: found.Organization, Name: found.Name, Permissions: Permissions(), AllGroups: true}
	if found.Client != "" {
		client, err := s.Store.Client(ctx, found.Client)
		if err == nil && client.Organization != found.Organization {
			err = database.ErrNotFound
		}
		if err != nil {
			return Caller{}, err
		}
		caller = CallerOf(client)
	}
	caller.Permissions = slices.DeleteFunc(caller.Permissions,
		func(p Permission) bool { return !slices.Contains(found.Permissions, string(p)) })
	return caller, nil
}

// Of returns the sessions of an organization that have not ended, or those of a client or person, the one that was used
// last first.
func (s *Sessions) Of(ctx context.Context, organization, client string) ([]access.Session, error) {
	now := s.Clock()
	return s.Store.Sessions().List(ctx, organization, client, now, now.Add(-SessionIdle))
}

// End ends a session.
func (s *Sessions) End(ctx context.Context, secret string) error {
	return s.Store.Sessions().EndSession(ctx, HashSecret(secret))
}

// IsNobody tells whether an error means that nobody is signed in.
func IsNobody(err error) bool { return errors.Is(err, database.ErrNotFound) }
