package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/access"
)

// as makes every further request come from a caller.
func (l *lab) as(c auth.Caller) {
	if c.Organization == "" {
		c.Organization = org
	}
	*l.config.Trusted = c
}

func (l *lab) manager() {
	l.as(auth.Caller{ID: "test", Permissions: auth.Permissions(), AllGroups: true})
}

// groups adds groups that no rule fills to the organization, and returns their numbers.
func (l *lab) groups(names ...string) map[string]int64 {
	l.Helper()
	return l.setRules(fmt.Sprintf(`{"groups":["%s"]}`, strings.Join(names, `","`)))
}

// setRules gives the organization groups and rules, and returns the groups' numbers.
func (l *lab) setRules(text string) map[string]int64 {
	l.Helper()
	rules, err := rbac.Parse([]byte(text))
	if err != nil {
		l.Fatal(err)
	}
	groups, err := l.store.Organizations.SetRules(l.Context(), org, rules)
	if err != nil {
		l.Fatal(err)
	}
	numbers := map[string]int64{}
	for _, g := range groups {
		numbers[g.Name] = g.ID
	}
	return numbers
}

// send sends a JSON object.
func (l *lab) send(method, url, body string) reply {
	l.Helper()
	return l.do(method, url, strings.NewReader(body), jsonBody)
}

// enrollmentReply is the reply to POST /v1/enrollments, and an entry of the list.
type enrollmentReply struct {
	ID, Name, Group, Secret, TenantID string
	Count, Used                       int64
	CreatedTime, ExpiresTime          time.Time
	Active                            bool
}

// invite makes an enrolment.
func (l *lab) invite(body string) enrollmentReply {
	l.Helper()
	var e enrollmentReply
	l.decode(l.send(http.MethodPost, "/v1/enrollments", body), http.StatusCreated, &e)
	return e
}

func (l *lab) enrollments() []enrollmentReply {
	l.Helper()
	var list struct{ Enrollments []enrollmentReply }
	l.decode(l.get("/v1/enrollments"), http.StatusOK, &list)
	return list.Enrollments
}

// deviceCredential is the reply to POST /v1/enroll.
type deviceCredential struct{ TenantID, ClientID, ClientSecret, DeviceID string }

func enrolBody(secret, name, more string) string {
	return fmt.Sprintf(`{"secret":%q,"device":{"name":%q}%s}`, secret, name, more)
}

func (l *lab) enrol(secret, name, more string) deviceCredential {
	l.Helper()
	var c deviceCredential
	l.decode(l.send(http.MethodPost, "/v1/enroll", enrolBody(secret, name, more)), http.StatusCreated, &c)
	return c
}

// device makes every further request come from an enrolled device.
func (l *lab) device(c deviceCredential) {
	l.Helper()
	known, err := l.store.Access.Client(l.Context(), c.ClientID)
	if err != nil {
		l.Fatal(err)
	}
	l.as(auth.Caller{ID: known.ID, Name: known.Name,
		Permissions: []auth.Permission{auth.Permission(known.Permissions[0])},
		Device:      known.Device, NamedGroup: known.NamedGroup, Trusts: known.Trusts})
}

func TestEnrolment(t *testing.T) {
	l := newLab(t)
	l.groups("Servers")
	made := l.invite(`{"name":"rollout","lifetimeSeconds":3600,"count":2,"group":"servers"}`)
	want := enrollmentReply{ID: made.ID, Name: "rollout", Group: "servers", Count: 2, CreatedTime: noon,
		ExpiresTime: noon.Add(time.Hour), Active: true}
	l.equal("listed", l.enrollments(), []enrollmentReply{want})
	want.TenantID, want.Secret = org, made.Secret
	l.equal("made", made, want)

	one := l.enrol(made.Secret, "One.example.com", "")
	l.equal("tenant and device", []string{one.TenantID, one.DeviceID},
		[]string{org, inventory.DeriveID("", "one.example.com")})
	id := strings.Repeat("AB", 20)
	var two deviceCredential
	l.decode(l.send(http.MethodPost, "/v1/enroll",
		fmt.Sprintf(`{"secret":%q,"device":{"name":"two","id":%q}}`, made.Secret, id)), http.StatusCreated, &two)
	l.equal("device", two.DeviceID, strings.ToLower(id))

	client, err := l.store.Access.Client(t.Context(), one.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	l.equal("what it may", client, access.Client{ID: one.ClientID, Organization: org, Name: "One.example.com",
		Permissions: []string{"Reports.Write.Own"}, Groups: []int64{}, Device: one.DeviceID,
		NamedGroup: "servers", Created: noon})
	proofs, err := l.store.Access.ClientCredentials(t.Context(), one.ClientID)
	if err != nil || len(proofs) != 1 || proofs[0].Hash != auth.HashSecret(one.ClientSecret) ||
		!proofs[0].Expires.IsZero() {
		t.Errorf("credentials %+v, %v", proofs, err)
	}
	listed := l.enrollments()
	l.equal("used up", []any{listed[0].Used, listed[0].Active}, []any{int64(2), false})
}

// Errors do not tell what is wrong with a secret, nor whether a device is enrolled.
func TestEnrollingWithAWorthlessSecret(t *testing.T) {
	l := newLab(t)
	used, short, gone := l.invite(`{"name":"used"}`), l.invite(`{"name":"short","lifetimeSeconds":60}`),
		l.invite(`{"name":"gone"}`)
	l.enrol(used.Secret, "one", "")
	if r := l.do(http.MethodDelete, "/v1/enrollments/"+gone.ID, nil); r.StatusCode != http.StatusNoContent {
		t.Errorf("removing: %d %s", r.StatusCode, r.body)
	}
	l.refused(l.do(http.MethodDelete, "/v1/enrollments/"+gone.ID, nil), 404, defender.CodeResourceNotFound)
	l.advance(time.Minute)
	said := map[string]bool{}
	for _, secret := range []string{used.Secret, short.Secret, gone.Secret, "mst_nothing", strings.Repeat("x", 5000)} {
		for _, name := range []string{"one", "other"} {
			said[l.refused(l.send(http.MethodPost, "/v1/enroll", enrolBody(secret, name, "")), 401, "Unauthorized")] = true
		}
	}
	if len(said) != 1 {
		t.Errorf("refusals differ: %v", said)
	}
}

func TestEnrollingTwice(t *testing.T) {
	l := newLab(t)
	e := l.invite(`{"name":"rollout","count":9}`)
	random := `,"random":"` + strings.Repeat("A", 43) + `"`
	first := l.enrol(e.Secret, "one", random)
	t.Run("with the same random bytes gives the same reply", func(t *testing.T) {
		l.equal("reply", l.enrol(e.Secret, "one", random), first)
		l.equal("used", l.enrollments()[0].Used, int64(1))
	})
	t.Run("does not take over a device", func(t *testing.T) {
		for _, more := range []string{"", `,"random":"` + strings.Repeat("B", 42) + `A"`} {
			l.refused(l.send(http.MethodPost, "/v1/enroll", enrolBody(e.Secret, "one", more)), 409, "Conflict")
		}
	})
	t.Run("works once a manager took the credential away", func(t *testing.T) {
		credential := "/v1/devices/" + first.DeviceID + "/credential"
		if r := l.do(http.MethodDelete, credential, nil); r.StatusCode != http.StatusNoContent {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
		l.refused(l.do(http.MethodDelete, credential, nil), 404, defender.CodeResourceNotFound)
		if again := l.enrol(e.Secret, "one", ""); again.ClientID == first.ClientID ||
			again.ClientSecret == first.ClientSecret {
			t.Error("the old credential came back")
		}
	})
}

func TestRefusedEnrolment(t *testing.T) {
	l := newLab(t)
	l.groups("Servers")
	for body, says := range map[string]string{
		`{}`:                                          "name",
		`{"name":" "}`:                                "name",
		`{"name":"a\nb"}`:                             "name",
		`{"name":"a","count":0}`:                      "count",
		`{"name":"a","colour":1}`:                     "colour",
		`{"name":"a","lifetimeSeconds":59}`:           "lifetimeSeconds",
		`{"name":"a","lifetimeSeconds":31536001}`:     "31536000",
		`{"name":"a","count":1000001}`:                "1000000",
		`{"name":"a","group":"Nobody"}`:               `"Nobody"`,
		`{"name":"` + strings.Repeat("a", 201) + `"}`: "200",
	} {
		if message := l.refused(l.send(http.MethodPost, "/v1/enrollments", body), 400,
			defender.CodeInvalidInput); !strings.Contains(message, says) {
			t.Errorf("%s: message %q does not name %s", body, message, says)
		}
	}
	l.equal("made", len(l.enrollments()), 0)

	secret := l.invite(`{"name":"rollout"}`).Secret
	for body, says := range map[string]string{
		`{"device":{"name":"one"}}`:                                         "secret",
		`{"secret":"` + secret + `"}`:                                       "device.name",
		`{"secret":"` + secret + `","device":{"name":"a\u0000"}}`:           "device.name",
		`{"secret":"` + secret + `","device":{"name":"a","id":"12"}}`:       "device.id",
		enrolBody(secret, "one", `,"random":"short"`):                       "random",
		enrolBody(secret, "one", `,"random":"`+strings.Repeat("=", 43)+`"`): "random",
	} {
		if message := l.refused(l.send(http.MethodPost, "/v1/enroll", body), 400,
			defender.CodeInvalidInput); !strings.Contains(message, says) {
			t.Errorf("%s: message %q does not name %s", body, message, says)
		}
	}
	huge := enrolBody(secret, "one", `,"random":"`+strings.Repeat("a", 70_000)+`"`)
	l.refused(l.send(http.MethodPost, "/v1/enroll", huge), http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
	l.equal("used", l.enrollments()[0].Used, int64(0))
}

// A device's credential writes the reports of this device, into the group of its enrolment, and
// does nothing else.
func TestDeviceWritesItsOwnReports(t *testing.T) {
	l := newLab(t)
	numbers := l.groups("Servers", "Labs")
	one := l.enrol(l.invite(`{"name":"rollout","group":"Servers"}`).Secret, "one", "")
	others := l.accept(report("other", "1"), jsonBody).Reports[0].ID
	l.device(one)
	const body = `{"device":{%s"name":%q},"software":[]}`
	for _, id := range []string{"", fmt.Sprintf(`"id":%q,`, one.DeviceID),
		fmt.Sprintf(`"id":%q,"rbacGroup":"servers",`, strings.ToUpper(one.DeviceID))} {
		a := l.accept(fmt.Sprintf(body, id, "renamed"), jsonBody)
		l.equal("device", a.Reports[0].DeviceID, one.DeviceID)
		var kept struct{ DeviceID string }
		l.decode(l.get("/v1/reports/"+a.Reports[0].ID), http.StatusOK, &kept)
	}
	hidden := l.refused(l.get("/v1/reports/"+others), 404, defender.CodeResourceNotFound)
	unknown := l.refused(l.get("/v1/reports/"+strings.Repeat("0", len(others))), 404, defender.CodeResourceNotFound)
	l.equal("refusals", strings.ReplaceAll(hidden, others, strings.Repeat("0", len(others))), unknown)
	for _, said := range []string{`"id":"` + strings.Repeat("c", 40) + `",`,
		`"rbacGroup":"Labs",`, `"rbacGroup":"None",`} {
		l.refused(l.post(fmt.Sprintf(body, said, "one"), jsonBody), 403, defender.CodeForbidden)
	}
	l.refused(l.post(fmt.Sprintf(body, "", "one")+"\n"+fmt.Sprintf(body, `"id":"`+strings.Repeat("c", 40)+`",`, "one"),
		"Content-Type: application/x-ndjson"), 403, defender.CodeForbidden)
	for _, path := range []string{"/v1/devices", "/v1/enrollments", "/v1/feeds",
		"/api/machines/SoftwareInventoryByMachine"} {
		l.refused(l.get(path), 403, defender.CodeForbidden)
	}
	l.refused(l.send(http.MethodPost, "/v1/enrollments", `{"name":"a"}`), 403, defender.CodeForbidden)

	l.manager()
	l.equal("group", l.groupOf(one.DeviceID), numbers["Servers"])
	if r := l.do(http.MethodDelete, "/v1/devices/"+one.DeviceID, nil); r.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	if _, err := l.store.Access.Client(t.Context(), one.ClientID); err == nil {
		t.Error("the credential of a removed device is left")
	}
}

// groupOf returns the group of a device after a generation began.
func (l *lab) groupOf(device string) int64 {
	l.Helper()
	var done struct{ Number int64 }
	l.decode(l.do(http.MethodPost, "/v1/generations?wait=true&allowShrink=true", nil), http.StatusOK,
		&done) // labs leap in time
	found, _, err := l.store.Reports.Load(l.Context(), org, device)
	if err != nil {
		l.Fatal(err)
	}
	return found.Group
}

// "a report may name its group where its sender may"
func TestReportNamesItsGroup(t *testing.T) {
	l := newLab(t)
	numbers := l.groups("Servers", "Labs")
	named := func(group string) string {
		return fmt.Sprintf(`{"device":{"name":"one","rbacGroup":%q},"software":[]}`, group)
	}
	writer := auth.Caller{ID: "writer", Permissions: []auth.Permission{auth.WriteReports}}

	writer.AllGroups = true
	l.as(writer)
	id := l.accept(named("labs"), jsonBody).Reports[0].DeviceID
	if message := l.refused(l.post(named("Nobody"), jsonBody), 400,
		defender.CodeInvalidInput); !strings.Contains(message, `"Nobody"`) {
		t.Errorf("message %q", message)
	}
	l.manager()
	l.equal("group", l.groupOf(id), numbers["Labs"])

	writer.AllGroups, writer.Groups = false, []int64{numbers["Servers"]}
	l.as(writer)
	made := l.accept(named("Servers"), jsonBody).Reports[0].DeviceID
	unseen := l.refused(l.post(named("Labs"), jsonBody), 403, defender.CodeForbidden)
	unknown := l.refused(l.post(named("Nobody"), jsonBody), 403, defender.CodeForbidden)
	l.equal("refusals", strings.Replace(unseen, "Labs", "Nobody", 1), unknown)
	l.refused(l.post(named("Unassigned"), jsonBody), 403, defender.CodeForbidden)
	l.manager()
	l.equal("group of the device that the sender does not see", l.groupOf(id), numbers["Labs"])
	l.equal("group of its own device of that name", l.groupOf(made), numbers["Servers"])
}

// FuzzEnroll sends any body for an enrolment: it is refused, or an enrolment
// with the one good secret.
func FuzzEnroll(f *testing.F) {
	l, handler := fuzzed(f)
	secret := l.invite(`{"name":"rollout","count":1000000}`).Secret
	const place = "SECRET" // placeholder of the secret, which differs each time
	for _, body := range []string{
		enrolBody(place, "one", ""), enrolBody(place, "one", `,"random":"`+strings.Repeat("A", 43)+`"`),
		enrolBody("mst_x", "one", ""),
		`{}`, `[]`, `{"secret":7}`, `{"secret":"SECRET","device":null}`, `{"secret":"SECRET","device":{"name":"a","id":"` +
			strings.Repeat("0", 40) + `"}}`, "\x00",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/v1/enroll",
			strings.NewReader(strings.ReplaceAll(body, place, secret)))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		harmless(t, w)
		if w.Code == http.StatusCreated && !strings.Contains(body, place) {
			t.Fatalf("%q enrolled: %s", body, w.Body)
		}
	})
}
