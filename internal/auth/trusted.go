package auth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

const (
	// maxTrustedFile bounds the file of trusted issuers, in bytes.
	maxTrustedFile = 1 << 20
	// maxTrusted is how many issuers may be trusted.
	maxTrusted = 100
	// exchangeAudience is the one that tokens for Entra ID's workload identity
	// federation have.
	exchangeAudience = "api://AzureADTokenExchange"
)

// TrustedIssuer is another issuer, any provider of OpenID Connect, whose tokens
// are accepted: as access tokens where Audiences are given, and in place of the
// secrets of Clients.
type TrustedIssuer struct {
	// Issuer is its URL, exactly as its tokens and its discovery document have
	// it. It must be https, but on this machine.
	Issuer string `json:"issuer"`

	// Audiences are those that its access tokens may have.
	Audiences []string `json:"audiences,omitempty"`
	// Organization is the GUID of the one that its callers belong to.
	// Organizations give it by the token's tid instead.
	Organization  string            `json:"organization,omitempty"`
	Organizations map[string]string `json:"organizations,omitempty"`
	// Applications are the client ids (appid, azp or client_id) that may come
	// with its tokens: any if absent.
	Applications []string `json:"applications,omitempty"`
	// PermissionClaim holds the permissions of an application: roles if
	// absent. A dot leads into an object: realm_access.roles.
	PermissionClaim string `json:"permissionClaim,omitempty"`
	// DelegatedClaim holds those that a user has delegated: scp if absent. A
	// token that has it has no others.
	DelegatedClaim string `json:"delegatedClaim,omitempty"`
	// Permissions are what values of PermissionClaim mean. Permissions
	// themselves mean what they say unless Permissions are given.
	Permissions map[string][]Permission `json:"permissions,omitempty"`
	// AllGroups lets its callers see all RBAC groups. Groups let them see those
	// that the values of GroupClaim mean, by name.
	AllGroups  bool                `json:"allGroups,omitempty"`
	GroupClaim string              `json:"groupClaim,omitempty"`
	Groups     map[string][]string `json:"groups,omitempty"`

	// Clients are the ids of this server's clients that subjects of its tokens
	// stand for, by subject (workload identity federation).
	Clients map[string]string `json:"clients,omitempty"`
	// AssertionAudiences are those that such tokens may have, besides the
	// address of the token call: api://AzureADTokenExchange if absent.
	AssertionAudiences []string `json:"assertionAudiences,omitempty"`
}

// ParseTrustedIssuers reads a file of trusted issuers: an object whose one
// member, issuers, is a list of TrustedIssuer. Unknown members are refused, so
// that a misspelled restriction is noticed.
func ParseTrustedIssuers(text []byte) ([]TrustedIssuer, error) {
	if len(text) > maxTrustedFile {
		return nil, fmt.Errorf("reading trusted issuers: %d bytes, at most %d are read", len(text), maxTrustedFile)
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
		return nil, errors.New("reading trusted issuers: there is something after the object")
	}
	if len(file.Issuers) > maxTrusted {
		return nil, fmt.Errorf("reading trusted issuers: %d of them, at most %d are taken", len(file.Issuers), maxTrusted)
	}
	seen := map[string]bool{}
	for i := range file.Issuers {
		t := &file.Issuers[i]
		if seen[t.Issuer] {
			return nil, fmt.Errorf("reading trusted issuers: %q is there twice", t.Issuer)
		}
		seen[t.Issuer] = true
		if err := t.admit(); err != nil {
			return nil, fmt.Errorf("reading trusted issuers: issuer %q: %w", clip(t.Issuer), err)
		}
	}
	return file.Issuers, nil
}

// admit checks an issuer and sets what is absent.
func (t *TrustedIssuer) admit() error {
	u, err := url.Parse(t.Issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("it must be a URL without query, fragment and user")
	}
	if err := admitURL(u); err != nil {
		return err
	}
	if len(t.Audiences) == 0 && len(t.Clients) == 0 {
		return errors.New("audiences (for access tokens) or clients (for assertions) are needed")
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

// admitAccess checks what access tokens need.
func (t *TrustedIssuer) admitAccess() error {
	if len(t.Audiences) == 0 {
		return nil
	}
	if (t.Organization == "") == (len(t.Organizations) == 0) {
		return errors.New("one of organization and organizations is needed")
	}
	if t.AllGroups == (t.GroupClaim != "") {
		return errors.New("one of allGroups (true) and groupClaim is needed")
	}
	if (t.GroupClaim == "") != (len(t.Groups) == 0) {
		return errors.New("groupClaim and groups belong together")
	}
	for value, permissions := range t.Permissions {
		for _, p := range permissions {
			if !IsPermission(p) {
				return fmt.Errorf("permissions: %q means %q, must be of %q", clip(value), clip(string(p)), Permissions())
			}
		}
	}
	return nil
}

// normalize brings all GUIDs of this server into lower case.
func (t *TrustedIssuer) normalize() error {
	if t.Organization != "" {
		id, err := uuid.Parse(t.Organization)
		if err != nil {
			return fmt.Errorf("organization %q is no GUID", clip(t.Organization))
		}
		t.Organization = id.String()
	}
	for _, ids := range []map[string]string{t.Organizations, t.Clients} {
		for key, text := range ids {
			id, err := uuid.Parse(text)
			if err != nil || key == "" {
				return fmt.Errorf("%q stands for %q, must be a GUID of this server", clip(key), clip(text))
			}
			ids[key] = id.String()
		}
	}
	return nil
}

// organizations lists those that callers may be of.
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

// admitURL refuses addresses that are read in clear over a network.
func admitURL(u *url.URL) error {
	host := u.Hostname()
	address, err := netip.ParseAddr(host)
	local := strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return fmt.Errorf("%q must be https", clip(u.Redacted()))
	}
	return nil
}
