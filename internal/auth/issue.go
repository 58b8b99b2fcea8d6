package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
)

// TokenReply is the reply to a token call.
type TokenReply struct {
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`     // seconds
	ExtExpiresIn int    `json:"ext_expires_in"` // seconds
	// Only the older call has these: seconds since 1970 as text.
	ExpiresOn   string `json:"expires_on,omitempty"`
	NotBefore   string `json:"not_before,omitempty"`
	Resource    string `json:"resource,omitempty"`
	AccessToken string `json:"access_token"`
	// Client is the client that got the token.
	Client access.Client `json:"-"`
}

// tokenClaims are the claims of a token, as Entra ID names them (doc/decision/0020).
type tokenClaims struct {
	Audience string   `json:"aud"`
	Issuer   string   `json:"iss"`
	IssuedAt int64    `json:"iat"`
	Begin    int64    `json:"nbf"`
	Expires  int64    `json:"exp"`
	AppID    string   `json:"appid,omitempty"`    // version 1.0
	AppProof string   `json:"appidacr,omitempty"` // version 1.0
	AzP      string   `json:"azp,omitempty"`      // version 2.0
	AzPProof string   `json:"azpacr,omitempty"`   // version 2.0
	Name     string   `json:"app_displayname,omitempty"`
	Kind     string   `json:"idtyp"`
	Object   string   `json:"oid"`
	Roles    []string `json:"roles"`
	Subject  string   `json:"sub"`
	Tenant   string   `json:"tid"`
	ID       string   `json:"uti"`
	Version  string   `json:"ver"`
}

// The values of appidacr and azpacr: how the client authenticated.
const (
	bySecret    = "1"
	byAssertion = "2"
)

// Token issues a token to a client that authenticates. A *Refusal is for the client; any other
// error is the server's own.
func (a *Authority) Token(ctx context.Context, r TokenRequest) (TokenReply, error) {
	org, err := a.organization(ctx, r.Tenant)
	if errors.Is(err, database.ErrNotFound) {
		return TokenReply{}, UnknownTenant(r.Tenant)
	}
	if err != nil {
		return TokenReply{}, err
	}
	if err := admitForm(r); err != nil {
		return TokenReply{}, err
	}
	client, proof, err := a.authenticate(ctx, r, org)
	if err != nil {
		return TokenReply{}, err
	}
	resource, err := a.resource(r, org)
	if err != nil {
		return TokenReply{}, err
	}
	return a.issue(client, proof, resource, r)
}

// admitForm refuses forms that are not a token call of a client.
func admitForm(r TokenRequest) error {
	for name, values := range r.Form {
		if len(values) > 1 {
			return MalformedRequest(fmt.Sprintf("the parameter '%s' is given more than once", jwt.Printable(name)))
		}
	}
	switch grant := r.Form.Get("grant_type"); {
	case grant == "":
		return missingParameter("grant_type")
	case grant != "client_credentials":
		return badRequest("unsupported_grant_type", 70003,
			"grant_type is '%s', must be client_credentials.", jwt.Printable(grant))
	}
	return nil
}

// authenticate returns the client that sent the request. A client of another organization gets
// the same error as one that does not exist.
func (a *Authority) authenticate(ctx context.Context, r TokenRequest,
	org string) (c access.Client, proof string, err error) {
	id, secret := r.Form.Get("client_id"), r.Form.Get("client_secret")
	if r.HasBasic && secret == "" {
		user := fromBasic(r.BasicUser)
		if id != "" && !strings.EqualFold(id, user) {
			return c, "", MalformedRequest("client_id and the user of the Authorization header differ")
		}
		id, secret = user, fromBasic(r.BasicPassword)
	}
	if id == "" {
		return c, "", missingParameter("client_id")
	}
	assertion := r.Form.Get("client_assertion")
	if secret == "" && assertion == "" {
		return c, "", badClient(7000216, "The request has no credential: client_secret or client_assertion is required.")
	}
	c, credentials, err := a.client(ctx, id, org)
	switch {
	case err != nil:
		return c, "", err
	case assertion != "":
		return c, byAssertion, a.checkAssertion(ctx, r, c, credentials)
	}
	return c, bySecret, checkSecret(c, credentials, secret, a.Clock())
}

// client reads a client and its credentials.
func (a *Authority) client(ctx context.Context, id, org string) (access.Client, []access.Credential, error) {
	c, err := a.Clients.Client(ctx, strings.ToLower(id))
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return access.Client{}, nil, err
	}
	// read also if there is no such client, so that the time does not tell
	credentials, failed := a.Clients.ClientCredentials(ctx, strings.ToLower(id))
	if err != nil || c.Organization != org {
		return access.Client{}, nil, unknownClient(id, org)
	}
	return c, credentials, failed
}

func checkSecret(c access.Client, credentials []access.Credential, secret string, now time.Time) error {
	found, valid := matchSecret(credentials, secret, now)
	switch {
	case valid:
		return nil
	case found:
		return badClient(7000222, "The secret of application '%s' has expired. Make a new one: muster client rotate.", c.ID)
	}
	return badClient(7000215, "Invalid client secret provided. It is not a secret of application '%s': "+
		"send the whole secret, not its id or first characters.", c.ID)
}

// resource returns the resource that the token is for. A scope may have the suffix /.default.
// Scopes of OpenID Connect, which some libraries add to every request, are ignored.
func (a *Authority) resource(r TokenRequest, org string) (string, error) {
	name, asked := "scope", r.Form.Get("scope")
	if resource := r.Form.Get("resource"); asked == "" || r.V1 && resource != "" {
		asked = resource
		if r.V1 {
			name = "resource"
		}
	}
	scopes := slices.DeleteFunc(strings.Fields(asked), func(s string) bool {
		return slices.Contains([]string{"openid", "offline_access", "profile", "email"}, s)
	})
	switch {
	case len(scopes) == 0:
		return "", missingParameter(name)
	case len(scopes) > 1:
		return "", badRequest("invalid_scope", 70011,
			"The parameter '%s' must be one resource, such as %s/.default, not '%s'.", name,
			DefaultResources()[0], jwt.Printable(asked))
	}
	resource := normalResource(strings.TrimSuffix(scopes[0], ".default"))
	switch {
	case a.isResource(resource, r.Origin):
		return resource, nil
	case a.isWithinResource(resource, r.Origin):
		return "", badRequest("invalid_scope", 1002012, "The scope %s is a single permission. An application gets "+
			"all its permissions: ask for the resource with /.default.", jwt.Printable(scopes[0]))
	}
	return "", badRequest("invalid_resource", 500011, "There is no resource %s in tenant %s. "+
		"The server's settings list the resources.", jwt.Printable(scopes[0]), org)
}

// isWithinResource tells whether a name is a resource with one of its permissions. Applications
// cannot ask for single permissions.
func (a *Authority) isWithinResource(name, origin string) bool {
	at := strings.LastIndexByte(name, '/')
	return at > 0 && a.isResource(strings.TrimRight(name[:at], "/"), origin)
}

// issue signs the token.
func (a *Authority) issue(c access.Client, proof, resource string, r TokenRequest) (TokenReply, error) {
	now := a.Clock().UTC().Truncate(time.Second)
	id, err := uuid.NewRandomFromReader(a.Keys.Random)
	if err != nil {
		return TokenReply{}, fmt.Errorf("naming a token: %w", err)
	}
	claims := tokenClaims{Audience: resource, IssuedAt: now.Unix(), Begin: now.Unix(), Expires: now.Add(tokenLife).Unix(),
		Name: c.Name, Kind: "app", Object: c.ID, Roles: c.Permissions, Subject: c.ID,
		Tenant: c.Organization, ID: id.String()}
	reply := TokenReply{TokenType: "Bearer", ExpiresIn: int(tokenLife.Seconds()),
		ExtExpiresIn: int(tokenLife.Seconds()), Client: c}
	if r.V1 {
		claims.Version, claims.Issuer, claims.AppID, claims.AppProof = "1.0", issuerV1(r.Origin, c.Organization), c.ID, proof
		reply.ExpiresOn, reply.NotBefore = strconv.FormatInt(claims.Expires, 10), strconv.FormatInt(claims.Begin, 10)
		reply.Resource = resource
	} else {
		claims.Version, claims.Issuer, claims.AzP, claims.AzPProof = "2.0", issuerV2(r.Origin, c.Organization), c.ID, proof
	}
	reply.AccessToken, err = sign(a.Keys.signer(), claims)
	return reply, err
}

// sign makes a signed JWT.
func sign(key tokenKey, claims tokenClaims) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("writing a token: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256,
		Key: jose.JSONWebKey{Key: key.private, KeyID: key.id}},
		new(jose.SignerOptions).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed.CompactSerialize()
}
