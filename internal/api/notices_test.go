package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notice/deliver"
	"github.com/muster-project/muster/internal/notify"
)

// labSecret signs the notices of tests; labRule is a rule without a receiver that answers.
const (
	labSecret = "sixteen characters and more"
	labRule   = `{"events":["finding"],"destination":{"kind":"webhook","url":"https://hooks.example.com/private","secret":"` +
		labSecret + `"}}`
)

// hook is a receiver. It checks signatures.
type hook struct {
	testing.TB
	*httptest.Server
	mu     sync.Mutex
	status int // of replies
	got    []notice.Delivery
	schema *jsonschema.Schema
}

func newHook(t testing.TB) *hook {
	h := &hook{TB: t, status: http.StatusOK, schema: payloads(t)}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

// payloads is the schema that is shipped.
func payloads(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("../notice/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("urn:muster:notice:1", document); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("urn:muster:notice:1")
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	var seconds int64
	if _, scanned := fmt.Sscanf(r.Header.Get(deliver.SignatureHeader), "t=%d,", &seconds); err != nil || scanned != nil ||
		r.Header.Get(deliver.SignatureHeader) != deliver.Signature(labSecret, seconds, body) {
		h.Errorf("a body is not signed: %v, %v", err, r.Header)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = h.schema.Validate(value)
	}
	if err != nil {
		h.Errorf("%s is not of the schema: %v", body, err)
	}
	var d notice.Delivery
	if err := json.Unmarshal(body, &d); err != nil || d.Key != r.Header.Get(deliver.KeyHeader) {
		h.Errorf("%s is no delivery with the key of its header: %v", body, err)
	}
	if h.status == http.StatusOK {
		h.got = append(h.got, d)
	}
	w.WriteHeader(h.status)
}

// take returns the titles of what came, and forgets it.
func (h *hook) take() (titles []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.got {
		for i := range d.Notices {
			titles = append(titles, d.Notices[i].Title)
		}
	}
	h.got = nil
	return titles
}

// round makes and sends what is owed.
func (l *lab) round() {
	l.Helper()
	if err := l.config.Notifier.Round(l.Context()); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) rule(name, body string) {
	l.Helper()
	got := l.put("/v1/notices/rules/"+name, body)
	l.equal("setting rule "+name+": "+string(got.body), got.StatusCode, http.StatusOK)
}

// A receiver gets one message for one new finding on 40 devices, none when nothing changed, and one when it was mended.
func TestNotices(t *testing.T) {
	l, h := newLab(t), newHook(t)
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	l.equal("kev", l.put("/v1/feeds/kev/kev?file=kev.json", `{"vulnerabilities":[{"cveID":"CVE-2023-3079",`+
		`"dateAdded":"2026-11-01","dueDate":"2026-12-01","knownRansomwareCampaignUse":"Unknown"}]}`).StatusCode, 200)
	l.rule("on-call", fmt.Sprintf(`{"events":["finding","exploited","fixed"],"destination":{"kind":"webhook","url":%q,"secret":%q}}`,
		h.URL+"/hidden-path", labSecret))
	l.accept(report("bare", "1.0"), jsonBody)
	l.publishNow()
	l.round()
	if got := h.take(); got != nil {
		t.Fatalf("the first snapshot is told: %q", got)
	}
	for i := range 40 {
		l.chrome(fmt.Sprintf("desk%02d", i))
	}
	l.publishNow()
	h.status = http.StatusInternalServerError // what was made is owed, and sent once the receiver takes it
	l.round()
	var rules notices.Rules
	l.decode(l.get("/v1/notices/rules"), 200, &rules)
	if s := rules.Rules[0].Status; s.State != "failing" || s.Notices["waiting"] != 1 || !strings.Contains(s.Error, "status 500") {
		t.Errorf("the status of a receiver that fails is %+v", s)
	}
	h.status = http.StatusOK
	l.round()
	if got := h.take(); got != nil {
		t.Errorf("a receiver is tried again at once: %q", got)
	}
	l.advance(time.Minute)
	l.round()
	got := h.take()
	if len(got) != 1 || !strings.HasPrefix(got[0], "CVE-2023-3079 (") || !strings.HasSuffix(got[0], ": new on 40 devices") {
		t.Fatalf("of one CVE on 40 devices is told %q", got)
	}
	l.publishNow()
	l.round()
	if got := h.take(); got != nil {
		t.Errorf("nothing changed, but is told: %q", got)
	}
	for i := range 40 {
		l.accept(fmt.Sprintf(`{"device":{"name":"desk%02d"},"software":[{"kind":"windows","vendor":"Google LLC",`+
			`"name":"Google Chrome","version":"199.0"}]}`, i), jsonBody)
	}
	l.publishNow()
	l.round()
	if got := h.take(); len(got) != 1 || !strings.HasSuffix(got[0], ": fixed on 40 devices") {
		t.Errorf("of a CVE that was mended is told %q", got)
	}
	var history notices.History
	l.decode(l.get("/v1/notices/history?limit=1"), 200, &history)
	l.equal("a page of the history", fmt.Sprintln(len(history.Notices), history.Notices[0].State, history.Next != ""), "1 sent true\n")
	l.equal("a test", l.send(http.MethodPost, "/v1/notices/rules/on-call/test", "").StatusCode, http.StatusOK)
	l.equal("is told", len(h.take()), 1)
	l.equal("its removal", l.send(http.MethodDelete, "/v1/notices/rules/on-call", "").StatusCode, http.StatusNoContent)
	everything := string(l.get("/v1/notices/rules").body) + string(l.get("/v1/notices/history").body) + l.log.String()
	for _, secret := range []string{labSecret, "hidden-path"} {
		if strings.Contains(everything, secret) {
			t.Errorf("%q is in a reply or in the log", secret)
		}
	}
}

// A round that ends before any step, as by a crash, loses nothing: the next process goes on, and what it tells again
// has the same key.
func TestNoticesAfterACrashAtEachStep(t *testing.T) {
	for step, deliveries := range map[string]int{"derive": 1, "store": 1, "send": 1, "record": 2} {
		t.Run(step, func(t *testing.T) {
			l, h := newLab(t), newHook(t)
			l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
			l.rule("on-call", fmt.Sprintf(`{"events":["finding"],"destination":{"kind":"webhook","url":%q,"secret":%q}}`,
				h.URL, labSecret))
			l.accept(report("bare", "1.0"), jsonBody)
			l.publishNow()
			l.round()
			l.chrome("desk")
			l.publishNow()
			crash := errors.New("crash")
			c := l.config.Notifier.Config
			c.Trace = func(at string) error {
				if at == step {
					return crash
				}
				return nil
			}
			if err := notify.New(c).Round(t.Context()); !errors.Is(err, crash) {
				t.Fatalf("the round ended with %v", err)
			}
			l.round()
			l.round() // there is nothing left
			keys := map[string]int{}
			for _, d := range h.got {
				keys[d.Key]++
			}
			if len(keys) != 1 || len(h.got) != deliveries {
				t.Errorf("deliveries by key: %v, want one key, %d times", keys, deliveries)
			}
		})
	}
}

// Who does not manage the organization, or sees some groups alone, has no calls of notices.
func TestNoticesNeedManagement(t *testing.T) {
	l := newLab(t)
	for _, c := range []auth.Caller{
		{ID: "some", Groups: []int64{0}, Permissions: auth.Permissions()},
		{ID: "reader", AllGroups: true, Permissions: []auth.Permission{auth.ReadVulnerabilities}},
	} {
		l.as(c)
		l.equal("listing", l.get("/v1/notices/rules").StatusCode, http.StatusForbidden)
		l.equal("setting", l.put("/v1/notices/rules/a", labRule).StatusCode, http.StatusForbidden)
		l.equal("the history", l.get("/v1/notices/history").StatusCode, http.StatusForbidden)
	}
}

// Rules that mean nothing are refused by name, without showing secrets.
func TestRulesAreChecked(t *testing.T) {
	l := newLab(t)
	for body, want := range map[string]string{
		`{"events":[]}`:                             "events",
		`{"events":["everything"]}`:                 "events",
		`{"events":["finding"]}`:                    "destination",
		`{"events":["finding"],"x":1}`:              "x",
		`{"events":["feed"],"severities":["High"]}`: "severities",
		strings.Replace(labRule, `["finding"]`, `["finding"],"rbacGroups":["Nowhere"]`, 1): "Nowhere",
		strings.Replace(labRule, `["finding"]`, `["finding"],"zone":"Mars/Olympus"`, 1):    "zone",
		strings.Replace(labRule, `["finding"]`, `["finding"],"digest":"8 o'clock"`, 1):     "digest",
		strings.Replace(labRule, "https://", "file://", 1):                                 "url",
		strings.Replace(labRule, "sixteen characters and more", "short", 1):                "secret",
	} {
		got := l.put("/v1/notices/rules/r", body)
		if got.StatusCode != http.StatusBadRequest || !strings.Contains(string(got.body), want) ||
			strings.Contains(string(got.body), "private") {
			t.Errorf("%s: status %d, want 400 that names %s: %s", body, got.StatusCode, want, got.body)
		}
	}
	l.equal("a name with a space", l.put("/v1/notices/rules/a%20b", labRule).StatusCode, http.StatusBadRequest)
	l.equal("testing nothing", l.send(http.MethodPost, "/v1/notices/rules/r/test", "").StatusCode, http.StatusNotFound)
	l.rule("r", labRule)
	l.rule("r", `{"events":["fixed"],"off":true}`) // it keeps its destination
	var rules notices.Rules
	l.decode(l.get("/v1/notices/rules"), 200, &rules)
	r := rules.Rules[0]
	l.equal("the rule", fmt.Sprintln(r.Events, r.Off, r.Destination.URL, slices.Contains(r.Destination.Secrets, "secret")),
		"[fixed] true https://hooks.example.com/… true\n")
}

// What a rule would tell is known before it is set, and nothing is stored by asking.
func TestARuleIsRehearsed(t *testing.T) {
	l := newLab(t)
	ask := func(body string) reply {
		t.Helper()
		return l.send(http.MethodPost, "/v1/notices/rehearsal", body)
	}
	l.equal("before the first snapshot", ask(`{"events":["finding"]}`).StatusCode, http.StatusNotFound)
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	l.accept(report("bare", "1.0"), jsonBody)
	l.publishNow()
	var told, stored notices.Preview
	l.decode(ask(`{"events":["finding"]}`), 200, &told)
	l.equal("of the first snapshot", told.Silent, "this is the first snapshot")
	l.chrome("desk")
	l.publishNow()
	l.decode(ask(`{"events":["finding"],"by":"product"}`), 200, &told)
	var rules notices.Rules
	l.decode(l.get("/v1/notices/rules"), 200, &rules)
	l.equal("rules by asking", len(rules.Rules), 0)
	l.rule("r", strings.Replace(labRule, `["finding"]`, `["finding"],"by":"product"`, 1))
	l.decode(l.get("/v1/notices/rules/r/preview"), 200, &stored)
	if len(told.Notices) != 1 || len(stored.Notices) != 1 || told.Notices[0].Title != stored.Notices[0].Title {
		t.Errorf("the rehearsal says %+v, the preview %+v", told, stored)
	}
	l.decode(ask(`{"events":["fixed"]}`), 200, &told)
	l.equal("of another event", len(told.Notices), 0)
	for body, want := range map[string]string{labRule: "destination", `{"events":["finding"],"zone":"Mars"}`: "zone", `{"events":[]}`: "events",
		`{"events":["finding"],"rbacGroups":["Nowhere"]}`: "Nowhere"} {
		if got := ask(body); got.StatusCode != http.StatusBadRequest || !strings.Contains(string(got.body), want) ||
			strings.Contains(string(got.body), "private") {
			t.Errorf("%s: status %d, want 400 that names %s: %s", body, got.StatusCode, want, got.body)
		}
	}
}

// However many receivers hang, those that did not fail before are sent to first.
func TestReceiversThatHangHoldUpNobody(t *testing.T) {
	l := newLab(t)
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	for i := range 20 {
		l.rule(fmt.Sprint("dead", i), labRule)
	}
	l.rule("well", labRule)
	l.accept(report("bare", "1.0"), jsonBody)
	l.publishNow()
	l.round()
	c := l.config.Notifier.Config
	hangs, came := false, make(chan struct{})
	c.Send = func(ctx context.Context, _ *notice.Destination, d *notice.Delivery) error {
		switch {
		case d.Rule != "well" && hangs:
			select {
			case <-came:
			case <-time.After(time.Minute):
				t.Error("what is well waits for what hangs")
			}
			return errors.New("it hangs")
		case d.Rule != "well":
			return errors.New("it is dead")
		case hangs:
			close(came)
		}
		return nil
	}
	notifier := notify.New(c)
	for _, device := range []string{"one", "two"} {
		l.chrome(device)
		l.publishNow()
		if err := notifier.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.advance(time.Hour)
		hangs = true
	}
	var history notices.History
	l.decode(l.get("/v1/notices/history?rule=well&state=sent"), 200, &history)
	l.equal("what was sent to the one that is well", len(history.Notices), 2)
}

// Quiet hours hold back what was owed before them, too; a rule that is turned off sends nothing more, and says what it
// did not send.
func TestNothingIsSentInQuietHours(t *testing.T) {
	l, h := newLab(t), newHook(t)
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	at := func(d time.Duration) string { return l.now.UTC().Add(d).Format("15:04") }
	rule := func(change string) {
		l.rule("r", fmt.Sprintf(`{"events":["finding","fixed"],%s"destination":{"kind":"webhook","url":%q,"secret":%q}}`, change, h.URL, labSecret))
	}
	rule("")
	l.accept(report("bare", "1.0"), jsonBody)
	l.publishNow()
	l.round()
	l.chrome("desk")
	l.publishNow()
	rule(fmt.Sprintf(`"quiet":{"from":%q,"to":%q},`, at(time.Hour), at(3*time.Hour)))
	h.status = http.StatusServiceUnavailable
	l.round()
	h.status = http.StatusOK
	var rules notices.Rules
	l.decode(l.get("/v1/notices/rules"), 200, &rules)
	if s := rules.Rules[0].Status; s.State != "failing" || s.FailingTime == nil || s.FailingTime.After(l.now) {
		t.Errorf("the status of a receiver that fails is %+v", s)
	}
	l.advance(2 * time.Hour)
	owes, err := l.config.Notifier.Owes(t.Context())
	l.equal("what is to be done in quiet hours", fmt.Sprint(owes, err), "false <nil>")
	l.round()
	l.equal("what is sent in quiet hours", len(h.take()), 0)
	l.advance(2 * time.Hour)
	l.round()
	l.equal("what is sent after them", len(h.take()), 1)
	h.status = http.StatusServiceUnavailable
	l.chrome("other")
	l.publishNow()
	l.round()
	h.status = http.StatusOK
	rule(`"off":true,`)
	rule("")
	l.advance(time.Hour)
	l.round()
	l.equal("what is sent of a rule that was off", len(h.take()), 0)
	var history notices.History
	l.decode(l.get("/v1/notices/history?state=failed"), 200, &history)
	if len(history.Notices) != 1 || !strings.Contains(history.Notices[0].Error, "turned off") {
		t.Errorf("what was given up is %+v", history.Notices)
	}
}
