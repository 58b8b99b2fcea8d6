package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/organization"
)

// ownSite starts a server with a fleet that the test may change.
func ownSite(t *testing.T) *site {
	t.Helper()
	s := emptySite(t)
	if err := s.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// submit fills a form in, looks at what it will do, and sends it. It returns what it said, and the last reply.
func (b *browser) submit(path string, values ...string) (said string, last *got) {
	b.Helper()
	action, form := b.form(b.page(path, http.StatusOK))
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	first := b.do(http.MethodPost, action, form)
	if first.StatusCode != http.StatusOK || !strings.Contains(first.body, "This is what it would do now") {
		return "", first
	}
	action, form = b.form(first.body)
	return will(first.body), b.do(http.MethodPost, action, form)
}

// will is what a form says that will happen.
func will(text string) string {
	_, list, _ := strings.Cut(text, "What will happen</h2>")
	list, _, _ = strings.Cut(list, "</ul>")
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(list, "\n"))
}

// done follows a form that was sent to the page that says so.
func (b *browser) done(r *got) string {
	b.Helper()
	if r.StatusCode != http.StatusSeeOther {
		b.Fatalf("status %d: %s", r.StatusCode, r.body)
	}
	return b.page(r.Header.Get("Location"), http.StatusOK)
}

// ask asks the API as a manager.
func ask[T any](t testing.TB, s *control.Session, r control.Request[T]) T {
	t.Helper()
	told, err := control.Do(t.Context(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	return told.Value
}

// managers are the pages of managers, without those of one client, group or device.
func managers() []string {
	return []string{"/access", "/access/groups", "/access/enrollments", "/access/devices", "/access/clients/add", "/access/sessions/end",
		"/access/groups/add", "/access/rules/add", "/access/rules/edit", "/access/enrollments/add"}
}

// What is not permitted is not in the menu, and its address says which permission is lacking; permissions that need all
// groups do not count with some.
func TestAccessIsForManagers(t *testing.T) {
	s := started(t)
	manager, session := s.as(t, everything())
	auditor, _ := s.as(t, []auth.Permission{auth.ReadAudit, auth.ReadSoftware})
	reader, _ := s.as(t, []auth.Permission{auth.ReadVulnerabilities})
	scoped, _ := s.as(t, everything(), "Lisbon")
	id := ask(t, session, control.ListClients()).Clients[0].ID
	device := ask(t, session, control.SomeDevices(1)).Devices[0].ID
	paths := managers()
	for _, one := range []string{"", "/change", "/rotate", "/certificate", "/remove"} {
		paths = append(paths, "/access/clients/"+id+one)
	}
	for _, one := range []string{"", "/remove", "/accept", "/revoke", "/admit"} {
		paths = append(paths, "/access/devices/"+device+one)
	}
	for _, path := range append(paths, "/audit", "/audit.csv", "/audit?kind=all&outcome=denied&page=1") {
		audit, by := strings.HasPrefix(path, "/audit"), string(auth.Manage)
		if audit {
			by = string(auth.ReadAudit)
		}
		manager.page(path, http.StatusOK)
		for name, who := range map[string]*browser{"auditor": auditor, "reader": reader, "of one group": scoped} {
			status := http.StatusForbidden
			if audit && name == "auditor" {
				status = http.StatusOK
			}
			if text := who.page(path, status); status == http.StatusForbidden && !strings.Contains(text, by) {
				t.Errorf("%s, %s: it does not say that %s lacks", path, name, by)
			}
		}
	}
	for name, test := range map[string]struct {
		who           *browser
		access, audit bool
	}{"manager": {manager, true, true}, "auditor": {auditor, false, true}, "reader": {reader, false, false}, "of one group": {scoped, false, false}} {
		text := test.who.page("/coverage", http.StatusOK)
		if strings.Contains(text, `<a href="/access"`) != test.access || strings.Contains(text, `<a href="/audit"`) != test.audit {
			t.Errorf("%s: the menu has not what it should: %s", name, text)
		}
	}
	for _, path := range []string{"/access/clients/none", "/access/clients/none/remove", "/access/devices/none", "/access/groups/77/remove",
		"/access/groups/0/rename", "/access/rules/77/remove", "/access/enrollments/none/end", "/access/clients/" + id + "/credentials/none/revoke"} {
		manager.page(path, http.StatusNotFound)
	}
	for _, path := range []string{"/access?x=1", "/access/devices?x=1", "/audit?x=1", "/audit?since=yesterday", "/audit?outcome=x", "/audit?kind=x",
		"/audit?page=0"} {
		manager.page(path, http.StatusBadRequest)
	}
}

// files tells which files of the server have a text.
func (s *site) files(t *testing.T, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(s.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var secretText = regexp.MustCompile(`mst_[A-Za-z0-9_-]+`)

// A secret is on one page, once: not in an address, not in what the server writes, and on no later page.
func TestASecretIsShownOnce(t *testing.T) {
	s := ownSite(t)
	b, session := s.as(t, everything())
	said, made := b.submit("/access/clients/add", "name", "siem <b>", "may.Software.Read.All", "yes", "sees", "some", "groups", "lisbon\nTokyo", "days", "30")
	if made.StatusCode != http.StatusOK || !strings.Contains(said, `"siem <b>" may: Software.Read.All`) || !strings.Contains(said, "2 groups (lisbon, Tokyo) with 30 devices") {
		t.Fatalf("it said %s, then %d: %s", said, made.StatusCode, made.body)
	}
	clients := ask(t, session, control.ListClients()).Clients
	var id string
	for _, c := range clients {
		if c.Name == "siem <b>" {
			id = c.ID
			if len(c.Groups) != 2 || len(c.Permissions) != 1 || c.Credentials[0].ExpiresTime == nil {
				t.Errorf("the client is %+v", c)
			}
		}
	}
	at := "/access/clients/" + id
	_, rotated := b.submit(at+"/rotate", "keep", "2", "days", "")
	_, enrolment := b.submit("/access/enrollments/add", "name", "kiosks", "count", "20", "group", "Tokyo", "trust.tags", "yes")
	var secrets []string
	for name, r := range map[string]*got{"client": made, "rotated": rotated, "enrolment": enrolment} {
		found := slices.Compact(secretText.FindAllString(r.body, -1)) // the command to paste has it, too
		if len(found) != 1 || r.Header.Get("Cache-Control") != "no-store" || strings.Contains(r.Request.URL.String(), "mst_") {
			t.Fatalf("%s: %d secrets, %q: %s", name, len(found), r.Header.Get("Cache-Control"), r.body)
		}
		secrets = append(secrets, found[0])
		if id := auditID.FindStringSubmatch(r.body); id == nil || !strings.Contains(b.page("/audit?kind=all", http.StatusOK), id[1]) {
			t.Errorf("%s: the entry in the audit log is not told, or not there", name)
		}
	}
	pages := append(managers(), at, at+"/change", at+"/rotate", at+"/remove", "/audit?kind=all", "/audit.csv?kind=all", "/")
	for _, secret := range secrets {
		if found := s.files(t, secret); len(found) > 0 {
			t.Errorf("the secret is in %v", found)
		}
		for _, path := range pages {
			if text := b.page(path, http.StatusOK); strings.Contains(text, secret) {
				t.Errorf("%s has the secret", path)
			}
		}
	}
	if len(s.files(t, "siem <b>")) == 0 {
		t.Error("nothing is found in the files of the server: this test cannot fail")
	}
	// What the secret is for works.
	tenant := organization.Default
	base := mustURL(t, s.url)
	for _, r := range []*got{made, rotated} {
		own := control.NewSession(control.Config{Base: base, HTTP: new(http.Client),
			Login: control.LoginBySecret(tenant, id, secretText.FindString(r.body))})
		if n := len(ask(t, own, control.SomeDevices(1000)).Devices); n != 30 {
			t.Errorf("the client sees %d devices after %s", n, r.Status)
		}
	}
	// The page says who made it.
	rows := b.rows("/audit.csv?event=add+client")
	if len(rows) != 1 || rows[0][1] != "add client" || !strings.HasPrefix(rows[0][2], "client ") || !strings.Contains(rows[0][6], "siem <b>") {
		t.Errorf("the audit log has %v", rows)
	}
}

// A form that is sent twice counts once, one that has gone stale says so and changes nothing, and one of another
// session is refused.
func TestChangesOfAClient(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	c, victim := s.client(t, []auth.Permission{auth.ReadSoftware, auth.ReadScores}, "Lisbon")
	at := "/access/clients/" + c.ID
	show := func() control.Client {
		for _, one := range ask(t, session, control.ListClients()).Clients {
			if one.ID == c.ID {
				return one
			}
		}
		return control.Client{}
	}
	said, last := b.submit(at+"/change", "may.Score.Read.All", "", "groups", "Lisbon\nTokyo")
	text := b.done(last)
	if changed := show(); len(changed.Groups) != 2 || !strings.Contains(said, "Sees: 1 group (Lisbon) with 15 devices becomes 2 groups (Lisbon, Tokyo) with 30 devices.") {
		t.Errorf("it said %s, and made %+v", said, changed)
	}
	id := auditID.FindStringSubmatch(text)
	if id == nil || !inAudit(t, session, id[1], "change client") {
		t.Errorf("no entry in the audit log is told: %s", text)
	}
	// Stale: another manager changes the client while the form is open.
	action, form := b.form(b.page(at+"/remove", http.StatusOK))
	ask(t, session, control.ChangeClient(c.ID, control.ClientChange{Permissions: []string{string(auth.ReadMachines)}}))
	r := b.do(http.MethodPost, action, form)
	if r.StatusCode != http.StatusConflict || !strings.Contains(r.body, "has changed since") ||
		!strings.Contains(r.body, string(auth.ReadMachines)) {
		t.Errorf("a stale form: %d %s", r.StatusCode, r.body)
	}
	other, _ := s.as(t, everything())
	_, again := b.form(r.body)
	if r := other.do(http.MethodPost, action, again); r.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another session: %d", r.StatusCode)
	}
	if show().ID == "" {
		t.Fatal("the client is gone")
	}
	credential := show().Credentials[0].ID
	_, revoked := b.submit(at + "/credentials/" + credential + "/revoke")
	if b.done(revoked); len(show().Credentials) != 0 {
		t.Errorf("credentials %+v", show().Credentials)
	}
	if _, err := control.Do(t.Context(), victim, control.ListClients()); err == nil {
		t.Error("the revoked secret works")
	}
	action, again = b.form(b.page(at+"/remove", http.StatusOK)) // it has no credential now
	b.done(b.do(http.MethodPost, action, again))
	if show().ID != "" {
		t.Error("the client is still there")
	}
	if r := b.do(http.MethodPost, action, again); r.StatusCode != http.StatusSeeOther ||
		!strings.HasPrefix(r.Header.Get("Location"), "/sent/") {
		t.Errorf("a repeated form: %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	// A private key does not come back.
	mine, _ := s.client(t, []auth.Permission{auth.ReadSoftware})
	action, form = b.form(b.page("/access/clients/"+mine.ID+"/certificate", http.StatusOK))
	form.Set("certificate", "-----BEGIN PRIVATE KEY-----\nSECRETKEY\n-----END PRIVATE KEY-----")
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusBadRequest || strings.Contains(r.body, "SECRETKEY") {
		t.Errorf("a private key: %d %s", r.StatusCode, r.body)
	}
}

// devicesOfGroups are the devices of each group.
func devicesOfGroups(t *testing.T, s *control.Session) map[string]int64 {
	all := map[string]int64{}
	for _, g := range ask(t, s, control.ListGroups()).Groups {
		all[g.Name] = g.Devices
	}
	return all
}

// What forms about groups say in numbers happens with the next snapshot.
func TestGroupsByForm(t *testing.T) {
	s := ownSite(t)
	b, session := s.as(t, everything())
	seeing, _ := s.client(t, []auth.Permission{auth.ReadSoftware}, "Lisbon")
	publish := func() {
		t.Helper()
		if _, err := s.node.Publisher.Publish(t.Context(), organization.Default).Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, want map[string]int64) {
		t.Helper()
		publish()
		for name, n := range want {
			if got := devicesOfGroups(t, session)[name]; got != n {
				t.Errorf("%s: %s has %d devices, want %d", what, name, got, n)
			}
		}
	}
	expect("at first", map[string]int64{"Lisbon": 15, "Tokyo": 15, "Unassigned": 1})
	hostile := `=cmd|<b>"Ünï`
	said, last := b.submit("/access/groups/add", "name", hostile)
	if text := b.done(last); !strings.Contains(said, "No device moves; 31 devices stay") || strings.Contains(text, "<b>\"") ||
		!strings.Contains(text, "=cmd|&lt;b&gt;") {
		t.Errorf("it said %s: %s", said, text)
	}
	said, last = b.submit("/access/rules/add", "group", hostile, "name", "tokyo-*", "place", "1")
	if !strings.Contains(said, "15 devices move from Tokyo to "+hostile) {
		t.Fatalf("it said %s", said)
	}
	if id := auditID.FindStringSubmatch(b.done(last)); id == nil || !inAudit(t, session, id[1], "change groups") {
		t.Error("what is told of the audit log is not the change")
	}
	expect("a rule", map[string]int64{"Tokyo": 0, hostile: 15, "Lisbon": 15})
	var lisbon string
	for _, g := range ask(t, session, control.ListGroups()).Groups {
		if g.Name == "Lisbon" {
			lisbon = "/access/groups/" + number64(g.ID)
		}
	}
	if text := b.page(lisbon+"/remove", http.StatusOK); !strings.Contains(text, "seen by 1 client") {
		t.Errorf("a group that a client sees: %s", text)
	}
	said, last = b.submit(lisbon+"/rename", "name", "Porto")
	if !strings.Contains(said, "15 devices move from Lisbon to Porto") || !strings.Contains(said, "1 client that see") {
		t.Fatalf("it said %s", said)
	}
	b.done(last)
	expect("another name", map[string]int64{"Lisbon": 0, "Porto": 15})
	for _, c := range ask(t, session, control.ListClients()).Clients {
		if c.ID == seeing.ID && strings.Join(c.Groups, " ") != "Lisbon Porto" {
			t.Errorf("the client sees %v", c.Groups)
		}
	}
	// A rule that another manager has changed meanwhile is not removed by its number.
	action, form := b.form(b.page("/access/rules/1/remove", http.StatusOK))
	if said := will(b.page("/access/rules/1/remove", http.StatusOK)); !strings.Contains(said, "15 devices move from "+hostile+" to Tokyo") {
		t.Errorf("it said %s", said)
	}
	edit, all := b.form(b.page("/access/rules/edit", http.StatusOK))
	_, last = b.submit("/access/rules/add", "group", "Tokyo", "name", "nothing-*", "place", "1")
	b.done(last)
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusConflict {
		t.Errorf("a stale form: %d", r.StatusCode)
	}
	if r := b.do(http.MethodPost, edit, all); r.StatusCode != http.StatusConflict {
		t.Errorf("stale rules: %d %s", r.StatusCode, r.body)
	}
	_, last = b.submit("/access/rules/edit", "rules", `{"rules":[{"group":"Porto","name":"*"}]}`)
	b.done(last)
	expect("all in one", map[string]int64{"Porto": 31})
	for _, bad := range []string{"{", `{"rules":[{"group":"None","name":"*"}]}`, `{"x":1}`} {
		action, form := b.form(b.page("/access/rules/edit", http.StatusOK))
		form.Set("rules", bad)
		if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusBadRequest || !strings.Contains(r.body, "refused") {
			t.Errorf("%s: %d", bad, r.StatusCode)
		}
	}
}

func number64(n int64) string {
	text, _ := json.Marshal(n) // numbers cannot fail
	return string(text)
}

// goneOf is how many findings were fixed because their device is gone, by the newest snapshot.
func goneOf(t *testing.T, s *control.Session) int64 {
	t.Helper()
	points := ask(t, s, control.AskTrends(7, "snapshot", "")).Points
	if len(points) < 2 || points[len(points)-1].Fixed == nil {
		t.Fatalf("the trend is %+v", points)
	}
	return points[len(points)-1].Fixed.DeviceGone
}

// reportOf is a report in JSON.
func reportOf(text string) control.Reports {
	return control.Reports{Format: inventory.FormatReport,
		Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func sendReport(t *testing.T, s *control.Session, text string) {
	t.Helper()
	ask(t, s, control.SendReports(reportOf(text)))
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A device is removed with what the form says, and what a device claims is accepted as it was seen.
func TestDevicesByHand(t *testing.T) {
	s := ownSite(t)
	b, session := s.as(t, everything())
	var removed control.Device
	for _, d := range ask(t, session, control.SomeDevices(1000)).Devices {
		if d.Findings != nil && d.Findings.Sum() > 3 {
			removed = d
		}
	}
	at := "/access/devices/" + removed.ID
	if text := b.page(at+"/remove", http.StatusOK); !strings.Contains(text, number64(removed.Findings.Sum())+" findings become Fixed (device gone)") {
		t.Fatalf("the form says %s", text)
	}
	_, last := b.submit(at + "/remove")
	id := auditID.FindStringSubmatch(b.done(last))
	if id == nil || !inAudit(t, session, id[1], "remove device") {
		t.Error("no entry in the audit log is told")
	}
	b.page(at, http.StatusNotFound)
	if _, err := s.node.Publisher.Publish(t.Context(), organization.Default).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gone := goneOf(t, session); gone != removed.Findings.Sum() {
		t.Errorf("%d findings are Fixed because their device is gone, the form said %d", gone, removed.Findings.Sum())
	}
	// A device that reports for itself, and then says that it is another one.
	made := ask(t, session, control.CreateEnrollment(control.EnrollmentRequest{Name: "one"}))
	device := control.Enrolling{Secret: made.Secret}
	device.Device.Name = "first.example.com"
	credential := ask(t, session, control.Enroll(device))
	own := control.NewSession(control.Config{Base: mustURL(t, s.url), HTTP: new(http.Client),
		Login: control.LoginBySecret(credential.TenantID, credential.ClientID, credential.ClientSecret)})
	for _, name := range []string{"first.example.com", "second.example.com"} {
		sendReport(t, own, `{"device":{"name":"`+name+`","osPlatform":"Linux","tags":["<i>prod"]},"software":[]}`)
	}
	if text := b.page("/access/devices?claims=true", http.StatusOK); !strings.Contains(text, "name second.example.com; tags &lt;i&gt;prod") ||
		strings.Contains(text, "lisbon-") {
		t.Errorf("the devices that claim something: %s", text)
	}
	at = "/access/devices/" + credential.DeviceID
	action, form := b.form(b.page(at+"/accept", http.StatusOK))
	sendReport(t, own, `{"device":{"name":"third.example.com","osPlatform":"Linux","tags":["prod"]},"software":[]}`)
	if r := b.do(http.MethodPost, action, form); r.StatusCode == http.StatusSeeOther {
		t.Error("claims were accepted that nobody had seen")
	}
	_, last = b.submit(at + "/accept")
	b.done(last)
	if d := ask(t, session, control.ShowDevice(credential.DeviceID)); d.Name != "third.example.com" || d.Claims != nil {
		t.Errorf("the device is %+v", d.Device)
	}
	if r := b.do(http.MethodPost, action, form); r.StatusCode == http.StatusSeeOther &&
		!strings.HasPrefix(r.Header.Get("Location"), "/sent/") {
		t.Error("the old form counted")
	}
	_, last = b.submit(at + "/revoke")
	b.done(last)
	if _, err := control.Do(t.Context(), own, control.SendReports(reportOf(`{"device":{"name":"third.example.com"},"software":[]}`))); err == nil {
		t.Error("the revoked device reports")
	}
	if text := b.page(at, http.StatusOK); !strings.Contains(text, "May enrol until") {
		t.Errorf("the page of the device: %s", text)
	}
}

// Values of the audit log that come from outside are text, on the page and in the CSV, and each line is there once.
func TestHostileLinesOfTheAuditLog(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	for _, path := range []string{"/v1/devices/=1+1<svg onload=alert(1)>", "/v1/devices/\u202egnp\x1b[2J", "/v1/devices/@SUM(1)"} {
		err := session.Do(t.Context(), control.Call{Method: http.MethodGet, Path: (&url.URL{Path: path}).EscapedPath()}, nil)
		if err == nil {
			t.Fatal("there is such a device")
		}
	}
	address := "?kind=all&outcome=refused&event=read+device"
	text := b.page("/audit"+address, http.StatusOK)
	if !strings.Contains(text, "=1&#43;1&lt;svg onload=alert(1)&gt;") || strings.ContainsAny(text, "\u202e\x1b") || strings.Contains(text, "<svg onload") {
		t.Errorf("the page: %s", text)
	}
	rows, err := csv.NewReader(strings.NewReader(b.page("/audit.csv"+address, http.StatusOK))).ReadAll()
	if err != nil || len(rows) < 4 {
		t.Fatalf("%v: %v", err, rows)
	}
	requests := map[string]bool{}
	for _, row := range rows {
		for _, value := range row {
			if strings.ContainsAny(value, "\u202e\x1b") || value != "-" && strings.ContainsAny(value[:min(1, len(value))], "=+-@\t\r") {
				t.Errorf("a value of the CSV is %q", value)
			}
		}
		if requests[row[7]] {
			t.Errorf("the line %v is there twice", row)
		}
		requests[row[7]] = true
	}
	if n := len(b.rows("/audit.csv" + address + "&path=SUM")); n != 1 {
		t.Errorf("%d lines by a path", n)
	}
}
