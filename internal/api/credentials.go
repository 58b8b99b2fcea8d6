package api

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store"
)

const (
	// maxLifetime bounds the life of a secret that has an end.
	maxLifetime = 10 * 365 * 24 * time.Hour
	// defaultKeep is how long a secret outlives its successor's making, and
	// maxKeep how long at most.
	defaultKeep = 24 * time.Hour
	maxKeep     = 90 * 24 * time.Hour
)

// credential is what proves a client; of what is secret it has a hint.
type credential struct {
	ID string `json:"id"`
	// Kind is secret or certificate.
	Kind        string    `json:"kind"`
	Hint        string    `json:"hint"`
	CreatedTime time.Time `json:"createdTime"`
	// ExpiresTime is null where it does not expire.
	ExpiresTime *time.Time `json:"expiresTime"`
}

func describeCredential(c store.Credential) credential {
	return credential{c.ID, c.Kind, c.Hint, c.Created, known(c.Expires)}
}

// Issued is what an application needs to ask for tokens. No other reply shows a
// secret, and this one shows it once.
type Issued struct {
	TenantID string `json:"tenantId"`
	// Organization is the name of a tenant that was made along with it.
	Organization string `json:"organization,omitempty"`
	ClientID     string `json:"clientId"`
	// ClientSecret is absent where a certificate alone proves the client.
	ClientSecret string `json:"clientSecret,omitempty"`
	// ExpiresTime is when the secret ends; absent: it does not.
	ExpiresTime *time.Time `json:"expiresTime,omitempty"`
	// PreviousExpiresTime is when the secret before ends, if it still is good.
	PreviousExpiresTime *time.Time `json:"previousExpiresTime,omitempty"`
	Name                string     `json:"name"`
	Permissions         []string   `json:"permissions"`
	// Groups are the names of the RBAC groups that it sees; null is all.
	Groups []string `json:"groups" schema:"nullable"`
	// NewGroups are those of them that were made along with it.
	NewGroups []string `json:"newGroups,omitempty"`
	// TokenURL is where tokens are asked for; absent where no server runs.
	TokenURL string `json:"tokenUrl,omitempty"`
}

// issue describes a client with what was made to prove it. It comes before the
// client is stored: a secret that nobody gets to see would be lost.
func (s *Server) issue(r *request, c *store.Client, made proofs) (reply Issued, err error) {
	reply = s.issued(r, c, made)
	if !c.AllGroups {
		names, err := s.namesOfGroups(r)
		if err != nil {
			return Issued{}, err
		}
		reply.Groups = groupNames(c, names)
	}
	return reply, nil
}

// issued is issue but for the names of groups.
func (s *Server) issued(r *request, c *store.Client, made proofs) Issued {
	reply := Issued{TenantID: c.Organization, ClientID: c.ID, ClientSecret: made.secret, ExpiresTime: known(made.expires),
		Name: c.Name, Permissions: c.Permissions}
	if s.Trusted == nil {
		reply.TokenURL = s.originOf(r.Request) + "/" + c.Organization + "/oauth2/v2.0/token"
	}
	return reply
}

// proofs are credentials that are being made.
type proofs struct {
	now         time.Time
	credentials []store.Credential
	// secret is the text of the one that is a secret, expires its end.
	secret  string
	expires time.Time
}

// addSecret makes a secret; without a lifetime it does not expire.
func (p *proofs) addSecret(lifetime *int64) error {
	life, err := readSeconds("lifetimeSeconds", lifetime, 0, time.Second, maxLifetime)
	if err != nil {
		return err
	}
	if life > 0 {
		p.expires = p.now.Add(life)
	}
	text, kept, err := auth.NewSecret(rand.Reader, p.now, p.expires)
	p.secret, p.credentials = text, append(p.credentials, kept)
	return err
}

// addCertificate reads a certificate in PEM form.
func (p *proofs) addCertificate(text string) error {
	kept, err := auth.NewCertificate(rand.Reader, []byte(text), p.now)
	p.credentials = append(p.credentials, kept)
	return refusedClient(err)
}

// rotationRequest is the body of POST /v1/clients/{id}/rotate: how long the
// secret before and the new one live.
type rotationRequest struct {
	KeepSeconds     *int64 `json:"keepSeconds,omitempty"`
	LifetimeSeconds *int64 `json:"lifetimeSeconds,omitempty"`
}

// certificateRequest is the body of POST /v1/clients/{id}/certificates.
type certificateRequest struct {
	// Certificate is in PEM form.
	Certificate string `json:"certificate"`
}

var (
	rotatesSecret = description{
		summary: "Makes a new secret; the one before stays good for a while",
		takes:   []payload{jsonOf[rotationRequest](0, "how long")},
		gives:   []payload{jsonOf[Issued](http.StatusCreated, "the secret is shown this once")},
		fails:   []int{http.StatusNotFound},
	}
	addsCertificate = description{
		summary: "Adds a certificate that proves the client",
		takes:   []payload{jsonOf[certificateRequest](0, "the certificate")},
		gives:   []payload{jsonOf[Issued](http.StatusCreated, "the client")},
		fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	revokesCredential = description{
		summary: "Removes a secret or a certificate of a client",
		gives:   []payload{nothing(http.StatusNoContent, "it is not good any more")},
		fails:   []int{http.StatusNotFound},
	}
)

// rotateSecret is POST /v1/clients/{id}/rotate: a new secret. The one before
// stays good for keepSeconds, older ones end at once.
func (s *Server) rotateSecret(w *response, r *request) error {
	var asked rotationRequest
	if err := readObject(w, r, &asked); err != nil {
		return err
	}
	keep, err := readSeconds("keepSeconds", asked.KeepSeconds, defaultKeep, 0, maxKeep)
	if err != nil {
		return err
	}
	c, err := s.application(r)
	if err != nil {
		return err
	}
	made := proofs{now: s.Clock()}
	if err := made.addSecret(asked.LifetimeSeconds); err != nil {
		return err
	}
	reply, err := s.issue(r, &c, made)
	if err != nil {
		return err
	}
	if err := s.Store.RotateSecret(r.Context(), c.Organization, c.ID, made.credentials[0], made.now.Add(keep)); err != nil {
		return noClient(r, err)
	}
	if reply.PreviousExpiresTime, err = s.previousEnd(r, c.ID, made.credentials[0].ID); err != nil {
		return err
	}
	return w.json(http.StatusCreated, reply)
}

// previousEnd is when a client's other secret ends; nil if it has none.
func (s *Server) previousEnd(r *request, client, newest string) (*time.Time, error) {
	all, err := s.Store.ClientCredentials(r.Context(), client)
	i := slices.IndexFunc(all, func(c store.Credential) bool { return c.Kind == store.KindSecret && c.ID != newest })
	if err != nil || i < 0 {
		return nil, err
	}
	return known(all[i].Expires), nil
}

// addCertificate is POST /v1/clients/{id}/certificates.
func (s *Server) addCertificate(w *response, r *request) error {
	var asked certificateRequest
	if err := readObject(w, r, &asked); err != nil {
		return err
	}
	c, err := s.application(r)
	if err != nil {
		return err
	}
	made := proofs{now: s.Clock()}
	if err := made.addCertificate(asked.Certificate); err != nil {
		return err
	}
	reply, err := s.issue(r, &c, made)
	if err != nil {
		return err
	}
	if err := s.Store.AddCredential(r.Context(), c.Organization, c.ID, made.credentials[0]); err != nil {
		return noClient(r, refusedClient(err))
	}
	return w.json(http.StatusCreated, reply)
}

// revokeCredential is DELETE /v1/clients/{id}/credentials/{credential}: it is
// not good from the next request on. Tokens that it brought are, for their hour.
func (s *Server) revokeCredential(w *response, r *request) error {
	c, err := s.application(r)
	if err != nil {
		return err
	}
	err = s.Store.RemoveCredential(r.Context(), c.Organization, c.ID, r.PathValue("credential"))
	if errors.Is(err, store.ErrNotFound) {
		return refuse(http.StatusNotFound, defender.CodeResourceNotFound, "the client has no credential %q", clip(r.PathValue("credential")))
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
