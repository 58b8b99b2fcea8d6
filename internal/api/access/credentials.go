package access

import (
	"crypto/rand"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	stored "github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
)

const (
	// maxLifetime is the longest lifetime of a secret that expires.
	maxLifetime = 10 * 365 * 24 * time.Hour
	// defaultKeep is how long a secret stays valid after it was replaced, and maxKeep how long at
	// most.
	defaultKeep = 24 * time.Hour
	maxKeep     = 90 * 24 * time.Hour
)

func describeCredential(c stored.Credential) control.Credential {
	return control.Credential{ID: c.ID, Kind: c.Kind, Hint: c.Hint, CreatedTime: c.Created,
		ExpiresTime: edge.TimeOrNull(c.Expires)}
}

// proofs are new credentials.
type proofs struct {
	now         time.Time
	credentials []stored.Credential
	// secret is the text of the new secret, expires its expiry.
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

// issuer describes clients with their new credentials.
type issuer struct {
	clients       *stored.Store
	organizations *organization.Store
	callers       *edge.Callers
	origins       *edge.Origins
}

// issued returns the reply with a client's new credentials. Names are those of the groups that it
// may see.
func (i *issuer) issued(r *edge.Request, c *stored.Client, made proofs, names map[int64]string) control.Issued {
	reply := control.Issued{TenantID: c.Organization, ClientID: c.ID, ClientSecret: made.secret,
		ExpiresTime: edge.TimeOrNull(made.expires),
		Name:        c.Name, Permissions: c.Permissions, Groups: auth.GroupNames(c, names)}
	if !i.callers.Local() {
		reply.TokenURL = i.origins.Of(r.Request) + "/" + c.Organization + "/oauth2/v2.0/token"
	}
	return reply
}

// namesOfGroups returns the names of the groups of the caller's organization.
func (i *issuer) namesOfGroups(r *edge.Request) (map[int64]string, error) {
	return i.organizations.GroupNames(r.Context(), r.Caller.Organization)
}
