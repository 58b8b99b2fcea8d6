package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Resource is what clients of a server's own calls ask tokens for: they need not
// know under which address the server is known.
const Resource = "api://muster"

// TokenScope is the scope of such a token.
const TokenScope = Resource + "/.default"

// tokenMargin is how long before its end a token is not used any more.
const tokenMargin = 2 * time.Minute

// Login is who asks: whoever a token names, or a client that trades its secret
// for tokens. A nil Login is nobody.
type Login struct {
	tenant, client, secret string

	mu      sync.Mutex
	token   string
	expires time.Time // of a token that was traded
}

// LoginByToken is whoever a token names. An empty one is nobody.
func LoginByToken(token string) *Login { return &Login{token: token} }

// LoginBySecret is a client of a tenant with its secret.
func LoginBySecret(tenant, client, secret string) *Login {
	return &Login{tenant: tenant, client: client, secret: secret}
}

// authorize returns the token to send; there is none for nobody. send is what asks
// for another one.
func (l *Login) authorize(ctx context.Context, send func(ctx context.Context, c Call, token string, into any) error) (token string, err error) {
	if l == nil {
		return "", nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.secret == "" || l.token != "" && time.Until(l.expires) > tokenMargin {
		return l.token, nil
	}
	var reply struct {
		Token     string `json:"access_token"`
		ExpiresIn int64  `json:"expires_in"`
	}
	if err := send(ctx, l.call(), "", &reply); err != nil {
		return "", fmt.Errorf("%w: %w", ErrLogin, err)
	}
	l.token, l.expires = reply.Token, time.Now().Add(time.Duration(reply.ExpiresIn)*time.Second)
	return l.token, nil
}

// call is the request for a token.
func (l *Login) call() Call {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {l.client}, "client_secret": {l.secret}, "scope": {TokenScope}}
	return Call{Method: http.MethodPost, Path: "/" + url.PathEscape(l.tenant) + "/oauth2/v2.0/token",
		ContentType: "application/x-www-form-urlencoded",
		Body:        func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(form.Encode())), nil }}
}

// forget drops a token that a server refused, and tells whether another can be
// had.
func (l *Login) forget(token string) bool {
	if l == nil || l.secret == "" {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token == token {
		l.token = ""
	}
	return true
}
