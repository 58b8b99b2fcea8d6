package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/api"
)

// The server's log has one line for every operation that changes something, with who, what and
// which, and without a secret; nothing else is logged.
func TestServerLogTellsWhatWasDone(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Audit = new(memoryLog) })
	said := func(r reply) string {
		l.Helper()
		l.until("it is logged", func() bool { return strings.Contains(l.log.String(), r.Header.Get("X-Request-Id")) })
		for line := range strings.Lines(l.log.String()) {
			if strings.Contains(line, r.Header.Get("X-Request-Id")) {
				return line
			}
		}
		return ""
	}
	made := l.addClient(`{"name":"siem","permissions":["Software.Read.All"]}`)
	racks := l.invite(`{"name":"racks"}`)
	device := l.accept(report("one.example.com", "1.0"), jsonBody).Reports[0].DeviceID
	for _, c := range []struct{ method, path, body, event, id string }{
		{http.MethodPost, "/v1/clients", `{"name":"new","permissions":["Software.Read.All"]}`, "add client", "new"},
		{http.MethodPatch, "/v1/clients/" + made.ClientID, `{"name":"renamed"}`, "change client", made.ClientID},
		{http.MethodPost, "/v1/clients/" + made.ClientID + "/rotate", `{}`, "rotate secret", made.ClientID},
		{http.MethodPut, "/v1/groups", `{"rules":[{"group":"Web","name":"web*"}]}`, "change groups", "/v1/groups"},
		{http.MethodPost, "/v1/organizations", `{"name":"Example Ltd"}`, "add organization", "tenant="},
		{http.MethodPost, "/v1/enrollments", `{"name":"shelves"}`, "add enrollment", "enrollment="},
		{http.MethodPost, "/v1/enroll", `{"secret":"` + racks.Secret + `","device":{"name":"rack"}}`,
			"enroll device", "device="},
		{http.MethodPut, "/v1/feeds/nvd/nvd?file=page.json", nvd, "import feed", "/v1/feeds/nvd/nvd"},
		{http.MethodPost, "/v1/generations?wait=true", "", "make generation", "/v1/generations"},
		{http.MethodPost, "/v1/keys/page/rotate", "", "rotate key", "/v1/keys/page/rotate"},
		{http.MethodDelete, "/v1/devices/" + device, "", "remove device", device},
		{http.MethodDelete, "/v1/clients/" + made.ClientID, "", "remove client", made.ClientID},
		{http.MethodDelete, "/v1/enrollments/" + racks.ID, "", "remove enrollment", racks.ID},
	} {
		got := l.do(c.method, c.path, strings.NewReader(c.body))
		if got.StatusCode >= 300 {
			t.Fatalf("%s %s: status %d: %s", c.method, c.path, got.StatusCode, got.body)
		}
		line := said(got)
		for _, part := range []string{"level=INFO", `msg="done by API"`, `event="` + c.event, c.id, "address=127.0.0.1"} {
			if !strings.Contains(line, part) {
				t.Errorf("%s %s: %q lacks %q", c.method, c.path, line, part)
			}
		}
		if c.event != "enroll device" && !strings.Contains(line, "caller=test") {
			t.Errorf("%s %s: %q does not say who", c.method, c.path, line)
		}
	}
	for _, secret := range []string{made.ClientSecret, racks.Secret, "mst_"} {
		if strings.Contains(l.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	before := strings.Count(l.log.String(), "\n")
	l.get("/v1/devices")
	l.accept(report("two.example.com", "1.0"), jsonBody)
	l.do(http.MethodPost, "/v1/verify", nil)
	l.do(http.MethodDelete, "/v1/devices/none", nil)
	l.equal("lines of what changes nothing", strings.Count(l.log.String(), "\n"), before)
}
