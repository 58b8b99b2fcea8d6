package control

import (
	"net/http"
	"time"
)

// Access is what a client may do and see.
type Access struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	// Groups are names of RBAC groups; absent, or null, is all.
	Groups []string `json:"groups,omitempty" schema:"nullable"`
}

// Client is an application as managers see it.
type Client struct {
	ID          string   `json:"clientId"`
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	// Groups are the names of the RBAC groups that it sees; null is all.
	Groups      []string     `json:"groups" schema:"nullable"`
	CreatedTime time.Time    `json:"createdTime"`
	Credentials []Credential `json:"credentials"`
}

// Credential is what proves a client; of what is secret it has a hint.
type Credential struct {
	ID string `json:"id"`
	// Kind is secret or certificate.
	Kind        string    `json:"kind"`
	Hint        string    `json:"hint"`
	CreatedTime time.Time `json:"createdTime"`
	// ExpiresTime is null where it does not expire.
	ExpiresTime *time.Time `json:"expiresTime"`
}

// ClientList is the reply to GET /v1/clients.
type ClientList struct {
	Clients []Client `json:"clients"`
	// Devices is how many have credentials of their own.
	Devices int64 `json:"devices"`
}

// ClientRequest is the body of POST /v1/clients.
type ClientRequest struct {
	Access
	// Secret may be false where there is a certificate.
	Secret *bool `json:"secret,omitempty"`
	// Certificate is in PEM form.
	Certificate string `json:"certificate,omitempty"`
	// LifetimeSeconds is that of the secret; absent: it does not expire.
	LifetimeSeconds *int64 `json:"lifetimeSeconds,omitempty"`
}

// ClientChange is the body of PATCH /v1/clients/{id}: what is absent stays.
type ClientChange struct {
	Name        string   `json:"name,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
	// Groups are names of RBAC groups.
	Groups []string `json:"groups,omitempty"`
	// AllGroups lets it see all groups.
	AllGroups bool `json:"allGroups,omitempty"`
}

// ChangedClient is the reply to PATCH /v1/clients/{id}.
type ChangedClient struct {
	Client
	// NewGroups are the groups that were made along with the change.
	NewGroups []string `json:"newGroups,omitempty"`
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

// RotationRequest is the body of POST /v1/clients/{id}/rotate: how long the
// secret before and the new one live.
type RotationRequest struct {
	KeepSeconds     *int64 `json:"keepSeconds,omitempty"`
	LifetimeSeconds *int64 `json:"lifetimeSeconds,omitempty"`
}

// CertificateRequest is the body of POST /v1/clients/{id}/certificates.
type CertificateRequest struct {
	// Certificate is in PEM form.
	Certificate string `json:"certificate"`
}

const clientsPath = "/v1/clients"

// ListClients lists the applications that have access.
func ListClients() Request[ClientList] { return get[ClientList](clientsPath) }

// AddClient gives an application access.
func AddClient(c ClientRequest) Request[Issued] {
	return send[Issued](http.MethodPost, clientsPath, c)
}

// ChangeClient changes what a client may do and see, at once.
func ChangeClient(id string, c ClientChange) Request[ChangedClient] {
	return send[ChangedClient](http.MethodPatch, at(clientsPath, id), c)
}

// RotateSecret gives a client a new secret.
func RotateSecret(id string, r RotationRequest) Request[Issued] {
	return send[Issued](http.MethodPost, at(clientsPath, id)+"/rotate", r)
}

// AddCertificate gives a client one more certificate.
func AddCertificate(id string, c CertificateRequest) Request[Issued] {
	return send[Issued](http.MethodPost, at(clientsPath, id)+"/certificates", c)
}

// RemoveClient takes a client's access away.
func RemoveClient(id string) Request[Nothing] { return remove(at(clientsPath, id)) }
