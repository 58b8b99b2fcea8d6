package clienttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
)

// application is a registered client, as `muster client add --json` prints it.
type application struct {
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	// identity is the client's certificate, if it has one.
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

// authorityURL is the URL of the application's tenant. MSAL calls it the authority.
func (s *site) authorityURL() string { return s.url + "/" + s.app.TenantID }

// scope is the scope that clients of Microsoft's service request.
const scope = "https://api.securitycenter.microsoft.com/.default"

// token requests a token with net/http.
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

// call is the URL of an export.
func (s *site) call(name string) string { return s.url + "/api/machines/" + name }

// pageSize makes a pull of the fleet's vulnerabilities take several pages.
const pageSize = 500

// vulnerabilities is the URL of the first page.
func (s *site) vulnerabilities() string {
	return s.call(fmt.Sprintf("SoftwareVulnerabilitiesByMachine?pageSize=%d", pageSize))
}

// pull reads all pages of an export with a token and returns the ids of all rows.
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
		s.Fatalf("%d rows fit one page: want more", len(ids))
	}
	return ids
}

// links requests the links of a call that exports files.
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

// equal fails the test if two values differ.
func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
