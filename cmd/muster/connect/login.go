package connect

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// The variables with the credentials for a server. They are not flags, because everybody on
// the machine can see a command line.
const (
	TokenVariable  = "MUSTER_TOKEN"
	TenantVariable = "MUSTER_TENANT_ID"
	ClientVariable = "MUSTER_CLIENT_ID"
	SecretVariable = "MUSTER_CLIENT_SECRET"
)

// byVariables names the variables of a client in messages.
const byVariables = TenantVariable + ", " + ClientVariable + " and " + SecretVariable

// chosen is who a command is to a server, and why.
type chosen struct {
	login *control.Login
	// from names where that stands, and instead what else is there and is not used.
	from    string
	instead []string
	// token is that of MUSTER_TOKEN.
	token string
}

// choose takes the credentials for a server from the first of: MUSTER_TOKEN, the three variables of
// a client, the stored login for the server. It makes sure that they are not sent unprotected.
func choose(base *url.URL, secrecy console.Secrecy, stored *Logins) (chosen, error) {
	var all []chosen
	if token := strings.TrimSpace(os.Getenv(TokenVariable)); token != "" {
		all = append(all, chosen{login: control.LoginByToken(token), from: TokenVariable, token: token})
	}
	client, err := ClientOfVariables()
	if err != nil && len(all) == 0 { // half a client beside a token is not used
		return chosen{}, err
	}
	if client != nil {
		all = append(all, chosen{login: client.login(), from: byVariables})
	}
	if who, ok := stored.Servers[base.String()]; ok {
		all = append(all, chosen{login: who.login(), from: fmt.Sprintf("the stored login (client %s)", who.ClientID)})
	}
	if len(all) == 0 {
		return chosen{}, nil
	}
	first := all[0]
	for _, other := range all[1:] {
		first.instead = append(first.instead, other.from)
	}
	return first, secrecy.Check(base)
}

// ClientOfVariables returns the client that the variables name, nil if none is set.
func ClientOfVariables() (*Identity, error) {
	i := &Identity{TenantID: os.Getenv(TenantVariable), ClientID: os.Getenv(ClientVariable),
		ClientSecret: strings.TrimSpace(os.Getenv(SecretVariable))}
	var lacking []string
	for _, one := range [][2]string{{TenantVariable, i.TenantID}, {ClientVariable, i.ClientID},
		{SecretVariable, i.ClientSecret}} {
		if one[1] == "" {
			lacking = append(lacking, one[0])
		}
	}
	switch len(lacking) {
	case 0:
		return i, nil
	case 3:
		return nil, nil
	}
	return nil, console.Usage("%s belong together: %s is not set", byVariables, strings.Join(lacking, ", "))
}

// explain says of a refusal whose credentials were refused, if that is not plain: those of
// MUSTER_TOKEN age, and any may hide better ones.
func (c *chosen) explain(err error) error {
	var reply *control.Error
	if !errors.As(err, &reply) || reply.Status != http.StatusUnauthorized && reply.Status != http.StatusForbidden {
		return err
	}
	switch {
	case c.login == nil && reply.Status == http.StatusUnauthorized:
		return plain.Hinted(err, "set %s, or %s, or run muster login; muster client add makes a client", TokenVariable, byVariables)
	case c.login == nil, reply.Status == http.StatusForbidden && len(c.instead) == 0:
		return err
	case c.token != "":
		return fmt.Errorf("%s: %w", c.told(), err)
	case len(c.instead) > 0:
		return plain.Hinted(err, "%s are used and not %s", c.from, strings.Join(c.instead, ", or "))
	}
	return err
}

// told names the token, until when it was valid, and what it hides.
func (c *chosen) told() string {
	text := "the token of " + TokenVariable
	if end, ok := Expiry(c.token); ok && time.Now().After(end) {
		text += ", which expired at " + console.Instant(end) + ","
	}
	if len(c.instead) > 0 {
		text += " is used and not " + strings.Join(c.instead, ", or ")
	}
	return text
}

// Expiry returns when a token expires, if it is a JSON web token that says so (RFC 7519, section
// 4.1.4). Its signature is not checked.
func Expiry(token string) (end time.Time, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return end, false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return end, false
	}
	var claims struct {
		Expires *float64 `json:"exp"`
	}
	if json.Unmarshal(text, &claims) != nil || claims.Expires == nil {
		return end, false
	}
	return time.Unix(int64(*claims.Expires), 0), true
}
