package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/auth"
)

// The variables that say who asks a server. They are no flags, because what is
// on a command line can be seen by everybody on the machine.
const (
	tokenVariable  = "MUSTER_TOKEN"
	tenantVariable = "MUSTER_TENANT_ID"
	clientVariable = "MUSTER_CLIENT_ID"
	secretVariable = "MUSTER_CLIENT_SECRET"
)

// tokenScope is what the program asks tokens for, and tokenMargin is how long
// before its end a token is not used any more.
const (
	tokenScope  = auth.OwnResource + "/.default"
	tokenMargin = 2 * time.Minute
)

// errLogin says that a server gave no token.
var errLogin = errors.New("logging in")

// login is who the program is to a server: by a token that it was given, or by
// a client's secret, which it trades for tokens. A nil login is nobody.
type login struct {
	tenant, client, secret string

	mu      sync.Mutex
	token   string
	expires time.Time // of a token that was traded
}

// loginOf reads who asks from variables; nil where they do not say.
func loginOf(variable func(string) string) (*login, error) {
	if token := strings.TrimSpace(variable(tokenVariable)); token != "" {
		return &login{token: token}, nil
	}
	l := &login{tenant: variable(tenantVariable), client: variable(clientVariable), secret: strings.TrimSpace(variable(secretVariable))}
	var lacking []string
	for name, value := range map[string]string{tenantVariable: l.tenant, clientVariable: l.client, secretVariable: l.secret} {
		if value == "" {
			lacking = append(lacking, name)
		}
	}
	switch len(lacking) {
	case 0:
		return l, nil
	case 3:
		return nil, nil
	}
	return nil, usage("%s, %s and %s belong together: %s is not set", tenantVariable, clientVariable, secretVariable, strings.Join(lacking, ", "))
}

// secrecy is the flag of commands that send secrets.
type secrecy struct {
	InsecureHTTP bool `name:"insecure-http" env:"MUSTER_INSECURE_HTTP" help:"Send tokens and secrets to other machines without TLS, too."`
}

// check refuses an address to which secrets would travel for all to read.
func (s secrecy) check(base *url.URL) error {
	if host := base.Hostname(); s.InsecureHTTP || base.Scheme == "https" || host == "localhost" || isLoopback(host) {
		return nil
	}
	return hinted(usage("refusing to send secrets to %s without TLS", base), "--server https://…, or --insecure-http where the network is trusted")
}

// login reads who asks, and makes sure that no one on the way learns how to be
// them.
func (s *stateFlags) login(base *url.URL) (*login, error) {
	l, err := loginOf(os.Getenv)
	if err != nil || l == nil {
		return nil, err
	}
	return l, s.secrecy.check(base)
}

// authorize returns the token to send; there is none for nobody.
func (l *login) authorize(ctx context.Context, s *state) (token string, err error) {
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
	if err := s.send(ctx, l.call(), "", &reply); err != nil {
		return "", fmt.Errorf("%w: %w", errLogin, err)
	}
	l.token, l.expires = reply.Token, time.Now().Add(time.Duration(reply.ExpiresIn)*time.Second)
	return l.token, nil
}

// call is the request for a token.
func (l *login) call() call {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {l.client}, "client_secret": {l.secret}, "scope": {tokenScope}}
	return call{method: http.MethodPost, path: "/" + url.PathEscape(l.tenant) + "/oauth2/v2.0/token",
		contentType: "application/x-www-form-urlencoded",
		body:        func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(form.Encode())), nil }}
}

// forget drops a token that a server refused, and tells whether another can be
// had.
func (l *login) forget(token string) bool {
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
