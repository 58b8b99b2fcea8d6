package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/testneed"
)

// change is a request that changes something, and the status of its reply when there is space.
type change struct {
	method, path, body, contentType string
	status                          int
}

// TestFullDiskAnswers503 prevents all writing to files, like a full disk, and sends each request
// that changes something: the sender is told to try again, and later it works. It runs in a
// process of its own, since the limit applies to all files of a process, also those that go test
// writes.
func TestFullDiskAnswers503(t *testing.T) { testneed.Alone(t, testFullDisk) }

func testFullDisk(t *testing.T) {
	l := newLab(t)
	for i := range 2 { // a repair writes a file of the second again
		l.seal(l.fleet(0, 10*i, 10*i+3, 2))
		l.advance(time.Hour)
	}
	l.damage(30, "/DeltaVa/", "/1300/")
	made := l.addClient(`{"name":"spare","permissions":["Software.Read.All"]}`)
	other := l.addClient(`{"name":"other","permissions":["Software.Read.All"]}`)
	racks := l.invite(`{"name":"racks","count":5}`)
	shelves := l.invite(`{"name":"shelves"}`)
	device := l.accept(report("one.example.com", "1.0"), jsonBody).Reports[0].DeviceID
	enrolled := fmt.Sprintf(`{"secret":%q,"device":{"name":"two","id":"%040x"}}`, racks.Secret, 2)
	var second deviceCredential
	l.decode(l.send(http.MethodPost, "/v1/enroll", enrolled), http.StatusCreated, &second)
	l.device(second)
	l.accept(said("two", `,"tags":["claimed"]`, "collect", "1"), jsonBody)
	l.manager()
	credential := l.clientCredential(other.ClientID)
	ours, theirs := l.signer(1), l.signer(2)
	var trusted control.BundleKey
	l.change(http.MethodPost, "/v1/bundle/keys", `{"key":"`+ours.Public().String()+`","name":"site"}`, &trusted)
	own := newSigner(t)
	app := l.certified(own)
	assertion := asserted(app, own.sign(map[string]any{"iss": app.ClientID, "sub": app.ClientID,
		"aud": l.server.URL + newer(app), "jti": "once",
		"nbf": l.clock().Unix(), "exp": l.clock().Unix() + 600}))
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {made.ClientID},
		"client_secret": {made.ClientSecret}, "scope": {"api://muster/.default"}}
	l.equal("a feed", l.put("/v1/feeds/nvd/old?file=page.json", nvd).StatusCode, http.StatusOK)
	l.equal("a group", l.put("/v1/groups", `{"groups":["Web"]}`).StatusCode, http.StatusOK)
	var excepted control.Exception
	l.decode(l.send(http.MethodPost, "/v1/exceptions", `{"cve":"CVE-2024-0001","reason":"r"}`), http.StatusCreated, &excepted)
	l.equal("a title", l.send(http.MethodPost, "/v1/titles", `{"vendor":"acme","name":"shuttle","product":"none"}`).StatusCode,
		http.StatusOK)
	l.equal("a rule", l.put("/v1/notices/rules/old", labRule).StatusCode, http.StatusOK)
	changes := []change{
		{http.MethodPut, "/v1/notices/rules/new", labRule, "application/json", 200},
		{http.MethodDelete, "/v1/notices/rules/old", "", "", 204},
		{http.MethodPost, "/v1/titles", `{"vendor":"acme","name":"rocket","product":"none"}`, "", 200},
		{http.MethodDelete, "/v1/titles?vendor=acme&name=shuttle", "", "", 200},
		{http.MethodPost, "/v1/bundle/keys", `{"key":"` + theirs.Public().String() + `","name":"other"}`, "application/json", 200},
		{http.MethodPost, "/v1/bundle", string(l.bundleOf(&ours, kevOf(5), nil)), "application/octet-stream", 200},
		{http.MethodDelete, "/v1/bundle/keys/" + trusted.ID, "", "", 204},
		{http.MethodPost, "/v1/exceptions", `{"cve":"CVE-2024-0002","reason":"r"}`, "application/json", 201},
		{http.MethodPost, "/v1/exceptions/import", "cve,reason\nCVE-2024-0003,r\n", "application/octet-stream", 200},
		{http.MethodDelete, "/v1/exceptions/" + excepted.ID, "", "", 204},
		{http.MethodPost, "/v1/repair", "", "", 200},
		{http.MethodPost, "/v1/sign-ins", "", "", 201},
		{http.MethodDelete, "/v1/sessions/02" + strings.Repeat("00", 15), "", "", 204},
		{http.MethodDelete, "/v1/sessions?all=true", "", "", 200},
		{http.MethodPost, "/v1/reports", report("three.example.com", "1.0"), "application/json", 202},
		{http.MethodPost, "/v1/enroll", fmt.Sprintf(`{"secret":%q,"device":{"name":"four","id":"%040x"}}`, racks.Secret, 4),
			"application/json", 201},
		{http.MethodPost, newer(app), assertion, "application/x-www-form-urlencoded", 200},
		{http.MethodPost, "/v1/clients", `{"name":"new","permissions":["Software.Read.All"]}`, "", 201},
		{http.MethodPatch, "/v1/clients/" + made.ClientID, `{"name":"renamed"}`, "", 200},
		{http.MethodPost, "/v1/clients/" + made.ClientID + "/rotate", `{}`, "", 201},
		{http.MethodPost, "/v1/clients/" + made.ClientID + "/certificates",
			`{"certificate":` + quoted(certificate(t, noon.AddDate(1, 0, 0))) + `}`, "", 201},
		{http.MethodDelete, "/v1/clients/" + other.ClientID + "/credentials/" + credential, "", "", 204},
		{http.MethodDelete, "/v1/clients/" + other.ClientID, "", "", 204},
		{http.MethodPut, "/v1/groups", `{"rules":[{"group":"Web","name":"web*"}]}`, "", 200},
		{http.MethodDelete, "/v1/groups/1", "", "", 200},
		{http.MethodPost, "/v1/organizations", `{"name":"Example Ltd"}`, "", 201},
		{http.MethodPost, "/v1/enrollments", `{"name":"new"}`, "", 201},
		{http.MethodDelete, "/v1/enrollments/" + shelves.ID, "", "", 204},
		{http.MethodPut, fmt.Sprintf("/v1/devices/%040x/claims", 2), `{"tags":["claimed"]}`, "", 204},
		{http.MethodDelete, fmt.Sprintf("/v1/devices/%040x/credential", 2), "", "", 204},
		{http.MethodPut, "/v1/devices/" + device + "/admission", "", "", 204},
		{http.MethodPost, "/v1/keys/link/rotate", "", "", 201},
		{http.MethodPut, "/v1/feeds/nvd/nvd?file=page.json", nvd, "application/octet-stream", 200},
		{http.MethodPost, "/v1/feeds?kind=nvd&file=page.json", nvd, "application/octet-stream", 200},
		{http.MethodDelete, "/v1/feeds/nvd/old", "", "", 200},
		{http.MethodPost, "/v1/generations?wait=true", "", "", 200},
		{http.MethodDelete, "/v1/devices/" + device, "", "", 204},
	}
	l.coversAll(changes)
	sessions, now := l.store.Access.Sessions(), l.clock()
	code := access.Session{Hash: [32]byte{1}, Organization: organization.Default, Expires: now.Add(time.Hour)}
	if err := sessions.AddSignIn(l.Context(), code, now); err != nil {
		t.Fatal(err)
	}
	if _, err := sessions.SignIn(l.Context(), code.Hash, [32]byte{2}, now, code.Expires, now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	restore := testneed.LimitFiles(t, 1) // files cannot even use their free space
	for _, c := range changes {
		got := l.do(c.method, c.path, strings.NewReader(c.body), "Content-Type: "+c.contentType)
		if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" ||
			!strings.Contains(string(got.body), "disk is full") {
			t.Errorf("%s %s on a full disk: status %d, Retry-After %q: %s", c.method, c.path, got.StatusCode,
				got.Header.Get("Retry-After"), got.body)
		}
	}
	l.equal("reading goes on", l.get("/v1/devices").StatusCode, http.StatusOK)
	l.equal("a token for a secret writes nothing",
		l.do(http.MethodPost, "/"+org+"/oauth2/v2.0/token", strings.NewReader(form.Encode())).StatusCode, http.StatusOK)
	restore()
	for _, c := range changes {
		if got := l.do(c.method, c.path, strings.NewReader(c.body),
			"Content-Type: "+c.contentType); got.StatusCode != c.status {
			t.Errorf("%s %s with room again: status %d, want %d: %s", c.method, c.path, got.StatusCode, c.status, got.body)
		}
	}
}

// coversAll compares a list of changes with the description of the API: whoever adds an operation
// that changes something adds it here.
func (l *lab) coversAll(changes []change) {
	l.Helper()
	var described struct {
		Paths map[string]map[string]json.RawMessage
	}
	l.decode(l.get("/openapi.json"), http.StatusOK, &described)
	elsewhere := []string{"/v1/verify", "/v1/groups/rehearsal", "/v1/notices/rehearsal", "/v1/feeds/refresh", "/{tenant}/oauth2/token",
		"/v1/notices/rules/{name}/test", // it only reads, as do the first two
		"/api/advancedqueries/run"}      // it fetches first; it is like the newer call; it is not implemented
	for path, operations := range described.Paths {
		for method := range operations {
			method = strings.ToUpper(method)
			known := method == http.MethodGet || method == http.MethodHead || method == "PARAMETERS" ||
				slices.Contains(elsewhere, path) ||
				slices.ContainsFunc(changes, func(c change) bool { return c.method == method && isAt(path, c.path) })
			if !known {
				l.Errorf("%s %s is not tried", method, path)
			}
		}
	}
}

// isAt tells whether a path matches a pattern.
func isAt(pattern, path string) bool {
	path, _, _ = strings.Cut(path, "?")
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i := range want {
		if i >= len(got) || want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return len(want) == len(got)
}

// clientCredential is the id of a client's only credential.
func (l *lab) clientCredential(client string) string {
	l.Helper()
	all, err := l.store.Access.ClientCredentials(l.Context(), client)
	if err != nil || len(all) != 1 {
		l.Fatalf("credentials %v, %v", all, err)
	}
	return all[0].ID
}

func quoted(text string) string {
	data, _ := json.Marshal(text) // texts cannot fail
	return string(data)
}
