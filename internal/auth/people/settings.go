package people

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/store/organization"
)

const (
	// maxSettings is the largest file of settings, in bytes.
	maxSettings = 1 << 20
	// maxRoles is how many roles there may be, maxValues how many values of one of them.
	maxRoles  = 1000
	maxValues = 1000
	// maxText is the longest text of a setting, in bytes.
	maxText = 1000
)

// Settings say at which provider people sign in, and what they may do.
type Settings struct {
	// Issuer is the provider's URL, exactly as in its discovery document. It must be https, except on this machine.
	Issuer string `json:"issuer"`
	// ClientID is this server's id there. ClientSecretFile is a file with its secret; a public client has none.
	ClientID         string `json:"clientId"`
	ClientSecretFile string `json:"clientSecretFile,omitempty"`
	// Name is that of the provider on the sign-in page: its host if absent.
	Name string `json:"name,omitempty"`
	// Scopes are asked for: openid, profile and email if absent.
	Scopes []string `json:"scopes,omitempty"`
	// NameClaims are the claims of which the first that there is names a person: preferred_username, email, upn,
	// name if absent.
	NameClaims []string `json:"nameClaims,omitempty"`
	// GroupClaim is the claim of roles that name none: groups if absent. A name with dots is a path through
	// objects: realm_access.roles.
	GroupClaim string `json:"groupClaim,omitempty"`
	// UserInfo asks the provider for claims that are not in the ID token.
	UserInfo bool `json:"userInfo,omitempty"`
	// Hosts may be called besides the issuer's: some providers have endpoints elsewhere.
	Hosts []string `json:"hosts,omitempty"`
	// Organization is the GUID of the organization that people see: the home organization if absent.
	Organization string `json:"organization,omitempty"`
	// Help says to people without a role who can help.
	Help string `json:"help,omitempty"`
	// Roles say what people may do.
	Roles []Role `json:"roles"`
	// Denied are subjects (sub) that may not sign in, and whose sessions end.
	Denied []string `json:"denied,omitempty"`
}

// Role gives who has one of the Values in a Claim permissions in RBAC groups.
type Role struct {
	// Claim is GroupClaim if absent.
	Claim       string            `json:"claim,omitempty"`
	Values      []string          `json:"values"`
	Permissions []auth.Permission `json:"permissions"`
	// AllGroups lets them see all groups; otherwise they see Groups, by their names.
	AllGroups bool     `json:"allGroups,omitempty"`
	Groups    []string `json:"groups,omitempty"`
}

// Parse reads settings: a JSON object. It refuses unknown members, so that a misspelled restriction is noticed. An
// error names the line, or the member.
func Parse(text []byte) (*Settings, error) {
	if len(text) > maxSettings {
		return nil, fmt.Errorf("%d bytes, at most %d are allowed", len(text), maxSettings)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	s := &Settings{}
	if err := decoder.Decode(s); err != nil {
		return nil, fmt.Errorf("line %d: %w", lineOf(text, err, decoder.InputOffset()), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: data after the object", lineAt(text, decoder.InputOffset()))
	}
	if err := s.admit(); err != nil {
		return nil, err
	}
	return s, nil
}

// lineOf returns the line of an error of a decoder that has read up to an offset.
func lineOf(text []byte, err error, read int64) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		read = syntax.Offset
	case errors.As(err, &kind):
		read = kind.Offset
	case errors.Is(err, io.ErrUnexpectedEOF):
		read = int64(len(text))
	default: // an unknown member, of which the error has the name alone
		if _, name, found := strings.Cut(err.Error(), "unknown field "); found {
			read = int64(max(0, bytes.Index(text, []byte(name))))
		}
	}
	return lineAt(text, read)
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), int64(len(text)))], []byte("\n"))
}

// admit checks settings and sets defaults.
func (s *Settings) admit() error {
	u, err := url.Parse(s.Issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("issuer %q must be a URL without query, fragment and user", jwt.Printable(s.Issuer))
	}
	if err := jwt.AdmitURL(u); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	s.Name = cmp.Or(s.Name, u.Host)
	s.GroupClaim = cmp.Or(s.GroupClaim, "groups")
	if len(s.Scopes) == 0 {
		s.Scopes = []string{"openid", "profile", "email"}
	}
	if len(s.NameClaims) == 0 {
		s.NameClaims = []string{"preferred_username", "email", "upn", "name"}
	}
	s.Organization = cmp.Or(s.Organization, organization.Default)
	id, err := uuid.Parse(s.Organization)
	if err != nil {
		return fmt.Errorf("organization %q is not a GUID", jwt.Printable(s.Organization))
	}
	s.Organization = id.String()
	return cmp.Or(s.admitTexts(), s.admitRoles())
}

// admitTexts checks what is sent or shown.
func (s *Settings) admitTexts() error {
	switch {
	case s.ClientID == "":
		return errors.New("clientId is missing")
	case !slices.Contains(s.Scopes, "openid"):
		return errors.New("scopes: openid is missing")
	case len(s.Roles) == 0:
		return errors.New("roles: nobody could sign in; want at least one role")
	case len(s.Roles) > maxRoles:
		return fmt.Errorf("roles: %d, at most %d are allowed", len(s.Roles), maxRoles)
	}
	for _, scope := range s.Scopes {
		if scope == "offline_access" {
			return errors.New("scopes: offline_access is not used, and would give this server a token to keep")
		}
		bad := func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }
		if scope == "" || strings.ContainsFunc(scope, bad) {
			return fmt.Errorf("scopes: %q is not a scope (RFC 6749, section 3.3)", jwt.Printable(scope))
		}
	}
	for i, host := range s.Hosts {
		u, err := url.Parse("https://" + host)
		if err != nil || u.Host != host || u.Hostname() == "" {
			return fmt.Errorf("hosts[%d]: %q is not a host, such as oauth2.example.com", i, jwt.Printable(host))
		}
		s.Hosts[i] = strings.ToLower(host)
	}
	for name, texts := range map[string][]string{"clientId": {s.ClientID}, "name": {s.Name}, "help": {s.Help},
		"groupClaim": {s.GroupClaim}, "nameClaims": s.NameClaims, "denied": s.Denied, "scopes": s.Scopes} {
		if err := admitText(name, texts); err != nil {
			return err
		}
	}
	return nil
}

// admitText refuses texts that are too long, or that cannot be printed.
func admitText(name string, texts []string) error {
	if len(texts) > maxValues {
		return fmt.Errorf("%s: %d values, at most %d are allowed", name, len(texts), maxValues)
	}
	for _, text := range texts {
		if len(text) > maxText || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return fmt.Errorf("%s: %q must be printable, and have at most %d bytes", name, jwt.Printable(text), maxText)
		}
	}
	return nil
}

// chosen are claims of which people choose the value themselves: OpenID Connect Core, section 5.7.
var chosen = []string{"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile",
	"picture", "website", "gender", "birthdate", "zoneinfo", "locale", "address", "phone_number"}

// admitRoles checks what roles give.
func (s *Settings) admitRoles() error {
	for i := range s.Roles {
		r := &s.Roles[i]
		r.Claim = cmp.Or(r.Claim, s.GroupClaim)
		at := fmt.Sprintf("roles[%d]", i)
		if slices.Contains(chosen, r.Claim) {
			return fmt.Errorf("%s.claim: %q gives no rights, because people choose its value themselves", at, r.Claim)
		}
		if len(r.Values) == 0 || slices.Contains(r.Values, "") {
			return fmt.Errorf("%s.values: want values of the claim %q, and none that is empty", at, r.Claim)
		}
		for name, texts := range map[string][]string{".claim": {r.Claim}, ".values": r.Values, ".groups": r.Groups} {
			if err := admitText(at+name, texts); err != nil {
				return err
			}
		}
		if r.AllGroups == (len(r.Groups) > 0) {
			return fmt.Errorf("%s: want either allGroups (true) or groups", at)
		}
		if err := r.access().Check(); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	return nil
}

// access returns what the role gives in the form that clients have: the same rules hold for both.
func (r *Role) access() *auth.Access {
	a := &auth.Access{Groups: r.Groups}
	for _, p := range r.Permissions {
		a.Permissions = append(a.Permissions, string(p))
	}
	return a
}

// claims are the claims that roles read.
func (s *Settings) claims() []string {
	all := []string{}
	for _, r := range s.Roles {
		if !slices.Contains(all, r.Claim) {
			all = append(all, r.Claim)
		}
	}
	return all
}
