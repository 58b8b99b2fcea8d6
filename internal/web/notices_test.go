package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/notice"
)

// What nobody may read again: the path of a webhook, its secret, and its header.
var hookSecrets = []string{"path-is-secret", "signing-secret-1234", "Bearer tok-secret"}

// hook is a receiver of notices.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	titles []string
}

func newHook(t *testing.T) *hook {
	h := &hook{status: http.StatusOK}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var d notice.Delivery
		if err != nil || json.Unmarshal(body, &d) != nil || r.Header.Get("Authorization") != hookSecrets[2] {
			t.Errorf("%s is no delivery: %v, %v", body, err, r.Header)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, n := range d.Notices {
			h.titles = append(h.titles, n.Title)
		}
		w.WriteHeader(h.status)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) reply(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// fill fills in the receiver of a form.
func (h *hook) fill(form url.Values) url.Values {
	form.Set("url", h.URL+"/"+hookSecrets[0])
	form.Set("secret", hookSecrets[1])
	form.Set("authorization", hookSecrets[2])
	return form
}

// told asks again until a rule has a status.
func told(t *testing.T, s *control.Session, what string, is func(*notices.Status) bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		for _, r := range ask(t, s, notices.ListRules()).Rules {
			if is(&r.Status) {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %+v", what, ask(t, s, notices.ListRules()))
		}
	}
}

// tellingSite starts a server that may send notices to this machine.
func tellingSite(t *testing.T) *site {
	t.Helper()
	s := emptySite(t, func(c *node.Config, _ string) error {
		c.NotifyNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		return nil
	})
	if err := s.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Rules, what they have told, and their forms are for who manages the organization and sees all of its groups.
func TestNoticesAreForManagers(t *testing.T) {
	s := tellingSite(t)
	manager, session := s.as(t, everything())
	reader, _ := s.as(t, []auth.Permission{auth.ReadVulnerabilities, auth.ReadAudit})
	scoped, _ := s.as(t, everything(), "Lisbon")
	ask(t, session, notices.SetRule("on-call", notices.Set{Rule: notice.Rule{Events: notice.Events(), DryRun: true},
		Destination: &notice.Destination{Kind: notice.Syslog, Address: "log.example.com:6514"}}))
	for _, path := range []string{"/notices", "/notices/history", "/notices/history?rule=on-call&state=dry", "/notices/add",
		"/notices/add?kind=mail", "/notices/add?kind=syslog", "/notices/rules/on-call", "/notices/rules/on-call/preview",
		"/notices/rules/on-call/change", "/notices/rules/on-call/receiver", "/notices/rules/on-call/receiver?kind=mail",
		"/notices/rules/on-call/test", "/notices/rules/on-call/remove"} {
		manager.page(path, http.StatusOK)
		for name, who := range map[string]*browser{"reader": reader, "of one group": scoped} {
			if text := who.page(path, http.StatusForbidden); !strings.Contains(text, string(auth.Manage)) {
				t.Errorf("%s, %s: it does not say that %s lacks", path, name, auth.Manage)
			}
		}
	}
	for who, shown := range map[*browser]bool{manager: true, reader: false, scoped: false} {
		if strings.Contains(who.page("/coverage", http.StatusOK), `<a href="/notices"`) != shown {
			t.Errorf("the menu has notices for who may not, or not for who may (%t)", shown)
		}
	}
	for path, status := range map[string]int{"/notices/rules/none": 404, "/notices/rules/none/remove": 404, "/notices?x=1": 400,
		"/notices/add?kind=pigeon": 400, "/notices/history?state=lost": 400, "/notices/history?after=x": 400} {
		manager.page(path, status)
	}
}

// A rule is made, changed, tried and removed by forms, which say what will happen and count once; a receiver that fails
// is on the overview; no page shows a secret again.
func TestARuleByForms(t *testing.T) {
	s, h := tellingSite(t), newHook(t)
	b, session := s.as(t, everything())
	shown := 0
	secret := func(what, text string) {
		t.Helper()
		shown++
		for _, secret := range hookSecrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %q: %s", what, secret, text)
			}
		}
	}
	// What is wrong is said, and what was typed is kept, but for secrets.
	action, form := b.form(b.page("/notices/add?kind=webhook", http.StatusOK))
	h.fill(form).Set("name", "on-call")
	form.Set("labels", "a, b")
	r := b.do(http.MethodPost, action, form)
	if r.StatusCode != http.StatusBadRequest || !strings.Contains(r.body, "only issues have labels") ||
		!strings.Contains(r.body, `value="a, b"`) || !strings.Contains(r.body, `value="on-call"`) {
		t.Errorf("a receiver that is refused: %d %s", r.StatusCode, r.body)
	}
	secret("a form that is refused", r.body)
	_, form = b.form(r.body)
	h.fill(form).Del("labels")
	other, _ := s.as(t, everything())
	r = other.do(http.MethodPost, action, form)
	secret("a form of another session", r.body)
	if r.StatusCode != http.StatusForbidden || !strings.Contains(r.body, `value="on-call"`) {
		t.Errorf("a form of another session: %d %s", r.StatusCode, r.body)
	}
	r = s.browser(t).do(http.MethodPost, action, form)
	secret("a form of nobody", r.body)
	if r.StatusCode != http.StatusForbidden || !strings.Contains(r.body, "What is secret is not kept") ||
		!strings.Contains(r.body, `name="name" value="on-call"`) {
		t.Errorf("a form of nobody: %d %s", r.StatusCode, r.body)
	}
	if n := len(ask(t, session, notices.ListRules()).Rules); n > 0 {
		t.Fatalf("there are %d rules", n)
	}
	r = b.do(http.MethodPost, action, form)
	if again := b.do(http.MethodPost, action, form); again.StatusCode != http.StatusSeeOther ||
		!strings.HasPrefix(again.Header.Get("Location"), "/sent/") {
		t.Errorf("a repeated form: %d %s", again.StatusCode, again.body)
	}
	text := b.done(r)
	secret("the page after it", text)
	if id := auditID.FindStringSubmatch(text); id == nil || !inAudit(t, session, id[1], "set notice rule") {
		t.Errorf("no entry in the audit log is told: %s", text)
	}
	// What it tells is said next, with what it would have told.
	if err := s.Change(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mustPublish(t)
	said, last := b.submit("/notices/rules/on-call/change", "tells.finding", "yes", "tells.exception", "yes", "products", evil+"\n/a/b\ngoogle/chrome",
		"groups", "lisbon", "from", "22:00", "to", "07:00", "zone", "Mars")
	if last.StatusCode != http.StatusBadRequest || !strings.Contains(last.body, "knows no time zone") || !strings.Contains(last.body, `value="22:00"`) {
		t.Errorf("a time zone that is none: %s, %d %s", said, last.StatusCode, last.body)
	}
	said, last = b.submit("/notices/rules/on-call/change", "tells.finding", "yes", "products", evil+"\n/a/b\ngoogle/chrome", "groups", "lisbon",
		"digest", "08:00", "zone", "Europe/Lisbon")
	for _, want := range []string{"Of: all becomes groups Lisbon; software ", "When: at once becomes at 08:00, all of a day as one (Europe/Lisbon).",
		"From snapshot 1 to 2 it would have told "} {
		if !strings.Contains(said, want) {
			t.Errorf("it said %s, want %q", said, want)
		}
	}
	text = b.done(last)
	if strings.Contains(text, "<script>alert(2)") || strings.Contains(text, "\u202e") || !strings.Contains(text, "alert(2)") {
		t.Errorf("a hostile name: %s", text)
	}
	said, last = b.submit("/notices/rules/on-call/change", "tells.finding", "yes", "tells.fixed", "yes", "products", "", "groups", "", "digest", "", "zone", "",
		"mode", "on")
	tells := func(events ...notice.Event) notices.Set { return notices.Set{Rule: notice.Rule{Events: events}} }
	preview := ask(t, session, notices.RehearseRule(tells(notice.Finding, notice.Exploited, notice.Fixed)))
	if len(preview.Notices) == 0 || !strings.Contains(said, "it would have told "+plural(len(preview.Notices), "message")+" (") ||
		!strings.Contains(said, "State: dry run: it keeps what it would send, and sends nothing becomes on.") {
		t.Fatalf("it said %s, and would tell %d", said, len(preview.Notices))
	}
	b.done(last)
	// Another manager changes the rule while a form is open.
	action, form = b.form(b.page("/notices/rules/on-call/change", http.StatusOK))
	ask(t, session, notices.SetRule("on-call", tells(notice.Finding, notice.Fixed)))
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusConflict || !strings.Contains(r.body, "has changed since") {
		t.Errorf("a stale form: %d %s", r.StatusCode, r.body)
	}
	// A test, and a receiver that does not take it.
	action, form = b.form(b.page("/notices/rules/on-call/test", http.StatusOK))
	b.done(b.do(http.MethodPost, action, form))
	if len(h.titles) != 1 || !strings.Contains(h.titles[0], "a test") {
		t.Errorf("by the test came %q", h.titles)
	}
	h.reply(http.StatusTeapot)
	action, form = b.form(b.page("/notices/rules/on-call/test", http.StatusOK))
	if r := b.do(http.MethodPost, action, form); r.StatusCode != http.StatusConflict || !strings.Contains(r.body, "replied with status 418") {
		t.Errorf("a receiver that takes no test: %d %s", r.StatusCode, r.body)
	}
	// A receiver that fails is not silent.
	if strings.Contains(b.page("/", http.StatusOK), "did not arrive") {
		t.Error("the overview says that something did not arrive before anything was sent")
	}
	if err := s.Report(t.Context(), 40); err != nil {
		t.Fatal(err)
	}
	s.mustPublish(t)
	told(t, session, "a receiver that fails", func(s *notices.Status) bool { return s.State == "failing" })
	for _, path := range []string{"/", "/notices", "/notices/rules/on-call"} {
		text := b.page(path, http.StatusOK)
		secret(path, text)
		if !strings.Contains(text, "on-call fails since 20") || !strings.Contains(text, "replied with status 418") || !strings.Contains(text, "wait") {
			t.Errorf("%s does not say that the receiver fails: %s", path, text)
		}
	}
	reader, _ := s.as(t, []auth.Permission{auth.ReadVulnerabilities})
	if strings.Contains(reader.page("/", http.StatusOK), "on-call") {
		t.Error("who does not manage sees rules of notices on the overview")
	}
	// Another receiver gets what waits.
	well := newHook(t)
	action, form = b.form(b.page("/notices/rules/on-call/receiver", http.StatusOK))
	text = b.done(b.do(http.MethodPost, action, well.fill(form)))
	secret("the page after another receiver", text)
	told(t, session, "what was sent", func(s *notices.Status) bool { return s.Notices["sent"] > 0 && s.Notices["waiting"] == 0 })
	if strings.Contains(b.page("/", http.StatusOK), "did not arrive") {
		t.Error("the overview says that something did not arrive")
	}
	history := ask(t, session, notices.ListHistory(notices.Listing{}))
	text = b.page("/notices/history?state=sent", http.StatusOK)
	secret("the history", text)
	if !strings.Contains(text, history.Notices[0].Notice.Title) || !strings.Contains(text, `href="/vulnerabilities/CVE-`) {
		t.Errorf("the history has not %q: %s", history.Notices[0].Notice.Title, text)
	}
	said, last = b.submit("/notices/rules/on-call/change", "mode", "off")
	b.done(last)
	if !strings.Contains(said, "off: it makes nothing") {
		t.Errorf("it said %s", said)
	}
	action, form = b.form(b.page("/notices/rules/on-call/remove", http.StatusOK))
	b.done(b.do(http.MethodPost, action, form))
	if n := len(ask(t, session, notices.ListRules()).Rules); n != 0 || shown < 8 {
		t.Errorf("there are %d rules, and %d pages were searched", n, shown)
	}
	b.page("/notices/history?rule=on-call", http.StatusOK) // the history stays
	for _, secret := range hookSecrets {
		if found := s.files(t, secret); len(found) > 0 {
			t.Errorf("%q is in %v", secret, found)
		}
	}
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return number64(int64(n)) + " " + one + "s"
}

// The link of a notice leads to a page that there is, whatever it is about.
func TestLinksOfNotices(t *testing.T) {
	s := started(t)
	manager, session := s.as(t, everything())
	listed := control.List[control.FleetRows](control.ListOfDevices, &control.ListFilter{})
	fleet, err := control.Do(t.Context(), session, listed)
	if err != nil || len(fleet.Value.Rows) == 0 {
		t.Fatal(err)
	}
	device := notice.Device{ID: fleet.Value.Rows[0].ID}
	cve := notice.CVE{ID: "CVE-2024-9680"}
	chrome := notice.Product{Vendor: "google", Name: "chrome"}
	all := []notice.Notice{{Event: notice.Finding, CVEs: []notice.CVE{cve}, CVECount: 1},
		{Event: notice.Fixed, CVEs: []notice.CVE{cve, {ID: "CVE-2024-4671"}}, CVECount: 2,
			Products: []notice.Product{chrome}, ProductCount: 1},
		{Event: notice.Exploited, CVECount: 2, ProductCount: 2},
		{Event: notice.Silent, Devices: []notice.Device{device}, DeviceCount: 1}, {Event: notice.Silent, DeviceCount: 2}}
	for _, event := range append(notice.Events(), notice.More, notice.Test) {
		all = append(all, notice.Notice{Event: event})
	}
	linked := notice.Linked(s.url+"/", all)
	for i := range linked {
		path, ok := strings.CutPrefix(linked[i].Link, s.url)
		if !ok || path == "/" {
			t.Fatalf("the link of %+v is %q", all[i], linked[i].Link)
		}
		if text := manager.page(path, http.StatusOK); !strings.Contains(text, "<h1") {
			t.Errorf("%s: %s", path, text)
		}
	}
	if none := notice.Linked("", all); none[0].Link != "" {
		t.Errorf("without an address the link is %q", none[0].Link)
	}
}
