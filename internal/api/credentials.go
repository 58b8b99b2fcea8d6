package api

import (
	"crypto/rand"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
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
	return credential{c.ID, c.Kind, c.Hint, c.Created, edge.TimeOrNull(c.Expires)}
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
	life, err := edge.ReadSeconds("lifetimeSeconds", lifetime, 0, time.Second, maxLifetime)
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

// issuer describes clients with what proves them.
type issuer struct {
	store   *store.Store
	callers *edge.Callers
	origins *edge.Origins
}

// issued describes a client with what was made to prove it. Names are those of
// the groups that it may see.
func (i *issuer) issued(r *edge.Request, c *store.Client, made proofs, names map[int64]string) Issued {
	reply := Issued{TenantID: c.Organization, ClientID: c.ID, ClientSecret: made.secret, ExpiresTime: edge.TimeOrNull(made.expires),
		Name: c.Name, Permissions: c.Permissions, Groups: groupNames(c, names)}
	if !i.callers.Local() {
		reply.TokenURL = i.origins.Of(r.Request) + "/" + c.Organization + "/oauth2/v2.0/token"
	}
	return reply
}

// namesOfGroups are the names of the caller's organization's groups.
func (i *issuer) namesOfGroups(r *edge.Request) (map[int64]string, error) {
	all, err := i.store.Groups(r.Context(), r.Caller.Organization)
	names := map[int64]string{}
	for _, g := range all {
		names[g.ID] = g.Name
	}
	return names, err
}
