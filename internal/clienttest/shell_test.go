package clienttest

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/testneed"
)

// useShell sends with curl what scripts in PowerShell and shells send, including common mistakes
// and ways of escaping secrets.
func useShell(t *testing.T, s *site) {
	v1, v2 := s.authorityURL()+"/oauth2/token", s.authorityURL()+"/oauth2/v2.0/token"
	const resource = "resource=https%3A%2F%2Fapi.securitycenter.microsoft.com"
	const scoped = "scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default"
	id := "client_id=" + s.app.ClientID
	const grant = "grant_type=client_credentials"
	for _, test := range []struct {
		name string
		args []string
	}{
		{"The older `POST /{tenant}/oauth2/token` takes `resource` where the other takes `scope`",
			[]string{v1, "-d", resource, "-d", id, "--data-urlencode", "client_secret=" + s.app.ClientSecret, "-d", grant}},
		{"Invoke-RestMethod of Windows PowerShell",
			[]string{v1, "-A", "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.4391",
				"-H", "Expect: 100-continue",
				"-H", "Content-Type: application/x-www-form-urlencoded", "-d",
				strings.Join([]string{grant, id, "client_secret=" + s.app.ClientSecret, resource}, "&")}},
		{"a secret of which every character is escaped",
			[]string{v2, "-d", scoped, "-d", id, "-d", "client_secret=" + escapeAll(s.app.ClientSecret), "-d", grant}},
		{"The secret comes in the form or by HTTP Basic",
			[]string{v2, "-u", s.app.ClientID + ":" + s.app.ClientSecret, "-d", scoped, "-d", grant}},
		{"HTTP Basic, escaped as RFC 6749 wants it",
			[]string{v2, "-u", s.app.ClientID + ":" + escapeAll(s.app.ClientSecret), "-d", scoped, "-d", grant}},
		{"a scope without `/.default`", []string{v2, "-d", strings.TrimSuffix(scoped, "%2F.default"), "-d", id, "-d",
			"client_secret=" + s.app.ClientSecret, "-d", grant}},
		{"a tenant in capitals", []string{strings.Replace(v2, s.app.TenantID, strings.ToUpper(s.app.TenantID), 1), "-d",
			scoped, "-d", id, "-d", "client_secret=" + s.app.ClientSecret, "-d", grant}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got struct {
				Type    string      `json:"token_type"`
				Expires json.Number `json:"expires_in"`
				Token   string      `json:"access_token"`
			}
			s.curlJSON(&got, append([]string{"-f"}, test.args...)...)
			if got.Type != "Bearer" || got.Expires.String() != "3599" || got.Token == "" {
				t.Errorf("token %+v", got)
			}
		})
	}
	t.Run("A `GET` may carry `Content-Type: application/json`", func(t *testing.T) {
		s.readPage("-H", "Content-Type: application/json", "-H", "Accept: application/json")
	})
	t.Run("the headers of a reader of OData feeds", func(t *testing.T) {
		s.readPage("-H", "OData-Version: 4.0", "-H", "OData-MaxVersion: 4.0", "-H", "Prefer: odata.maxpagesize=1000",
			"-H", "Accept: application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atom+xml;q=0.8")
	})
	t.Run("A bearer token that comes along does no harm", func(t *testing.T) {
		part := s.part()
		file := filepath.Join(t.TempDir(), "part")
		s.curl("-f", "-o", file, "-H", "Authorization: Bearer "+s.token(), "-H", "Content-Type: application/json", part.link)
		equal(t, "SHA-256", strings.Fields(s.run(testneed.Command(t, "sha256sum"), file))[0], part.sum())
	})
	t.Run("a download that is continued", func(t *testing.T) {
		part := s.part()
		file := filepath.Join(t.TempDir(), "part")
		s.curl("-f", "-o", file, "-r", "0-99999", part.link)
		s.curl("-f", "-o", file, "-C", "-", part.link)
		equal(t, "SHA-256", strings.Fields(s.run(testneed.Command(t, "sha256sum"), file))[0], part.sum())
	})
	t.Run("The token call refuses with 400 or 401", func(t *testing.T) {
		var got struct {
			Error       string
			Description string `json:"error_description"`
			Codes       []int  `json:"error_codes"`
		}
		s.curlJSON(&got, v2, "-d", scoped, "-d", id, "--data-urlencode", "client_secret=p+q/&=%25 ü", "-d", grant)
		if got.Error != "invalid_client" || !strings.HasPrefix(got.Description, "AADSTS7000215: ") || len(got.Codes) != 1 ||
			got.Codes[0] != 7000215 {
			t.Errorf("error %+v", got)
		}
	})
}

// curl runs curl, which trusts only the authority.
func (s *site) curl(args ...string) string {
	s.Helper()
	return s.run(testneed.Command(s, "curl"), append([]string{"-sS", "--cacert", s.authority.File}, args...)...)
}

// curlJSON runs curl and decodes its output.
func (s *site) curlJSON(into any, args ...string) {
	s.Helper()
	out := s.curl(args...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		s.Fatalf("%v in %q", err, out)
	}
}

// readPage reads a page with curl and additional headers.
func (s *site) readPage(headers ...string) {
	s.Helper()
	var page struct{ Value []json.RawMessage }
	s.curlJSON(&page, append([]string{"-f", "-H", "Authorization: Bearer " + s.token(), s.vulnerabilities()},
		headers...)...)
	equal(s.TB, "rows", len(page.Value), pageSize)
}

// escapeAll writes every character as % and two hex digits, which forms allow.
func escapeAll(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
