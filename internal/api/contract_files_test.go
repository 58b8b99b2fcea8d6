package api_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
)

// TestSection5Reply compares the reply that lists files with the printed one,
// byte for byte.
func TestSection5Reply(t *testing.T) {
	t.Run(`{"@odata.context":"https://HOST/api/$metadata#microsoft.windowsDefenderATP.api.ExportFilesResponse", "exportFiles":["https://…/part-00000-<uuid>.c000.json.gz`, func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 3, 1))
		form := `{"@odata.context":"HOST/api/$metadata#microsoft.windowsDefenderATP.api.ExportFilesResponse",` +
			`"exportFiles":["HOST/LINK"],"generatedTime":"2026-11-23T12:00:00Z"}` + "\n"
		form = strings.ReplaceAll(regexp.QuoteMeta(form), "HOST", regexp.QuoteMeta(l.server.URL))
		form = strings.Replace(form, "LINK",
			`[^"]*/part-00000-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.c000\.json\.gz\?sv=[^&"]+&st=[^&"]+&se=[^&"]+&sr=b&sp=r&sig=[^&"]+`, 1)
		if r := l.call("SoftwareVulnerabilitiesExport"); !regexp.MustCompile("^" + form + "$").Match(r.body) {
			t.Errorf("reply %q, want the form %q", r.body, form)
		}
	})
	t.Run("Before and after its time a link gets 403 with a body as Azure's storage has it: "+
		"`<Error><Code>AuthenticationFailed</Code><Message>…</Message>"+
		"<AuthenticationErrorDetail>Signature not valid in the specified key time frame: …`", func(t *testing.T) {
		l := newLab(t)
		link, _ := oneLink(l)
		l.advance(time.Hour)
		want := regexp.MustCompile(`^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Error><Code>AuthenticationFailed</Code><Message>[^<]+</Message>` +
			`<AuthenticationErrorDetail>Signature not valid in the specified key time frame: [^<]+</AuthenticationErrorDetail></Error>$`)
		if r := l.get(link); r.StatusCode != http.StatusForbidden || !want.Match(r.body) {
			t.Errorf("%d %q", r.StatusCode, r.body)
		}
	})
	t.Run("The body of a link is never empty", func(t *testing.T) {
		l := newLab(t)
		link, content := oneLink(l)
		if len(content) == 0 {
			t.Error("a file of no bytes")
		}
		l.truncate("flat-va")
		l.refused(l.get(link), http.StatusInternalServerError, defender.CodeInternalServerError)
	})
	t.Run("An organization without rows has `\"exportFiles\":[]`", emptyOrganization)
}

// emptyOrganization calls everything in an empty organization, before and after a snapshot.
func emptyOrganization(t *testing.T) {
	l := newLab(t)
	for range 2 {
		for _, call := range defender.Calls() {
			body := string(l.call(call.Name + "?sinceTime=" + since).body)
			want := `"value":[]}` + "\n"
			if call.Files {
				want = `,"exportFiles":[],"generatedTime":"` + l.clock().UTC().Format(time.RFC3339) + `"}` + "\n"
			}
			if !strings.HasSuffix(body, want) || !json.Valid([]byte(body)) {
				t.Errorf("%s: %s, want %s", call.Name, body, want)
			}
		}
		l.seal()
	}
}

// truncate empties the file whose name has a word.
func (l *lab) truncate(word string) {
	l.Helper()
	if err := os.Truncate(l.fileNamed(word), 0); err != nil {
		l.Fatal(err)
	}
}
