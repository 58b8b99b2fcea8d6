package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
)

// Errors of Check.
var (
	// ErrNoToken: the request has no bearer token.
	ErrNoToken = errors.New("no token: send the header Authorization: Bearer with a token of this server's token call")
	// ErrToken: the token is not accepted. Errors that wrap it say why; their texts may be
	// shown to the sender.
	ErrToken = errors.New("the token is not accepted")
)

// refused returns an ErrToken.
func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrToken, fmt.Errorf(format, args...))
}

// Check returns the caller of a request, by its Authorization header. Errors are ErrNoToken,
// ErrToken, ErrUnavailable, and those of the store.
//
// A client has the permissions that are both in its token and in its row in the store: a
// removed client, or a removed permission, is refused with the next request.
func (a *Authority) Check(ctx context.Context, authorization string) (Caller, error) {
	scheme, text, _ := strings.Cut(strings.TrimSpace(authorization), " ")
	if text = strings.TrimSpace(text); !strings.EqualFold(scheme, "Bearer") || text == "" {
		return Caller{}, ErrNoToken
	}
	token, err := jwt.Parse(text)
	if err != nil {
		return Caller{}, refused("%w", err)
	}
	if issuer, ok := a.trusted[token.Claims.Text("iss")]; ok {
		return a.checkForeign(ctx, issuer, token)
	}
	return a.checkOwn(ctx, token)
}

// checkOwn checks a token of this server.
func (a *Authority) checkOwn(ctx context.Context, token *jwt.Token) (Caller, error) {
	key, ok := a.Keys.publicKey(ctx, token.Header.Text("kid"))
	if !ok {
		return Caller{}, refused("its signing key is unknown or was replaced")
	}
	if err := token.Verify(key, jose.RS256); err != nil {
		return Caller{}, refused("%w", err)
	}
	if _, err := token.CheckTimes(a.Clock()); err != nil {
		return Caller{}, refused("%w", err)
	}
	org := token.Claims.Text("tid")
	origin, ok := ownOrigin(token.Claims.Text("iss"), org)
	if !ok {
		return Caller{}, refused("its issuer is not its tenant's")
	}
	if !a.isOwnAudience(token.Claims.Audience(), origin) {
		return Caller{}, refused("its audience is not this server")
	}
	return a.ownCaller(ctx, token.Claims, org)
}

// ownOrigin returns the origin in an issuer of this server for an organization.
func ownOrigin(issuer, org string) (string, bool) {
	if origin, ok := strings.CutSuffix(issuer, issuerV2("", org)); ok {
		return origin, org != ""
	}
	origin, ok := strings.CutSuffix(issuer, issuerV1("", org))
	return origin, ok && org != ""
}

// isOwnAudience tells whether a token was issued for this server. It may have been requested at
// another host than it is used at (contract.md, section 6).
func (a *Authority) isOwnAudience(audience []string, origin string) bool {
	return len(audience) == 1 && a.isResource(normalResource(audience[0]), origin)
}

// ownCaller returns the client that a token names, as a Caller.
func (a *Authority) ownCaller(ctx context.Context, claims jwt.Object, org string) (Caller, error) {
	id := claims.Text("azp")
	if id == "" {
		id = claims.Text("appid")
	}
	client, err := a.Clients.Client(ctx, id)
	if errors.Is(err, database.ErrNotFound) || err == nil && client.Organization != org {
		return Caller{}, refused("its client was removed")
	}
	if err != nil {
		return Caller{}, err
	}
	caller := CallerOf(client)
	granted := claims.Texts("roles")
	caller.Permissions = slices.DeleteFunc(caller.Permissions,
		func(p Permission) bool { return !slices.Contains(granted, string(p)) })
	return caller, nil
}

// CallerOf returns a client as a Caller, with all its permissions.
func CallerOf(c access.Client) Caller {
	caller := Caller{Organization: c.Organization, ID: c.ID, Name: c.Name, AllGroups: c.AllGroups, Groups: c.Groups,
		Device: c.Device, NamedGroup: c.NamedGroup, Trusts: c.Trusts}
	for _, p := range c.Permissions {
		caller.Permissions = append(caller.Permissions, Permission(p))
	}
	return caller
}

// checkForeign checks a token of a trusted issuer.
func (a *Authority) checkForeign(ctx context.Context, issuer *remote, token *jwt.Token) (Caller, error) {
	if !slices.ContainsFunc(token.Claims.Audience(),
		func(aud string) bool { return slices.Contains(issuer.Audiences, aud) }) {
		return Caller{}, refused("its audience is not this server")
	}
	if _, err := token.CheckTimes(a.Clock()); err != nil {
		return Caller{}, refused("%w", err)
	}
	if err := issuer.known.Verify(ctx, token, a.Clock()); errors.Is(err, jwt.ErrUnavailable) {
		return Caller{}, err
	} else if err != nil {
		return Caller{}, refused("%w", err)
	}
	caller, err := issuer.caller(token.Claims)
	if err != nil {
		return Caller{}, refused("%w", err)
	}
	return caller, nil
}
