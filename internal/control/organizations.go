package control

import "net/http"

// Organization is a tenant of a server.
type Organization struct {
	ID   string `json:"tenantId"`
	Name string `json:"name"`
	// Home: its managers manage the server.
	Home bool `json:"home"`
}

// OrganizationList is the reply to GET /v1/organizations.
type OrganizationList struct {
	Organizations []Organization `json:"organizations"`
}

// OrganizationRequest is the body of POST /v1/organizations.
type OrganizationRequest struct {
	Name string `json:"name"`
}

const organizationsPath = "/v1/organizations"

// ListOrganizations lists the organizations of a server.
func ListOrganizations() Request[OrganizationList] { return get[OrganizationList](organizationsPath) }

// AddOrganization makes an organization with its first administrator.
func AddOrganization(o OrganizationRequest) Request[Issued] {
	return send[Issued](http.MethodPost, organizationsPath, o)
}

// RotatedKey names a new key.
type RotatedKey struct {
	// Purpose is token, link or page.
	Purpose string `json:"purpose"`
	KeyID   string `json:"keyId"`
}

// RotateKey makes a new key for a purpose.
func RotateKey(purpose string) Request[RotatedKey] {
	return Request[RotatedKey]{Call{Method: http.MethodPost, Path: at("/v1/keys", purpose) + "/rotate"}}
}
