package api_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/access"
)

var (
	guid   = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	secret = regexp.MustCompile(`mst_[A-Za-z0-9_-]+`)
)

// exchange sends a body, and records request and reply.
func (l *lab) exchange(method, path, body string) string {
	l.Helper()
	got := l.do(method, path, strings.NewReader(body))
	text := fmt.Sprintf("%s %s\n%s\n%d\n%s\n", method, path, body, got.StatusCode, got.body)
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.with)
	}
	text = strings.ReplaceAll(text, org, "HOME")
	return secret.ReplaceAllString(guid.ReplaceAllString(text, "GUID"), "SECRET")
}

// change sends a body that must be accepted, and decodes the reply.
func (l *lab) change(method, path, body string, into any) {
	l.Helper()
	got := l.do(method, path, strings.NewReader(body))
	if got.StatusCode >= 300 {
		l.Fatalf("%s %s: status %d: %s", method, path, got.StatusCode, got.body)
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		l.Fatalf("%s %s: %v in %s", method, path, err, got.body)
	}
}

// addClient makes a client.
func (l *lab) addClient(body string) (made control.Issued) {
	l.Helper()
	l.change(http.MethodPost, "/v1/clients", body, &made)
	return made
}

// TestGoldenAccess compares the replies of clients, groups and organizations with the golden file.
func TestGoldenAccess(t *testing.T) {
	l := newLab(t)
	var text strings.Builder
	for _, call := range []struct{ method, path, body string }{
		{"GET", "/v1/clients", ""},
		{"POST", "/v1/clients", `{"name":"siem","permissions":["Vulnerability.Read.All","Software.Read.All","Software.Read.All"]}`},
		{"POST", "/v1/clients", `{"name":"web team","permissions":["Software.Read.All"],"groups":["Web","unassigned"],"lifetimeSeconds":86400}`},
		{"GET", "/v1/clients", ""},
		{"GET", "/v1/groups", ""},
		{"PUT", "/v1/groups", `{"groups":["Lab"],"rules":[{"group":"Web","name":"web*"}]}`},
		{"GET", "/v1/groups", ""},
		{"POST", "/v1/organizations", `{"name":"Example Ltd"}`},
		{"POST", "/v1/organizations", `{"name":"Example Ltd"}`},
		{"GET", "/v1/organizations", ""},
	} {
		text.WriteString(l.exchange(call.method, call.path, call.body))
	}
	l.golden("access", text.String())
}

// Invalid access is refused, with what is wrong and where.
func TestRefusedClients(t *testing.T) {
	l := newLab(t)
	l.addClient(`{"name":"taken","permissions":["Software.Read.All"]}`)
	for _, test := range []struct {
		body, code, says string
		status           int
	}{
		{`{"name":"x","permissions":[]}`, "InvalidInput",
			fmt.Sprintf("permissions is empty, must be some of %q", auth.Permissions()), 400},
		{`{"name":"x","permissions":["Alert.Read.All"]}`, "InvalidInput",
			`permission "Alert.Read.All" is none of ["Vulnerability.Read.All"`, 400},
		{`{"name":"x","permissions":["Reports.Write.Own"]}`, "InvalidInput", `"Reports.Write.Own" is none of`, 400},
		{`{"name":"x","permissions":["Muster.Manage.All"],"groups":["Web"]}`, "InvalidInput",
			`Muster.Manage.All is for clients that see all groups`, 400},
		{`{"name":"x","permissions":["Software.Read.All"],"groups":[]}`, "InvalidInput", `groups is empty`, 400},
		{`{"name":"x","permissions":["Software.Read.All"],"groups":["a\u0007"]}`, "InvalidInput",
			`characters that cannot be printed`, 400},
		{`{"name":"x","permission":["Software.Read.All"]}`, "InvalidInput", `unknown field "permission"`, 400},
		{`{"name":"x","permissions":["Software.Read.All"]} {}`, "InvalidInput", `more than one JSON object`, 400},
		{`[]`, "InvalidInput", `not a JSON object`, 400},
		{``, "InvalidInput", `name is ""`, 400},
		{`{"name":" \u0007","permissions":["Software.Read.All"]}`, "InvalidInput", `name is " \a"`, 400},
		{`{"name":"` + strings.Repeat("x", 201) + `","permissions":["Software.Read.All"]}`, "InvalidInput",
			`must be 1 to 200 printable`, 400},
		{`{"name":"x","permissions":["Software.Read.All"],"lifetimeSeconds":"1"}`, "InvalidInput",
			`cannot unmarshal string`, 400},
		{`{"name":"x","permissions":["Software.Read.All"],"lifetimeSeconds":-1}`, "InvalidInput",
			`lifetimeSeconds is -1, must be 1 to 315360000`, 400},
		{`{"name":"x","permissions":["Software.Read.All"],"secret":false}`, "InvalidInput",
			`a client needs a credential`, 400},
		{`{"name":"x","permissions":["Software.Read.All"],"certificate":"nothing"}`, "InvalidInput",
			`certificate cannot be used`, 400},
		{`{"name":"taken","permissions":["Software.Read.All"]}`, "Conflict", `a client named "taken" exists already`, 409},
		{strings.Repeat(" ", 64<<10) + `{}`, "RequestEntityTooLarge", `more than 65536 bytes`, 413},
	} {
		if said := l.refused(l.do(http.MethodPost, "/v1/clients", strings.NewReader(test.body)), test.status,
			test.code); !strings.Contains(said, test.says) {
			t.Errorf("%.100s: %q, want %q", test.body, said, test.says)
		}
	}
	l.refused(l.do(http.MethodPost, "/v1/clients", strings.NewReader(`{}`), "Content-Encoding: gzip"),
		415, "UnsupportedMediaType")
	left, _, err := l.store.Access.Clients(t.Context(), org)
	if err != nil || len(left) != 1 {
		t.Errorf("%d clients are there (%v), want 1", len(left), err)
	}
}

// A client of another organization, or of a device, gets the same error as one that does not exist:
// law 5.
func TestForeignClientsAreNotThere(t *testing.T) {
	l := newLab(t)
	var other control.Issued
	l.change(http.MethodPost, "/v1/organizations", `{"name":"Other"}`, &other)
	device := access.Client{ID: "00000000-0000-4000-8000-000000000001", Organization: org, Name: "pad",
		Device: "1", Created: noon}
	if err := l.store.Access.AddClient(t.Context(), device); err != nil {
		t.Fatal(err)
	}
	const nobody = "00000000-0000-4000-8000-000000000000"
	for _, call := range []struct{ method, path, body string }{
		{"GET", "/v1/clients/%s", ""}, {"DELETE", "/v1/clients/%s", ""}, {"PATCH", "/v1/clients/%s", `{"name":"x"}`},
		{"POST", "/v1/clients/%s/rotate", "{}"},
		{"POST", "/v1/clients/%s/certificates", fmt.Sprintf(`{"certificate":%q}`, certificate(t, noon.AddDate(1, 0, 0)))},
		{"DELETE", "/v1/clients/%s/credentials/1", ""},
	} {
		ask := func(id string) string {
			return strings.ReplaceAll(l.exchange(call.method, fmt.Sprintf(call.path, id), call.body), id, "ID")
		}
		want := ask(nobody)
		if !strings.Contains(want, `"code":"ResourceNotFound"`) {
			t.Errorf("%s", want)
		}
		l.equal("a client of another organization", ask(other.ClientID), want)
		l.equal("a device", ask(device.ID), want)
	}
	if _, err := l.store.Access.Client(t.Context(), other.ClientID); err != nil {
		t.Errorf("the foreign client: %v", err)
	}
}

// Whatever the order of two concurrent rotations, both secrets that were returned are valid, and no
// others.
func TestRotationRace(t *testing.T) {
	l := newLab(t)
	first := l.addClient(`{"name":"siem","permissions":["Software.Read.All"]}`)
	var rotating sync.WaitGroup
	made := make([]control.Issued, 2)
	for i := range made {
		rotating.Go(func() { l.change(http.MethodPost, "/v1/clients/"+first.ClientID+"/rotate", "", &made[i]) })
	}
	rotating.Wait()
	kept, err := l.store.Access.ClientCredentials(t.Context(), first.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	good := map[[32]byte]bool{}
	for _, c := range kept {
		good[c.Hash] = true
	}
	l.equal("what is good", good, map[[32]byte]bool{auth.HashSecret(made[0].ClientSecret): true,
		auth.HashSecret(made[1].ClientSecret): true})
}

func TestRotation(t *testing.T) {
	l := newLab(t)
	first := l.addClient(`{"name":"siem","permissions":["Software.Read.All"]}`)
	path := "/v1/clients/" + first.ClientID
	var second, third control.Issued
	l.change(http.MethodPost, path+"/rotate", `{"lifetimeSeconds":172800}`, &second)
	tomorrow, after := noon.Add(24*time.Hour), noon.Add(48*time.Hour)
	l.equal("when the old one ends", second.PreviousExpiresTime, &tomorrow)
	l.equal("when the new one ends", second.ExpiresTime, &after)
	if second.ClientSecret == first.ClientSecret || second.ClientID != first.ClientID || second.Name != "siem" {
		t.Errorf("rotated %+v to %+v", first, second)
	}
	l.change(http.MethodPost, path+"/rotate", `{"keepSeconds":0}`, &third)
	if third.PreviousExpiresTime != nil {
		t.Errorf("with keep 0 the old one is good until %v", third.PreviousExpiresTime)
	}
	var shown struct {
		Credentials []struct{ ID, Kind, Hint string }
	}
	l.decode(l.get(path), 200, &shown)
	if len(shown.Credentials) != 1 || !strings.HasPrefix(third.ClientSecret, shown.Credentials[0].Hint) {
		t.Errorf("left are %+v, want the start of %s", shown, third.ClientSecret)
	}
	for _, body := range []string{`{"keepSeconds":-1}`, `{"keepSeconds":7776001}`, `{"keepSeconds":"1"}`,
		`{"lifetimeSeconds":0}`} {
		l.refused(l.do(http.MethodPost, path+"/rotate", strings.NewReader(body)), 400, defender.CodeInvalidInput)
	}
}

// A change keeps what it does not name, and has the same limits as a new client.
func TestChangedClient(t *testing.T) {
	l := newLab(t)
	made := l.addClient(`{"name":"siem","permissions":["Software.Read.All"],"groups":["Web","Unassigned"]}`)
	l.addClient(`{"name":"taken","permissions":["Software.Read.All"]}`)
	path := "/v1/clients/" + made.ClientID
	type shown struct {
		Name                           string
		Permissions, Groups, NewGroups []string
		Credentials                    []struct{ ID string }
	}
	for _, step := range []struct {
		body string
		want shown
	}{
		{`{"name":"renamed"}`, shown{"renamed", []string{"Software.Read.All"}, []string{"None", "Web"}, nil, nil}},
		{`{"permissions":["Vulnerability.Read.All"],"groups":["Lab"]}`,
			shown{"renamed", []string{"Vulnerability.Read.All"}, []string{"Lab"}, []string{"Lab"}, nil}},
		{`{"allGroups":true,"permissions":["Muster.Manage.All"]}`,
			shown{"renamed", []string{"Muster.Manage.All"}, nil, nil, nil}},
		{`{}`, shown{"renamed", []string{"Muster.Manage.All"}, nil, nil, nil}},
	} {
		var got, after shown
		l.change(http.MethodPatch, path, step.body, &got)
		l.decode(l.get(path), 200, &after)
		if len(got.Credentials) != 1 || got.Credentials[0] != after.Credentials[0] {
			t.Errorf("%s: proved by %v, then by %v", step.body, got.Credentials, after.Credentials)
		}
		got.Credentials, after.Credentials = nil, nil
		l.equal(step.body, got, step.want)
		step.want.NewGroups = nil
		l.equal("shown after "+step.body, after, step.want)
	}
	for body, status := range map[string]int{
		`{"groups":["Web"]}`: 400, `{"permissions":[]}`: 400, `{"permissions":["x"]}`: 400,
		`{"allGroups":true,"groups":["Web"]}`: 400,
		`{"groups":[]}`:                       400, `{"secret":true}`: 400, `{"name":"\u0000"}`: 400, `{"name":"taken"}`: 409,
	} {
		if got := l.do(http.MethodPatch, path, strings.NewReader(body)); got.StatusCode != status {
			t.Errorf("%s: status %d, want %d: %s", body, got.StatusCode, status, got.body)
		}
	}
}

// certificate makes a certificate in PEM form.
func certificate(t testing.TB, until time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "collector"},
		NotBefore: noon.Add(-time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestCertificates(t *testing.T) {
	l := newLab(t)
	until := noon.AddDate(1, 0, 0)
	asked, err := json.Marshal(map[string]any{"name": "collector", "permissions": []string{"Reports.Write.All"},
		"secret": false, "certificate": certificate(t, until)})
	if err != nil {
		t.Fatal(err)
	}
	made := l.addClient(string(asked))
	if made.ClientSecret != "" || made.ExpiresTime != nil {
		t.Errorf("made %+v, want no secret", made)
	}
	path := "/v1/clients/" + made.ClientID
	add := func(pem string) reply {
		return l.do(http.MethodPost, path+"/certificates", strings.NewReader(fmt.Sprintf(`{"certificate":%q}`, pem)))
	}
	next := certificate(t, until)
	l.equal("a second one", add(next).StatusCode, 201)
	l.refused(add(next), 409, "Conflict")
	l.refused(add(certificate(t, until)), 409, "Conflict")
	l.refused(add(certificate(t, noon)), 400, defender.CodeInvalidInput)
	var shown struct {
		Credentials []struct {
			ID, Kind, Hint string
			ExpiresTime    *time.Time
		}
	}
	l.decode(l.get(path), 200, &shown)
	if len(shown.Credentials) != 2 || shown.Credentials[0].Kind != "certificate" ||
		!strings.HasPrefix(shown.Credentials[0].Hint, "CN=collector ") || !shown.Credentials[0].ExpiresTime.Equal(until) {
		t.Fatalf("shown %+v", shown)
	}
	first := path + "/credentials/" + shown.Credentials[0].ID
	l.equal("removed", l.do(http.MethodDelete, first, nil).StatusCode, 204)
	l.refused(l.do(http.MethodDelete, first, nil), 404, defender.CodeResourceNotFound)
	l.equal("room for another", add(certificate(t, until)).StatusCode, 201)
}

// Invalid rules are refused with the place of the error, and the old rules stay.
func TestRefusedGroups(t *testing.T) {
	l := newLab(t)
	const good = `{"rules":[{"group":"Web","name":"web*"}]}`
	var kept struct{ Rules json.RawMessage }
	l.change(http.MethodPut, "/v1/groups", good, &kept)
	for _, test := range []struct{ body, says string }{
		{`{"rules":[{"group":"Web"}]}`, "rules[0]"}, {`{"rules":[{"group":"None","name":"*"}]}`, "rules[0].group"},
		{`{"rules":`, "line 1"}, {``, "line 1"},
	} {
		if said := l.refused(l.do(http.MethodPut, "/v1/groups", strings.NewReader(test.body)), 400,
			defender.CodeInvalidInput); !strings.Contains(said, test.says) {
			t.Errorf("%s: %q, want %q", test.body, said, test.says)
		}
	}
	l.refused(l.do(http.MethodPut, "/v1/groups", strings.NewReader(strings.Repeat(" ", 1<<20)+"{}")),
		413, "RequestEntityTooLarge")
	l.decode(l.get("/v1/groups"), 200, &kept)
	l.equal("rules that stay", string(kept.Rules), good)
}

// Every change of access is recorded, with its caller and without secrets.
func TestAuditOfAccess(t *testing.T) {
	l, log := audited(t)
	made := l.addClient(`{"name":"siem","permissions":["Software.Read.All"]}`)
	var rotated, other control.Issued
	l.change(http.MethodPost, "/v1/clients/"+made.ClientID+"/rotate", "", &rotated)
	l.change(http.MethodPost, "/v1/organizations", `{"name":"Other"}`, &other)
	l.do(http.MethodPut, "/v1/groups", strings.NewReader(`{"rules":[{"group":"Web","name":"web*"}]}`))
	lines := log.lines(l, l.do(http.MethodDelete, "/v1/clients/"+made.ClientID, nil))
	var got []any
	for _, line := range lines {
		got = append(got, line["event"])
	}
	l.equal("events", got, []any{"add client", "rotate secret", "add organization", "change groups", "remove client"})
	l.equal("the client", []any{lines[0]["client"], lines[0]["clientName"]}, []any{made.ClientID, "siem"})
	l.equal("the organization", lines[2]["tenant"], any(other.TenantID))
	for _, who := range []control.Issued{made, rotated, other} {
		if strings.Contains(log.text.String()+l.log.String(), who.ClientSecret) {
			t.Errorf("the secret of %s is in a log", who.Name)
		}
	}
}

// FuzzAccess sends any body to the calls that change access.
func FuzzAccess(f *testing.F) {
	l, handler := fuzzed(f)
	made := l.addClient(`{"name":"siem","permissions":["Software.Read.All"]}`)
	calls := [][2]string{
		{"POST", "/v1/clients"}, {"POST", "/v1/clients/" + made.ClientID + "/rotate"},
		{"POST", "/v1/clients/" + made.ClientID + "/certificates"},
		{"PUT", "/v1/groups"}, {"POST", "/v1/organizations"}, {"POST", "/v1/enrollments"},
		{"PATCH", "/v1/clients/" + made.ClientID},
	}
	for i, body := range []string{
		`{"name":"x","permissions":["Software.Read.All"],"groups":["Web"],"lifetimeSeconds":1}`, `{"keepSeconds":0}`,
		`{"certificate":"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----"}`,
		`{"groups":["a"],"rules":[{"group":"b","name":"*"}]}`, `{"name":"` + "\u0000" + `"}`,
		`{"name":"x","count":1e9}`, `{"allGroups":true}`,
	} {
		f.Add(uint8(i), body)
	}
	f.Fuzz(func(t *testing.T, n uint8, body string) {
		call := calls[int(n)%len(calls)]
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(call[0], "http://localhost"+call[1], strings.NewReader(body)))
		harmless(t, w)
	})
}

// If a manager's rules and a report's tags together take too much work, that report is refused,
// and the error names the rules.
func TestRulesThatTakeTooMuchWorkAreNamed(t *testing.T) {
	l := newLab(t)
	rule := `,{"group":"Trap","tag":"*` + strings.Repeat("a", 24) + `?c*b"}`
	l.change(http.MethodPut, "/v1/groups", `{"rules":[`+strings.Repeat(rule, rbac.MaxRules)[1:]+`]}`, &struct{}{})
	tags := make([]string, inventory.MaxTags)
	for i := range tags {
		tags[i] = fmt.Sprintf("c%02d%sb", i, strings.Repeat("a", 247))
	}
	report := func(tags ...string) reply {
		body, err := json.Marshal(map[string]any{"device": map[string]any{"name": "host", "tags": tags}})
		if err != nil {
			t.Fatal(err)
		}
		return l.do(http.MethodPost, "/v1/reports", bytes.NewReader(body), jsonBody)
	}
	said := l.refused(report(tags...), 409, "Conflict")
	for _, want := range []string{"group rules", "100 tags", "10000 rules"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q does not say %q", said, want)
		}
	}
	l.equal("the same device with one tag", report("prod").StatusCode, http.StatusAccepted)
}

// A refused client leaves nothing behind, not even a group: a group takes one of the limited
// numbers of an organization.
func TestARefusedClientLeavesNoGroupBehind(t *testing.T) {
	l := newLab(t)
	l.addClient(`{"name":"taken","permissions":["Software.Read.All"]}`)
	made := l.addClient(`{"name":"reader","permissions":["Software.Read.All"],"groups":["Seen"]}`)
	l.equal("groups of the reply", []any{made.Groups, made.NewGroups}, []any{[]string{"Seen"}, []string{"Seen"}})
	for _, refused := range []reply{
		l.do(http.MethodPost, "/v1/clients",
			strings.NewReader(`{"name":"taken","permissions":["Software.Read.All"],"groups":["Left"]}`)),
		l.do(http.MethodPatch, "/v1/clients/"+made.ClientID, strings.NewReader(`{"name":"taken","groups":["Left"]}`)),
	} {
		l.refused(refused, 409, "Conflict")
	}
	var all struct {
		Groups []struct {
			Name string `json:"rbacGroupName"`
		}
	}
	l.decode(l.get("/v1/groups"), 200, &all)
	if len(all.Groups) != 2 || all.Groups[1].Name != "Seen" {
		t.Errorf("groups %v, want Seen alone", all.Groups)
	}
}

// New things cannot have names that look like other names, or like nothing.
func TestLabelsShowAllOfTheirCharacters(t *testing.T) {
	l := newLab(t)
	for _, blank := range []string{"\u115F", "\u1160", "\u3164", "\uFFA0", "\u034F", "\uFE0F", "\U000E0100",
		"\u2800", "\u200B", "\u202E"} {
		name := "re" + blank + "ader"
		for what, answer := range map[string]reply{
			"client": l.do(http.MethodPost, "/v1/clients",
				strings.NewReader(`{"name":"`+name+`","permissions":["Software.Read.All"]}`)),
			"group": l.do(http.MethodPost, "/v1/clients",
				strings.NewReader(`{"name":"a","permissions":["Software.Read.All"],"groups":["`+name+`"]}`)),
			"ruled group": l.do(http.MethodPut, "/v1/groups",
				strings.NewReader(`{"rules":[{"group":"`+name+`","name":"*"}]}`)),
			"organization": l.do(http.MethodPost, "/v1/organizations", strings.NewReader(`{"name":"`+name+`"}`)),
			"enrolment":    l.do(http.MethodPost, "/v1/enrollments", strings.NewReader(`{"name":"`+name+`"}`)),
		} {
			if answer.StatusCode != http.StatusBadRequest {
				t.Errorf("%s %+q: status %d, want 400", what, name, answer.StatusCode)
			}
		}
	}
}

// The last manager cannot be removed over the network.
func TestLastManagerStays(t *testing.T) {
	l := newLab(t)
	app := l.addClient(`{"name":"only","permissions":["Muster.Manage.All"]}`)
	l.config.Trusted = nil
	l.start()
	var reply tokenReply
	l.decode(l.askToken(newer(app), formOf(app)), http.StatusOK, &reply)
	only := "/v1/clients/" + app.ClientID
	l.refused(l.do(http.MethodDelete, only, nil, bearer(reply.AccessToken)), http.StatusConflict, control.CodeLastManager)
	l.refused(l.do(http.MethodPatch, only, strings.NewReader(`{"permissions":["Software.Read.All"]}`),
		bearer(reply.AccessToken)),
		http.StatusConflict, control.CodeLastManager)
}
