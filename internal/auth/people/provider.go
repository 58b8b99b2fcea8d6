package people

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
)

// Config is what a Provider needs. All fields are required, but Secret and Client.
type Config struct {
	Settings *Settings
	// Secret proves this server to the provider; "" for a public client.
	Secret        string
	Organizations *organization.Store
	Access        *access.Store
	Keys          *auth.Keyring
	// Client calls the provider: http.DefaultTransport's if nil. Its Timeout and redirects are not used.
	Client *http.Client
	Clock  func() time.Time
}

// maxCalls is how many sign-ins call the provider at a time. Others wait, at most as long as for the provider, and
// networks take turns: anybody can bring codes that are worth nothing, and keep the provider busy with them.
const maxCalls = 32

// Provider signs people in by one version of the settings.
type Provider struct {
	Config
	mapping *mapping
	issuer  *jwt.Issuer
	client  *http.Client
	calls   *fair.Gate // of networks
}

// New returns a provider. It calls nobody: that waits for the first sign-in.
func New(ctx context.Context, c Config) (*Provider, error) {
	m, err := newMapping(ctx, c.Settings, c.Organizations)
	if err != nil {
		return nil, err
	}
	var base http.RoundTripper = http.DefaultTransport
	if c.Client != nil && c.Client.Transport != nil {
		base = c.Client.Transport
	}
	p := &Provider{Config: c, mapping: m, calls: fair.NewGate(maxCalls, 1)}
	p.issuer = jwt.NewIssuer(c.Settings.Issuer, base, c.Clock, p.admit)
	p.client = &http.Client{Transport: &narrow{base, p.allow}, Timeout: jwt.FetchTimeout,
		CheckRedirect: jwt.RefuseRedirect}
	return p, nil
}

// admit refuses a discovery document that would make this server, or a browser, call other hosts than the settings
// name.
func (p *Provider) admit(d *jwt.Document) error {
	needed := map[string]string{"authorization_endpoint": d.Authorization, "token_endpoint": d.Token, "jwks_uri": d.Keys}
	if p.Settings.UserInfo {
		needed["userinfo_endpoint"] = d.UserInfo
	}
	for name, address := range needed {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
			return fmt.Errorf("its discovery document has no usable %s", name)
		}
		if err := p.allow(u); err != nil {
			return fmt.Errorf("its discovery document: %s: %w", name, err)
		}
	}
	if len(d.Challenges) > 0 && !slices.Contains(d.Challenges, "S256") {
		return errors.New("it does not support PKCE with S256")
	}
	return nil
}

// allow refuses addresses that are not the issuer's, nor at a host that the settings name.
func (p *Provider) allow(u *url.URL) error {
	issuer, err := url.Parse(p.Settings.Issuer)
	if err != nil {
		return err
	}
	if strings.EqualFold(u.Host, issuer.Host) && u.Scheme == issuer.Scheme {
		return nil
	}
	if u.Scheme == "https" && slices.Contains(p.Settings.Hosts, strings.ToLower(u.Host)) {
		return nil
	}
	return fmt.Errorf("%q is not at the issuer's host; the setting hosts may allow others", jwt.Printable(u.Redacted()))
}

// begins takes one of the places of those who call the provider; ends gives it back.
func (p *Provider) begins(ctx context.Context, network netip.Prefix) (ends func(), err error) {
	waits, cancel := context.WithTimeout(ctx, jwt.FetchTimeout)
	defer cancel()
	of := network.String()
	if err := p.calls.Enter(waits, of, "", 1); err != nil {
		return nil, fmt.Errorf("%w: sign-ins wait for it already: %w", ErrUnreachable, err)
	}
	return func() { p.calls.Leave(of) }, nil
}

// document returns the provider's discovery document.
func (p *Provider) document(ctx context.Context) (*jwt.Document, error) {
	found, err := p.issuer.Document(ctx, p.Clock())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return found, nil
}

// flow returns the client of the flow, whose answers come to an origin of this server.
func (p *Provider) flow(d *jwt.Document, origin string) *oauth2.Config {
	style := oauth2.AuthStyleInHeader // the default: OpenID Connect Discovery, section 3
	if p.Secret == "" || len(d.Proofs) > 0 && !slices.Contains(d.Proofs, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: p.Settings.ClientID, ClientSecret: p.Secret, RedirectURL: origin + CallbackPath,
		Scopes:   p.Settings.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: d.Authorization, TokenURL: d.Token, AuthStyle: style}}
}

// CallbackPath is where browsers come back to. The provider must know it, below the server's address.
const CallbackPath = "/sign-in/callback"
