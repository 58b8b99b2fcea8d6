package control

import (
	"net/http"
	"time"
)

// Access is what a client may do and see.
type Access struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	// Groups are names of RBAC groups; absent or null means all.
	Groups []string `json:"groups,omitempty" schema:"nullable"`
}

// Client is a client as managers see it.
type Client struct {
	ID          string   `json:"clientId"`
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	// Groups are the names of the RBAC groups that it sees; null means all.
	Groups      []string     `json:"groups" schema:"nullable"`
	CreatedTime time.Time    `json:"createdTime"`
	Credentials []Credential `json:"credentials"`
}

// Credential describes a credential of a client; of a secret it shows a hint only.
type Credential struct {
	ID string `json:"id"`
	// Kind is secret or certificate.
	Kind        string    `json:"kind"`
	Hint        string    `json:"hint"`
	CreatedTime time.Time `json:"createdTime"`
	// ExpiresTime is null if it does not expire.
	ExpiresTime *time.Time `json:"expiresTime"`
}

// ClientList is the reply to GET /v1/clients.
type ClientList struct {
	Clients []Client `json:"clients"`
	// Devices is how many devices have credentials of their own.
	Devices int64 `json:"devices"`
}

// ClientRequest is the body of POST /v1/clients.
type ClientRequest struct {
	Access
	// Secret may be false if there is a certificate.
	Secret *bool `json:"secret,omitempty"`
	// Certificate is in PEM form.
	Certificate string `json:"certificate,omitempty"`
	// LifetimeSeconds is the lifetime of the secret; absent: it does not expire.
	LifetimeSeconds *int64 `json:"lifetimeSeconds,omitempty"`
}

// ClientChange is the body of PATCH /v1/clients/{id}: absent members stay unchanged.
type ClientChange struct {
	Name        string   `json:"name,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
	// Groups are names of RBAC groups.
	Groups []string `json:"groups,omitempty"`
	// AllGroups lets the client see all groups.
	AllGroups bool `json:"allGroups,omitempty"`
}

// ChangedClient is the reply to PATCH /v1/clients/{id}.
type ChangedClient struct {
	Client
	// NewGroups are the groups that the change made.
	NewGroups []string `json:"newGroups,omitempty"`
}

// Issued is what an application needs to ask for tokens. It is the only reply with a secret,
// which is shown once.
type Issued struct {
	TenantID string `json:"tenantId"`
	// Organization is the name of the organization, if the call made one.
	Organization string `json:"organization,omitempty"`
	ClientID     string `json:"clientId"`
	// ClientSecret is absent if the client has a certificate only.
	ClientSecret string `json:"clientSecret,omitempty"`
	// ExpiresTime is when the secret expires; absent: never.
	ExpiresTime *time.Time `json:"expiresTime,omitempty"`
	// PreviousExpiresTime is when the previous secret expires, if it is still valid.
	PreviousExpiresTime *time.Time `json:"previousExpiresTime,omitempty"`
	Name                string     `json:"name"`
	Permissions         []string   `json:"permissions"`
	// Groups are the names of the RBAC groups that it sees; null means all.
	Groups []string `json:"groups" schema:"nullable"`
	// NewGroups are the groups that the call made.
	NewGroups []string `json:"newGroups,omitempty"`
	// TokenURL is where to ask for tokens; absent if no server runs.
	TokenURL string `json:"tokenUrl,omitempty"`
}

// RotationRequest is the body of POST /v1/clients/{id}/rotate: how long the previous secret
// stays valid, and how long the new one is.
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

// ListClients lists clients.
func ListClients() Request[ClientList] { return get[ClientList](clientsPath) }

// AddClient adds a client.
func AddClient(c ClientRequest) Request[Issued] {
	return send[Issued](http.MethodPost, clientsPath, c)
}

// ChangeClient changes what a client may do and see, at once.
func ChangeClient(id string, c ClientChange) Request[ChangedClient] {
	return send[ChangedClient](http.MethodPatch, at(clientsPath, id), c)
}

// RotateSecret makes a new secret for a client.
func RotateSecret(id string, r RotationRequest) Request[Issued] {
	return send[Issued](http.MethodPost, at(clientsPath, id)+"/rotate", r)
}

// AddCertificate adds a certificate to a client.
func AddCertificate(id string, c CertificateRequest) Request[Issued] {
	return send[Issued](http.MethodPost, at(clientsPath, id)+"/certificates", c)
}

// RemoveClient removes a client.
func RemoveClient(id string) Request[Nothing] { return remove(at(clientsPath, id)) }

// SignIn is a link that signs one browser in, once.
type SignIn struct {
	// URL has the code. Whoever opens it first signs in.
	URL         string    `json:"url"`
	ExpiresTime time.Time `json:"expiresTime"`
}

// EndedSessions is how many browsers were signed out.
type EndedSessions struct {
	Ended int64 `json:"ended"`
}

// MakeSignIn makes a link by which a browser signs in as the caller.
func MakeSignIn() Request[SignIn] {
	return Request[SignIn]{Call{Method: http.MethodPost, Path: "/v1/sign-ins"}}
}
