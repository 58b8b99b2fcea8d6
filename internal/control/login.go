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

// Resource is the resource of tokens for a server's own calls. Clients need not know the
// server's public address for it.
const Resource = "api://muster"

// TokenScope is the scope of such a token.
const TokenScope = Resource + "/.default"

// tokenMargin is how long before its expiry a token is replaced.
const tokenMargin = 2 * time.Minute

// Login is a token, or a client that gets tokens with its secret. A nil Login sends no token.
type Login struct {
	tenant, client, secret string

	mu      sync.Mutex
	token   string
	expires time.Time // of a token that the secret got
}

// LoginByToken returns a login with a token. With "" it sends no token.
func LoginByToken(token string) *Login { return &Login{token: token} }

// LoginBySecret returns a login of a client of a tenant with its secret.
func LoginBySecret(tenant, client, secret string) *Login {
	return &Login{tenant: tenant, client: client, secret: secret}
}

// authorize returns the token to send, "" for none. send requests another one.
func (l *Login) authorize(ctx context.Context,
	send func(ctx context.Context, c Call, token string, into any) error) (token string, err error) {
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

// call returns the request for a token.
func (l *Login) call() Call {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {l.client},
		"client_secret": {l.secret}, "scope": {TokenScope}}
	return Call{Method: http.MethodPost, Path: "/" + url.PathEscape(l.tenant) + "/oauth2/v2.0/token",
		ContentType: "application/x-www-form-urlencoded",
		Body:        func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(form.Encode())), nil }}
}

// forget drops a token that a server refused, and tells whether it can get another.
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
