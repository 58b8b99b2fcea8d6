package access

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/database"
)

const (
	// maxTokenForm is the largest body of a token call, in bytes.
	maxTokenForm = 64 << 10
	// tenantPattern begins the addresses of an organization's token calls.
	tenantPattern = "/{tenant}/"
)

// tokenForm is the body of a token call. It is only used for the description.
type tokenForm struct {
	GrantType     string `json:"grant_type"`
	Scope         string `json:"scope,omitempty"`
	Resource      string `json:"resource,omitempty"`
	ClientID      string `json:"client_id,omitempty"` // absent with HTTP Basic
	ClientSecret  string `json:"client_secret,omitempty"`
	AssertionType string `json:"client_assertion_type,omitempty"`
	Assertion     string `json:"client_assertion,omitempty"`
}

// publicKeys is a JSON Web Key Set (RFC 7517) of RSA keys, as package auth
// writes it.
type publicKeys struct {
	Keys []struct {
		Type      string `json:"kty"`
		Use       string `json:"use"`
		Algorithm string `json:"alg"`
		ID        string `json:"kid"`
		Modulus   string `json:"n"`
		Exponent  string `json:"e"`
	} `json:"keys"`
}

// noSuchTenant is the reply of every tenant address for an unknown tenant.
var noSuchTenant = edge.JSONOf[auth.RefusalBody](http.StatusBadRequest, "unknown tenant")

var (
	issuesToken = edge.Description{
		Summary: "Issues a token to a client that authenticates",
		Takes:   []edge.Payload{{Media: "application/x-www-form-urlencoded", Schema: edge.SchemaOf[tokenForm]()}},
		Gives: []edge.Payload{
			edge.JSONOf[auth.TokenReply](http.StatusOK, "the token, valid for an hour"),
			edge.JSONOf[auth.RefusalBody](http.StatusBadRequest, "the request is invalid"),
			edge.JSONOf[auth.RefusalBody](http.StatusUnauthorized, "the client did not authenticate"),
			edge.JSONOf[auth.RefusalBody](http.StatusTooManyRequests, "the client failed, or asked, too often from this address"),
		},
	}
	discovers = edge.Description{
		Summary: "Description of a tenant's token call: OpenID Connect Discovery",
		Gives:   []edge.Payload{edge.JSONOf[auth.Discovery](http.StatusOK, "the discovery document"), noSuchTenant},
	}
	showsKeys = edge.Description{
		Summary: "The public keys that check tokens",
		Gives:   []edge.Payload{edge.JSONOf[publicKeys](http.StatusOK, "a JSON Web Key Set"), noSuchTenant},
	}
)

// tokens handles the token calls.
type tokens struct {
	authority *auth.Authority
	origins   *edge.Origins
	failures  *edge.Failures // failed authentications
	given     *edge.Failures // tokens
	clock     func() time.Time
}

// issue returns the handler of the token call of contract.md, section 6; v1 is the older call.
func (t *tokens) issue(v1 bool) edge.Handler {
	return func(w *edge.Response, r *edge.Request) error {
		form, err := readForm(w, r)
		if err != nil {
			return t.refuse(w, r, "", err)
		}
		asked := auth.TokenRequest{Tenant: r.PathValue("tenant"), V1: v1, Form: form, Origin: t.origins.Of(r.Request)}
		asked.Unbound = t.origins.Unbound()
		asked.BasicUser, asked.BasicPassword, asked.HasBasic = r.BasicAuth()
		reply, err := t.authority.Token(r.Context(), asked)
		if err != nil {
			return t.refuse(w, r, cmp.Or(form.Get("client_id"), asked.BasicUser), err)
		}
		w.Identify(auth.CallerOf(reply.Client))
		from := edge.AttemptFrom(t.origins.ClientAddress(r.Request), strings.ToLower(reply.Client.ID))
		if wait := t.given.Take(from, t.clock()); wait > 0 {
			return t.refuse(w, r, "", tooMany(w, wait, "Too many tokens were asked for: a token is good for an hour."))
		}
		w.Header().Set("Pragma", "no-cache") // RFC 6749, section 5.1
		return w.JSON(http.StatusOK, reply)
	}
}

// readForm reads a form, whatever the Content-Type is: RFC 6749, appendix B.
func readForm(w *edge.Response, r *edge.Request) (url.Values, error) {
	text, err := edge.ReadBody(w, r, maxTokenForm)
	switch {
	case edge.IsTooLong(err):
		return nil, auth.MalformedRequest(fmt.Sprintf("the body has more than %d bytes", maxTokenForm))
	case err != nil:
		return nil, err
	case strings.Count(string(text), "&") >= edge.MaxParameters:
		return nil, auth.MalformedRequest(fmt.Sprintf("the body has more than %d parameters", edge.MaxParameters))
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, auth.MalformedRequest("the body is not a form (application/x-www-form-urlencoded)")
	}
	return form, nil
}

// refuse replies why there is no token. A client that fails too often must wait; one with the
// right secret never must.
func (t *tokens) refuse(w *edge.Response, r *edge.Request, client string, err error) error {
	var refusal *auth.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	w.Note(slog.Int("aadsts", refusal.Number))
	if id, err := uuid.Parse(client); err == nil { // else it may be a secret in the wrong place
		w.Note(slog.String("client", id.String()))
	}
	if proves := refusal.Status == http.StatusUnauthorized || refusal.Name == "unauthorized_client"; proves {
		from, now := edge.AttemptFrom(t.origins.ClientAddress(r.Request), strings.ToLower(client)), t.clock()
		if wait := max(t.failures.Count(from, now), t.failures.Wait(from, now)); wait > 0 {
			refusal = tooMany(w, wait, "Too many requests failed.")
		}
	}
	if _, _, basic := r.BasicAuth(); basic && refusal.Status == http.StatusUnauthorized {
		w.Header().Set("Www-Authenticate", `Basic realm="muster"`) // RFC 6749, section 5.2
	}
	w.Header().Set("Pragma", "no-cache")
	return w.JSON(refusal.Status, refusal.Body(w.ID, correlation(r, w.ID), t.clock()))
}

// tooMany returns a refusal with the number of Entra ID for too many requests.
func tooMany(w *edge.Response, wait time.Duration, why string) *auth.Refusal {
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return &auth.Refusal{Status: http.StatusTooManyRequests, Name: "temporarily_unavailable", Number: 90055,
		Message: fmt.Sprintf("%s Try again in %d seconds.", why, seconds)}
}

// correlation returns the id that a client gave its request, a GUID, else otherwise.
func correlation(r *edge.Request, otherwise string) string {
	id, err := uuid.Parse(r.Header.Get("Client-Request-Id"))
	if err != nil {
		return otherwise
	}
	return id.String()
}

// discover returns the handler of a tenant's discovery document; v1 is that of the older call.
func (t *tokens) discover(v1 bool) edge.Handler {
	return func(w *edge.Response, r *edge.Request) error {
		document, err := t.authority.Discovery(r.Context(), t.origins.Of(r.Request), r.PathValue("tenant"), v1)
		if errors.Is(err, database.ErrNotFound) {
			return t.refuse(w, r, "", auth.UnknownTenant(r.PathValue("tenant")))
		}
		if err != nil {
			return err
		}
		return w.JSON(http.StatusOK, document)
	}
}

// showKeys replies with the public keys of a tenant's tokens.
func (t *tokens) showKeys(w *edge.Response, r *edge.Request) error {
	keys, err := t.authority.JWKS(r.Context(), r.PathValue("tenant"))
	if errors.Is(err, database.ErrNotFound) {
		return t.refuse(w, r, "", auth.UnknownTenant(r.PathValue("tenant")))
	}
	if err != nil {
		return err
	}
	return w.Body(http.StatusOK, keys)
}
