package auth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth/jwt"
)

const (
	// maxTrustedFile is the largest file of trusted issuers, in bytes.
	maxTrustedFile = 1 << 20
	// maxTrusted is how many issuers may be trusted.
	maxTrusted = 100
	// exchangeAudience is the audience of tokens for Entra ID's workload identity federation.
	exchangeAudience = "api://AzureADTokenExchange"
)

// TrustedIssuer is another issuer, any provider of OpenID Connect, whose tokens are accepted: as
// access tokens if it has Audiences, and instead of the secrets of Clients.
type TrustedIssuer struct {
	// Issuer is its URL, exactly as in its tokens and its discovery document. It must be https,
	// except on this machine.
	Issuer string `json:"issuer"`

	// Audiences are the accepted audiences of its access tokens.
	Audiences []string `json:"audiences,omitempty"`
	// Organization is the GUID of its callers' organization. Organizations maps the token's tid
	// to one instead.
	Organization  string            `json:"organization,omitempty"`
	Organizations map[string]string `json:"organizations,omitempty"`
	// Applications are the accepted client ids (appid, azp or client_id) of its tokens: any if
	// absent.
	Applications []string `json:"applications,omitempty"`
	// PermissionClaim names the claim with the permissions of an application: roles if absent. A
	// name with dots is a path through objects: realm_access.roles.
	PermissionClaim string `json:"permissionClaim,omitempty"`
	// DelegatedClaim names the claim with the permissions that a user delegated: scp if absent.
	// A token that has it has no other permissions.
	DelegatedClaim string `json:"delegatedClaim,omitempty"`
	// Permissions maps values of PermissionClaim to permissions. If absent, the values are the
	// names of permissions.
	Permissions map[string][]Permission `json:"permissions,omitempty"`
	// AllGroups lets its callers see all RBAC groups. Groups maps values of GroupClaim to the
	// names of the groups they see.
	AllGroups  bool                `json:"allGroups,omitempty"`
	GroupClaim string              `json:"groupClaim,omitempty"`
	Groups     map[string][]string `json:"groups,omitempty"`

	// Clients maps subjects of its tokens to ids of this server's clients that they stand for
	// (workload identity federation).
	Clients map[string]string `json:"clients,omitempty"`
	// AssertionAudiences are the accepted audiences of such tokens, besides the address of the
	// token call: api://AzureADTokenExchange if absent.
	AssertionAudiences []string `json:"assertionAudiences,omitempty"`
}

// ParseTrustedIssuers reads a file of trusted issuers: an object with one member, issuers, a list
// of TrustedIssuer. It refuses unknown members, so that a misspelled restriction is noticed.
func ParseTrustedIssuers(text []byte) ([]TrustedIssuer, error) {
	if len(text) > maxTrustedFile {
		return nil, fmt.Errorf("reading trusted issuers: %d bytes, at most %d are allowed", len(text), maxTrustedFile)
	}
	var file struct {
		Issuers []TrustedIssuer `json:"issuers"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("reading trusted issuers: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading trusted issuers: data after the object")
	}
	if len(file.Issuers) > maxTrusted {
		return nil, fmt.Errorf("reading trusted issuers: %d issuers, at most %d are allowed", len(file.Issuers), maxTrusted)
	}
	seen := map[string]bool{}
	for i := range file.Issuers {
		t := &file.Issuers[i]
		if seen[t.Issuer] {
			return nil, fmt.Errorf("reading trusted issuers: %q is listed twice", t.Issuer)
		}
		seen[t.Issuer] = true
		if err := t.admit(); err != nil {
			return nil, fmt.Errorf("reading trusted issuers: issuer %q: %w", jwt.Printable(t.Issuer), err)
		}
	}
	return file.Issuers, nil
}

// admit checks an issuer and sets defaults.
func (t *TrustedIssuer) admit() error {
	u, err := url.Parse(t.Issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("must be a URL without query, fragment and user")
	}
	if err := jwt.AdmitURL(u); err != nil {
		return err
	}
	if len(t.Audiences) == 0 && len(t.Clients) == 0 {
		return errors.New("audiences (for access tokens) or clients (for assertions) are required")
	}
	if err := t.admitAccess(); err != nil {
		return err
	}
	if err := t.normalize(); err != nil {
		return err
	}
	t.PermissionClaim = cmp.Or(t.PermissionClaim, "roles")
	t.DelegatedClaim = cmp.Or(t.DelegatedClaim, "scp")
	if len(t.AssertionAudiences) == 0 {
		t.AssertionAudiences = []string{exchangeAudience}
	}
	return nil
}

// admitAccess checks the members for access tokens.
func (t *TrustedIssuer) admitAccess() error {
	if len(t.Audiences) == 0 {
		return nil
	}
	if (t.Organization == "") == (len(t.Organizations) == 0) {
		return errors.New("want either organization or organizations")
	}
	if t.AllGroups == (t.GroupClaim != "") {
		return errors.New("want either allGroups (true) or groupClaim")
	}
	if (t.GroupClaim == "") != (len(t.Groups) == 0) {
		return errors.New("groupClaim and groups need each other")
	}
	for value, permissions := range t.Permissions {
		for _, p := range permissions {
			if !IsPermission(p) {
				return fmt.Errorf("permissions: %q is mapped to %q, must be one of %q", jwt.Printable(value),
					jwt.Printable(string(p)), Permissions())
			}
		}
	}
	return nil
}

// normalize converts all GUIDs of this server to lower case.
func (t *TrustedIssuer) normalize() error {
	if t.Organization != "" {
		id, err := uuid.Parse(t.Organization)
		if err != nil {
			return fmt.Errorf("organization %q is not a GUID", jwt.Printable(t.Organization))
		}
		t.Organization = id.String()
	}
	for _, ids := range []map[string]string{t.Organizations, t.Clients} {
		for key, text := range ids {
			id, err := uuid.Parse(text)
			if err != nil || key == "" {
				return fmt.Errorf("%q is mapped to %q, must be a GUID of this server", jwt.Printable(key), jwt.Printable(text))
			}
			ids[key] = id.String()
		}
	}
	return nil
}

// organizations lists the organizations of its callers.
func (t *TrustedIssuer) organizations() []string {
	all := []string{}
	if t.Organization != "" {
		all = append(all, t.Organization)
	}
	for _, org := range t.Organizations {
		all = append(all, org)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
