package clienttest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/testneed"
)

// example returns the code blocks of a language below a heading of doc/api.md.
func example(t *testing.T, heading, language string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "doc", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n"+heading+"\n")
	section, _, _ = strings.Cut(section, "\n### ")
	var blocks []string
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, block[1])
	}
	if blocks == nil {
		t.Fatalf("doc/api.md has no example in %s below %q", language, heading)
	}
	return strings.Join(blocks, "\n")
}

// useExamples runs the examples of doc/api.md unchanged, in a folder of their own.
func useExamples(t *testing.T, s *site) {
	environment := func(t *testing.T, app *application) []string {
		t.Setenv("PATH", filepath.Dir(s.program)+string(os.PathListSeparator)+os.Getenv("PATH"))
		return []string{"MUSTER_SERVER=" + s.url, "MUSTER_TENANT_ID=" + app.TenantID, "MUSTER_CLIENT_ID=" + app.ClientID,
			"MUSTER_CLIENT_SECRET=" + app.ClientSecret, "CURL_CA_BUNDLE=" + s.authority.File,
			"SSL_CERT_FILE=" + s.authority.File}
	}
	t.Run("Python", func(t *testing.T) {
		python, program := testneed.Command(t, "python3"), example(t, "### Python", "python")
		t.Chdir(t.TempDir())
		want := len(s.pull(s.token()))
		for _, run := range []string{"the full copy", "its changes"} {
			told := s.runWith(environment(t, s.app), python, "-c", program)
			if prefix := fmt.Sprintf("%d findings as of 2", want); !strings.HasPrefix(told, prefix) {
				t.Errorf("%s: printed %q, want %q", run, told, prefix)
			}
		}
	})
	t.Run("curl", func(t *testing.T) {
		testneed.Command(t, "jq")
		testneed.Command(t, "curl")
		program := "set -e\n" + example(t, "### curl", "sh")
		folder := t.TempDir()
		t.Chdir(folder)
		want := len(s.pull(s.token()))
		out := s.runWith(environment(t, s.administrator), "sh", "-c", program)
		_, last, _ := strings.Cut(strings.TrimSpace(out), "\n")
		var made struct{ Number int }
		if err := json.Unmarshal([]byte(last), &made); err != nil || made.Number != 3 {
			t.Errorf("the last reply is not a third snapshot: %v in %s", err, out)
		}
		equal(t, "findings", s.lines(filepath.Join(folder, "findings.ndjson")), want)
		if s.lines(filepath.Join(folder, "software.ndjson")) == 0 {
			t.Error("the example wrote no software")
		}
	})
}

// lines counts the lines of JSON in a file.
func (s *site) lines(path string) (n int) {
	s.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if n++; !json.Valid([]byte(line)) {
			s.Errorf("%s: line %q", path, line)
		}
	}
	return n
}
