package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
)

// Config configures an Authority. Clients, Organizations, Keys and Clock are required.
type Config struct {
	Clients       *access.Store
	Organizations *organization.Store
	Keys          *Keyring
	// Resources are resources that clients may ask tokens for, besides the server's own
	// address: DefaultResources if nil.
	Resources []string
	// Trusted are other issuers whose tokens and assertions are accepted.
	Trusted []TrustedIssuer
	// Client fetches from those: http.DefaultTransport's if nil. Its Timeout and redirects
	// are not used.
	Client *http.Client
	Clock  func() time.Time
}

// Authority issues and checks tokens. It is safe for concurrent use.
type Authority struct {
	Config
	resources []string // in the form of normalResource
	trusted   map[string]*remote
}

// OwnResource is the resource of tokens for this program's own commands. They need not know
// the server's address or its other resources.
const OwnResource = "api://muster"

// DefaultResources are the resources of tokens for the export calls: contract.md, section 6.
func DefaultResources() []string {
	return []string{
		"https://api.securitycenter.microsoft.com",
		"https://api.security.microsoft.com",
		"https://securitycenter.onmicrosoft.com/windowsatpservice",
	}
}

// New returns an Authority. It fetches nothing from other issuers until one of their tokens
// comes.
func New(ctx context.Context, c Config) (*Authority, error) {
	if c.Clients == nil || c.Organizations == nil || c.Keys == nil || c.Clock == nil {
		return nil, errors.New("making an authority: clients, organizations, keys and clock are needed")
	}
	if c.Resources == nil {
		c.Resources = DefaultResources()
	}
	a := &Authority{Config: c, resources: []string{OwnResource}, trusted: map[string]*remote{}}
	for _, r := range c.Resources {
		a.resources = append(a.resources, normalResource(r))
	}
	for _, t := range c.Trusted {
		known, err := a.newRemote(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("trusting issuer %q: %w", t.Issuer, err)
		}
		a.trusted[t.Issuer] = known
	}
	return a, nil
}

// normalResource is the form in which resources are compared.
func normalResource(name string) string { return strings.TrimRight(strings.ToLower(name), "/") }

// isResource tells whether a name, in its normal form, is a resource of the server at origin.
// Scheme and case of an origin do not matter: behind a proxy the server may not know them.
func (a *Authority) isResource(name, origin string) bool {
	return slices.Contains(a.resources, name) || hostOf(name) != "" && hostOf(name) == hostOf(normalResource(origin))
}

// hostOf returns the host of a URL that has only scheme and host; "" for others.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return ""
	}
	return u.Host
}

// organization returns the GUID of a tenant, given in any case. The error is
// database.ErrNotFound if there is no such organization.
func (a *Authority) organization(ctx context.Context, tenant string) (string, error) {
	org, err := a.Organizations.ByID(ctx, strings.ToLower(tenant))
	return org.ID, err
}

// The addresses of an organization's tenant below an origin, as Entra ID has
// them.
func issuerV1(origin, org string) string { return origin + "/" + org + "/" }
func issuerV2(origin, org string) string { return origin + "/" + org + "/v2.0" }
func tokenV1(origin, org string) string  { return origin + "/" + org + "/oauth2/token" }
func tokenV2(origin, org string) string  { return origin + "/" + org + "/oauth2/v2.0/token" }

// isTenantAddress tells whether an address names a tenant: one of its issuers or token calls.
func isTenantAddress(address, origin, org string) bool {
	for _, known := range []string{tokenV2(origin, org), tokenV1(origin, org),
		issuerV2(origin, org), issuerV1(origin, org)} {
		if strings.EqualFold(strings.TrimRight(address, "/"), strings.TrimRight(known, "/")) {
			return true
		}
	}
	return false
}

// newRemote resolves the names of an issuer's groups. It makes groups that do not exist,
// empty, so that they have numbers.
func (a *Authority) newRemote(ctx context.Context, t TrustedIssuer) (*remote, error) {
	base := http.DefaultTransport
	if a.Client != nil && a.Client.Transport != nil {
		base = a.Client.Transport
	}
	r := &remote{t, jwt.NewIssuer(t.Issuer, base, a.Clock, nil), map[string]map[string][]int64{}}
	for _, org := range t.organizations() {
		if _, err := a.Organizations.ByID(ctx, org); err != nil {
			return nil, err
		}
		r.groups[org] = map[string][]int64{}
		for _, value := range slices.Sorted(maps.Keys(t.Groups)) {
			ids, _, err := a.Organizations.EnsureGroups(ctx, org, t.Groups[value])
			if err != nil {
				return nil, err
			}
			r.groups[org][value] = ids
		}
	}
	return r, nil
}
