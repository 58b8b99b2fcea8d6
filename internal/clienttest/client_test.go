package clienttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
)

// application is a registered client: what `muster client add --json` prints.
type application struct {
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	// identity is its certificate, if it has one.
	*identity `json:"-"`
}

// register adds a client with permissions, a secret and a certificate.
func (s *site) register(name, permissions string) *application {
	s.Helper()
	a := &application{identity: s.issue(name)}
	out := s.run(s.program, "client", "add", name, "--data", s.data, "--json", "--certificate", a.certFile,
		"--permission", permissions)
	if err := json.Unmarshal([]byte(out), a); err != nil {
		s.Fatalf("%v in %s", err, out)
	}
	return a
}

// authorityURL is the address of the application's tenant, which MSAL calls its
// authority.
func (s *site) authorityURL() string { return s.url + "/" + s.app.TenantID }

// scope is what clients of Microsoft's service ask for.
const scope = "https://api.securitycenter.microsoft.com/.default"

// token gets a token plainly.
func (s *site) token() string {
	s.Helper()
	reply, err := s.http.PostForm(s.authorityURL()+"/oauth2/v2.0/token", map[string][]string{
		"client_id": {s.app.ClientID}, "client_secret": {s.app.ClientSecret}, "scope": {scope},
		"grant_type": {"client_credentials"}})
	if err != nil {
		s.Fatal(err)
	}
	defer reply.Body.Close()
	var got struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&got); err != nil || got.AccessToken == "" {
		s.Fatalf("no token: %s, %v", reply.Status, err)
	}
	return got.AccessToken
}

// call is the address of an export.
func (s *site) call(name string) string { return s.url + "/api/machines/" + name }

// pageSize cuts a pull of the fleet's vulnerabilities into several pages.
const pageSize = 500

// vulnerabilities is the address of the first of those pages.
func (s *site) vulnerabilities() string {
	return s.call(fmt.Sprintf("SoftwareVulnerabilitiesByMachine?pageSize=%d", pageSize))
}

// pull follows the pages of an export with a token and returns the ids of all
// rows.
func (s *site) pull(token string) (ids []string) {
	s.Helper()
	for next := s.vulnerabilities(); next != ""; {
		var page defender.Page[struct{ ID string }]
		if err := json.Unmarshal(s.get(http.StatusOK, next, "Authorization: Bearer "+token), &page); err != nil {
			s.Fatal(err)
		}
		for _, row := range page.Value {
			ids = append(ids, row.ID)
		}
		next = page.NextLink
	}
	if len(ids) <= pageSize {
		s.Fatalf("%d rows are one page", len(ids))
	}
	return ids
}

// links asks for the links of a call via files.
func (s *site) links(call string) []string {
	s.Helper()
	var reply defender.ExportFilesResponse
	if err := json.Unmarshal(s.get(http.StatusOK, s.call(call), "Authorization: Bearer "+s.token()), &reply); err != nil {
		s.Fatal(err)
	}
	if len(reply.ExportFiles) == 0 {
		s.Fatalf("%s: no links", call)
	}
	return reply.ExportFiles
}

// equal fails the test where two values differ.
func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
