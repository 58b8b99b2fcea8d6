package api_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every operation of /openapi.json has an example in doc/api.md, and everything that an example
// shows matches /openapi.json.
func TestDocExamples(t *testing.T) {
	l := newLab(t)
	a, err := described.of(l.describedBy())
	if err != nil {
		t.Fatal(err)
	}
	outline, err := described.of(withoutRequired(l.describedBy()))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, e := range docExamples(t) {
		path, ok := a.find(e.path)
		operation, has := a.paths[path][strings.ToLower(e.method)]
		if !ok || !has {
			t.Errorf("%s %s: no operation is there", e.method, e.path)
			continue
		}
		shown[e.method+" "+path] = true
		if err := outline.check(path, e.method, e.statusOf(operation), operation, e.header, e.replyTo(path)); err != nil {
			t.Errorf("%s %s: %v", e.method, e.path, err)
		}
	}
	for path, operations := range a.paths {
		for method := range operations {
			if call := strings.ToUpper(method) + " " + path; !shown[call] {
				t.Errorf("%s has no example", call)
			}
		}
	}
}

// withoutRequired returns a description in which nothing is required, since examples leave things
// out.
func withoutRequired(document []byte) []byte {
	return regexp.MustCompile(`,?"required":\[[^\]]*\]`).ReplaceAll(document, nil)
}

// docExample is a request and the reply to it.
type docExample struct {
	method, path string
	status       string // "" if it is not shown
	header       http.Header
	reply        string
}

// docExamples reads the blocks of doc/api.md that begin with a request.
func docExamples(t *testing.T) (all []docExample) {
	t.Helper()
	text, err := os.ReadFile("../../doc/api.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)\n```\n((?:GET|POST|PUT|PATCH|DELETE) .*?)\n```\n")
	for _, block := range blocks.FindAllSubmatch(text, -1) {
		all = append(all, readExample(string(block[1])))
	}
	if len(all) == 0 {
		t.Fatal("doc/api.md has no examples")
	}
	return all
}

// readExample reads a block: the request, then the reply with or without its
// status and headers.
func readExample(block string) docExample {
	request, _, _ := strings.Cut(block, "\n")
	method, target, _ := strings.Cut(request, " ")
	path, _, _ := strings.Cut(target, "?")
	e := docExample{method: method, path: path, header: http.Header{}}
	paragraphs := strings.Split(block, "\n\n")
	status := regexp.MustCompile(`^(?:HTTP/1\.1 )?(\d{3})\b[^\n]*`)
	i := slices.IndexFunc(paragraphs[1:], status.MatchString) + 1
	if i == 0 {
		e.reply = paragraphs[len(paragraphs)-1]
		return e
	}
	head := paragraphs[i]
	e.status = status.FindStringSubmatch(head)[1]
	e.reply = strings.TrimSpace(status.ReplaceAllString(head, "") + "\n" + strings.Join(paragraphs[i+1:], "\n\n"))
	for name, value, ok := headerLine(&e.reply); ok; name, value, ok = headerLine(&e.reply) {
		e.header.Set(name, value)
	}
	return e
}

// headerLine cuts a header off the beginning of a text.
func headerLine(text *string) (name, value string, ok bool) {
	line, rest, _ := strings.Cut(*text, "\n")
	if name, value, ok = strings.Cut(line, ": "); ok && regexp.MustCompile(`^[A-Z][A-Za-z-]+$`).MatchString(name) {
		*text = strings.TrimSpace(rest)
		return name, value, true
	}
	return "", "", false
}

// statusOf returns the example's status: if it is not shown, the first success.
func (e *docExample) statusOf(op describedOperation) string {
	if e.status != "" {
		return e.status
	}
	for _, status := range []string{"200", "201", "202", "204"} {
		if _, ok := op.Responses[status]; ok {
			return status
		}
	}
	return ""
}

// replyTo returns the complete reply of an example: single rows of a page are put into a page.
func (e *docExample) replyTo(path string) []byte {
	if e.header.Get("Content-Type") == "" {
		e.header.Set("Content-Type", "application/json")
	}
	text := withoutDots(e.reply)
	if strings.HasSuffix(path, "ByMachine") && !strings.Contains(text, `"value":[`) && e.status == "" {
		text = fmt.Sprintf(`{"value":[%s]}`, text)
	}
	return []byte(text)
}

// withoutDots removes the dots for omitted text from JSON, except in strings, and the line breaks
// that were added to strings.
func withoutDots(text string) string {
	var out strings.Builder
	rest := text
	for _, piece := range regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).FindAllString(text, -1) {
		before, after, _ := strings.Cut(rest, piece)
		out.WriteString(strings.ReplaceAll(before, "…", ""))
		out.WriteString(regexp.MustCompile(`\n\s*`).ReplaceAllString(piece, ""))
		rest = after
	}
	out.WriteString(strings.ReplaceAll(rest, "…", ""))
	tidy := regexp.MustCompile(`,(\s*[,}\]])`).ReplaceAllString(out.String(), "$1")
	return regexp.MustCompile(`([{\[]\s*),`).ReplaceAllString(tidy, "$1")
}
