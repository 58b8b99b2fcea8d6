package api

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
	"github.com/muster-project/muster/internal/store"
)

const (
	// maxTokenForm bounds the body of a call for a token, in bytes.
	maxTokenForm = 64 << 10
	// tenantPattern begins the addresses of an organization's token call.
	tenantPattern = "/{tenant}/"
)

// tokenForm is the body of a call for a token. Nothing reads it by this type:
// it describes what clients send.
type tokenForm struct {
	GrantType     string `json:"grant_type"`
	Scope         string `json:"scope,omitempty"`
	Resource      string `json:"resource,omitempty"`
	ClientID      string `json:"client_id,omitempty"` // absent where HTTP Basic has it
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

// noSuchTenant is what else a tenant's addresses reply.
var noSuchTenant = jsonOf[auth.RefusalBody](http.StatusBadRequest, "there is no such tenant")

var (
	issuesToken = description{
		summary: "Issues a token to a client that proves itself",
		takes:   []payload{{media: "application/x-www-form-urlencoded", schema: schemaOf[tokenForm]()}},
		gives: []payload{
			jsonOf[auth.TokenReply](http.StatusOK, "the token, good for an hour"),
			jsonOf[auth.RefusalBody](http.StatusBadRequest, "something is wrong with the request"),
			jsonOf[auth.RefusalBody](http.StatusUnauthorized, "nothing proves that it is the client"),
			jsonOf[auth.RefusalBody](http.StatusTooManyRequests, "the client failed too often from this address"),
		},
	}
	discovers = description{
		summary: "What a tenant's token call can do: OpenID Connect Discovery",
		gives:   []payload{jsonOf[auth.Discovery](http.StatusOK, "the discovery document"), noSuchTenant},
	}
	showsKeys = description{
		summary: "The public keys that tokens are signed with",
		gives:   []payload{jsonOf[publicKeys](http.StatusOK, "a JSON Web Key Set"), noSuchTenant},
	}
)

// tokens are the calls by which clients get tokens.
type tokens struct {
	authority *auth.Authority
	origins   *origins
	failures  *failures // to prove who one is
	clock     func() time.Time
}

// issue is the token call of contract.md, section 6; v1 is the older one.
func (t *tokens) issue(v1 bool) handler {
	return func(w *response, r *request) error {
		form, err := readForm(w, r)
		if err != nil {
			return t.refuse(w, r, "", err)
		}
		asked := auth.TokenRequest{Tenant: r.PathValue("tenant"), V1: v1, Form: form, Origin: t.origins.of(r.Request)}
		asked.Unbound = t.origins.unbound()
		asked.BasicUser, asked.BasicPassword, asked.HasBasic = r.BasicAuth()
		reply, err := t.authority.Token(r.Context(), asked)
		if err != nil {
			return t.refuse(w, r, cmp.Or(form.Get("client_id"), asked.BasicUser), err)
		}
		w.account.caller = auth.CallerOf(reply.Client)
		w.Header().Set("Pragma", "no-cache") // RFC 6749, section 5.1
		return w.json(http.StatusOK, reply)
	}
}

// readForm reads a form, whatever Content-Type says: RFC 6749, appendix B.
func readForm(w *response, r *request) (url.Values, error) {
	text, err := readBody(w, r, maxTokenForm)
	switch {
	case isTooLong(err):
		return nil, auth.MalformedRequest(fmt.Sprintf("the body has more than %d bytes", maxTokenForm))
	case err != nil:
		return nil, err
	case strings.Count(string(text), "&") >= maxParameters:
		return nil, auth.MalformedRequest(fmt.Sprintf("the body has more than %d parameters", maxParameters))
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, auth.MalformedRequest("the body is no form (application/x-www-form-urlencoded)")
	}
	return form, nil
}

// refuse replies with why there is no token. Who fails too often is told
// to wait; who has the right secret never is.
func (t *tokens) refuse(w *response, r *request, client string, err error) error {
	var refusal *auth.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	w.note(slog.Int("aadsts", refusal.Number))
	if id, err := uuid.Parse(client); err == nil { // it may be a secret, in the wrong place
		w.note(slog.String("client", id.String()))
	}
	if proves := refusal.Status == http.StatusUnauthorized || refusal.Name == "unauthorized_client"; proves {
		from, now := attemptFrom(t.origins.clientAddress(r.Request), strings.ToLower(client)), t.clock()
		if wait := max(t.failures.count(from, now), t.failures.wait(from, now)); wait > 0 {
			refusal = tooManyFailures(w, wait)
		}
	}
	if _, _, basic := r.BasicAuth(); basic && refusal.Status == http.StatusUnauthorized {
		w.Header().Set("Www-Authenticate", `Basic realm="muster"`) // RFC 6749, section 5.2
	}
	w.Header().Set("Pragma", "no-cache")
	return w.json(refusal.Status, refusal.Body(w.id, correlation(r, w.id), t.clock()))
}

// tooManyFailures is a refusal by the number that Entra ID has where a tenant
// asks too often.
func tooManyFailures(w *response, wait time.Duration) *auth.Refusal {
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return &auth.Refusal{Status: http.StatusTooManyRequests, Name: "temporarily_unavailable", Number: 90055,
		Message: fmt.Sprintf("Too many requests failed. Try again in %d seconds.", seconds)}
}

// correlation is the id that a client gave its request: a GUID.
func correlation(r *request, otherwise string) string {
	id, err := uuid.Parse(r.Header.Get("Client-Request-Id"))
	if err != nil {
		return otherwise
	}
	return id.String()
}

// discover is the discovery document of a tenant; v1 that of the older call.
func (t *tokens) discover(v1 bool) handler {
	return func(w *response, r *request) error {
		document, err := t.authority.Discovery(r.Context(), t.origins.of(r.Request), r.PathValue("tenant"), v1)
		if errors.Is(err, store.ErrNotFound) {
			return t.refuse(w, r, "", auth.UnknownTenant(r.PathValue("tenant")))
		}
		if err != nil {
			return err
		}
		return w.json(http.StatusOK, document)
	}
}

// showKeys is the public keys that a tenant's tokens are signed with.
func (t *tokens) showKeys(w *response, r *request) error {
	keys, err := t.authority.JWKS(r.Context(), r.PathValue("tenant"))
	if errors.Is(err, store.ErrNotFound) {
		return t.refuse(w, r, "", auth.UnknownTenant(r.PathValue("tenant")))
	}
	if err != nil {
		return err
	}
	return w.body(http.StatusOK, keys)
}
