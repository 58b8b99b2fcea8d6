package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// providerLife is how long an issuer's discovery document is used until it is read again.
	providerLife = 24 * time.Hour
	// fetchTimeout is the time limit of one request to an issuer.
	fetchTimeout = 10 * time.Second
)

// remote is a trusted issuer and its keys (doc/decision/0021).
type remote struct {
	TrustedIssuer
	// groups are the ids of RBAC groups, by organization and value of the claim.
	groups map[string]map[string][]int64
	client *http.Client

	asking sync.Mutex // held while the discovery document is read
	said   atomic.Pointer[said]
}

// said is what an issuer's discovery document said.
type said struct {
	keys  oidc.KeySet
	until time.Time // when to read it again
}

// ErrUnavailable: the issuer of a token cannot be asked for its keys for now.
var ErrUnavailable = errors.New("the issuer of the token cannot be reached")

// refuseRedirect does not follow redirects of an issuer.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// signatures are the algorithms that issuers may sign with: none with a shared secret, and not
// "none".
func signatures() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256,
		oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// verify checks the issuer's signature; the caller checks times and audience. The error is
// ErrUnavailable if the keys of the issuer are not known.
func (r *remote) verify(ctx context.Context, token *compact, now time.Time) error {
	if !slices.Contains(signatures(), token.header.text("alg")) {
		return fmt.Errorf("algorithm %q is not allowed", printable(token.header.text("alg")))
	}
	keys, err := r.keys(ctx, now)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	witness := &witness{keys: keys}
	verifier := oidc.NewVerifier(r.Issuer, witness,
		&oidc.Config{SkipClientIDCheck: true, SkipExpiryCheck: true, SupportedSigningAlgs: signatures()})
	_, err = verifier.Verify(ctx, token.text)
	switch {
	case err == nil:
		return nil
	case errors.Is(witness.err, errFetch):
		return fmt.Errorf("%w: %w", ErrUnavailable, witness.err)
	}
	return errors.New("wrong signature, or its key is not one of the issuer's")
}

// witness remembers why a signature was not accepted: go-oidc keeps only the text.
type witness struct {
	keys oidc.KeySet
	err  error
}

// VerifySignature implements oidc.KeySet.
func (w *witness) VerifySignature(ctx context.Context, jwt string) (payload []byte, err error) {
	payload, w.err = w.keys.VerifySignature(ctx, jwt)
	return payload, w.err
}

// keys returns the issuer's keys, and reads the discovery document if that is due. While another
// request reads it, and while the issuer does not answer, the last document is used.
func (r *remote) keys(ctx context.Context, now time.Time) (oidc.KeySet, error) {
	before := r.said.Load()
	if before == nil {
		r.asking.Lock()
	} else if now.Before(before.until) || !r.asking.TryLock() {
		return before.keys, nil
	}
	defer r.asking.Unlock()
	if by := r.said.Load(); by != before {
		return by.keys, nil // another request has read it
	}
	keys, err := r.discover(ctx)
	switch {
	case err == nil:
		r.said.Store(&said{keys, now.Add(providerLife)})
	case before != nil:
		return before.keys, nil
	}
	return keys, err
}

// discover reads the address of the issuer's keys: OpenID Connect Discovery, section 4.
func (r *remote) discover(ctx context.Context) (oidc.KeySet, error) {
	// other requests may wait for the result, even if the client of this one leaves
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), r.client)
	provider, err := oidc.NewProvider(ctx, r.Issuer)
	if err != nil {
		return nil, err
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, fmt.Errorf("reading its discovery document: %w", err)
	}
	return oidc.NewRemoteKeySet(ctx, document.Keys), nil
}

// caller returns the caller that the claims of a token name.
func (r *remote) caller(claims object) (Caller, error) {
	application := cmp.Or(claims.text("appid"), claims.text("azp"), claims.text("client_id"))
	if len(r.Applications) > 0 && !slices.Contains(r.Applications, application) {
		return Caller{}, fmt.Errorf("application %q is not allowed", printable(application))
	}
	org, ok := r.Organization, true
	if org == "" {
		org, ok = r.Organizations[claims.text("tid")]
	}
	if !ok {
		return Caller{}, fmt.Errorf("tenant %q has no organization here", printable(claims.text("tid")))
	}
	caller := Caller{Organization: org, AllGroups: r.AllGroups, Groups: r.visibleGroups(claims, org),
		ID:   printable(cmp.Or(application, claims.text("sub"))),
		Name: printable(cmp.Or(claims.text("app_displayname"), application, claims.text("sub")))}
	if delegated := claims.texts(r.DelegatedClaim); len(delegated) > 0 {
		caller.Delegated, caller.Permissions = true, delegatedPermissions(delegated)
		caller.ID = printable(cmp.Or(claims.text("oid"), claims.text("sub"), application))
		caller.Name = printable(cmp.Or(claims.text("preferred_username"), claims.text("upn"),
			claims.text("name"), caller.ID))
		return caller, nil
	}
	caller.Permissions = r.permissions(claims.texts(r.PermissionClaim))
	return caller, nil
}

// permissions maps the values of a claim to permissions.
func (r *remote) permissions(values []string) []Permission {
	var all []Permission
	for _, v := range values {
		switch {
		case r.Permissions != nil:
			all = append(all, r.Permissions[v]...)
		case IsPermission(Permission(v)):
			all = append(all, Permission(v))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// delegatedPermissions maps scopes to permissions.
func delegatedPermissions(scopes []string) []Permission {
	var all []Permission
	for _, p := range Permissions() {
		if p.Delegated() != "" && slices.ContainsFunc(scopes,
			func(s string) bool { return strings.EqualFold(s, p.Delegated()) }) {
			all = append(all, p)
		}
	}
	return all
}

// visibleGroups maps the values of a claim to ids of groups, in ascending order.
func (r *remote) visibleGroups(claims object, org string) []int64 {
	if r.AllGroups {
		return nil
	}
	ids := []int64{}
	for _, value := range claims.texts(r.GroupClaim) {
		ids = append(ids, r.groups[org][value]...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
