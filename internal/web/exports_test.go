package web_test

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/testneed"
)

// linesOf are the lines of the page of exports for a program, and a call.
func (b *browser) linesOf(program, call string) string {
	b.Helper()
	part := regexp.MustCompile(`(?s)<summary>` + program + `</summary>.*?<code>(.*?)</code></pre></details>`)
	found := part.FindStringSubmatch(b.page("/exports?call="+call, http.StatusOK))
	if found == nil {
		b.Fatalf("the page has no lines for %s", program)
	}
	return html.UnescapeString(found[1])
}

// The lines for curl and Python give all rows of each call that a caller may use, as they stand on the page.
func TestLinesOfExportsRun(t *testing.T) {
	s := started(t)
	testneed.Command(t, "jq")
	programs := map[string][]string{"curl": {testneed.Command(t, "sh"), "-e"}, "Python": {testneed.Command(t, "python3")}}
	testneed.Command(t, "curl")
	b, session := s.as(t, everything())
	made, err := control.Do(t.Context(), session, control.AddClient(control.ClientRequest{Access: control.Access{Name: "exports",
		Permissions: []string{string(auth.ReadVulnerabilities), string(auth.ReadSoftware)}}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"SoftwareVulnerabilitiesByMachine", "SoftwareVulnerabilitiesExport", "SoftwareInventoryByMachine",
		"SoftwareVulnerabilityChangesByMachine", "SoftwareVulnerabilityChangesExport", "SecureConfigurationsAssessmentExport"} {
		want := 0
		at := slices.IndexFunc(defender.Calls(), func(c defender.Call) bool { return c.Name == name })
		pages, since := defender.Calls()[at], time.Time{}
		if pages.Files {
			pages = defender.Calls()[at-1]
		}
		if pages.Delta {
			since = time.Now().Add(-24 * time.Hour)
		}
		if err := control.EachRow(t.Context(), session, pages, since, func(json.RawMessage) error {
			want++
			return nil
		}); err != nil || want == 0 {
			t.Fatalf("%s has %d rows: %v", pages.Name, want, err)
		}
		for program, command := range programs {
			lines := b.linesOf(program, name)
			if strings.Contains(lines, made.Value.ClientSecret) || !strings.Contains(lines, s.url) {
				t.Errorf("the lines are %s", lines)
			}
			folder := t.TempDir()
			file := filepath.Join(folder, "lines")
			if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
				t.Fatal(err)
			}
			run := exec.CommandContext(t.Context(), command[0], append(command[1:], file)...)
			run.Dir, run.Env = folder, append(os.Environ(), "MUSTER_CLIENT_ID="+made.Value.ClientID,
				"MUSTER_CLIENT_SECRET="+made.Value.ClientSecret)
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("%s for %s: %v\n%s\n%s", program, name, err, out, lines)
				continue
			}
			rows, err := os.ReadFile(filepath.Join(folder, name+".ndjson"))
			if n := bytes.Count(rows, []byte("\n")); err != nil || n != want {
				t.Errorf("%s for %s gave %d rows, want %d: %v", program, name, n, want, err)
			}
		}
	}
}

// The page of exports has the calls of the caller's permissions alone; everybody may open it, and it has no secret.
func TestExportsAreTheCallersOwn(t *testing.T) {
	s := started(t)
	for _, test := range []struct {
		permissions []auth.Permission
		calls       int
	}{{everything(), 16}, {[]auth.Permission{auth.ReadSoftware}, 8}, {[]auth.Permission{auth.ReadScores}, 0}} {
		b, _ := s.as(t, test.permissions, "Lisbon")
		text := b.page("/exports", http.StatusOK)
		n := strings.Count(text, `<th scope="row">`)
		if n != test.calls || !strings.Contains(text, `<a href="/exports" aria-current="page">`) {
			t.Errorf("%v: %d calls, want %d: %s", test.permissions, n, test.calls, text)
		}
		if n > 0 && strings.Contains(text, "{") && regexp.MustCompile(`\{[A-Z]+\}`).MatchString(text) {
			t.Errorf("%v: something is not filled in: %s", test.permissions, text)
		}
		if test.calls == 8 {
			b.page("/exports?call=SoftwareVulnerabilitiesExport", http.StatusNotFound)
		}
		b.page("/exports?call=%3Cscript%3E", http.StatusNotFound)
	}
}
