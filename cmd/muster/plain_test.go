package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/plain"
)

// hostileRunes move a cursor, turn the direction of text, or show nothing.
var hostileRunes = []rune{0, '\a', '\b', '\t', '\n', '\r', 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9d, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x2028,
	0x2029, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0x2800,
	0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0x10ffff}

// hostileText draws text of which some is plain and some is hostile.
func hostileText() *rapid.Generator[string] {
	plainly := rapid.SampledFrom([]rune{'a', 'Z', '7', ' ', '\\', '"', 'é', '漢', '😀'})
	return rapid.StringOfN(rapid.OneOf(plainly, rapid.SampledFrom(hostileRunes), rapid.Rune()), 1, 12, -1)
}

// steers tells whether output has what a terminal would act on or not show. It
// is written from Unicode's categories, not from inventory.IsVisible.
func steers(text string) string {
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs), r == 0xad, r == 0x34f, r == 0x3164, r == 0xfe0f:
			return strconv.QuoteToASCII(string(r))
		}
	}
	return ""
}

// listings are the command lines of all commands that list or show what is
// there, by the command line's own description, so that a new one is among them.
func listings(t *testing.T) (all [][]string) {
	t.Helper()
	parser, err := newProgram().Parser(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(true) {
		path := strings.Fields(leaf.FullPath())[1:]
		name := path[len(path)-1]
		if name != "list" && name != "show" && name != "verify" && name != "publish" {
			continue
		}
		for _, argument := range leaf.Positional {
			if argument.Required {
				path = append(path, "web.example.com")
			}
		}
		all = append(all, path)
		if slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return f.Name == "json" }) {
			all = append(all, append(slices.Clone(path), "--json"))
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %q", all)
	}
	return all
}

// liar is a server's reverse proxy that puts text into every string of its
// replies, other than those that commands read: times, and names to find.
type liar struct {
	says string
	told []any // replies, as they were sent
	fail bool
}

var readText = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT.*|[0-9a-f-]{36,40}|web\.example\.com)$`)

func (l *liar) poison(value any) any {
	switch v := value.(type) {
	case string:
		if readText.MatchString(v) {
			return v
		}
		return v + l.says
	case []any:
		for i := range v {
			v[i] = l.poison(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = l.poison(v[k])
		}
	}
	return value
}

// change is httputil.ReverseProxy's ModifyResponse.
func (l *liar) change(r *http.Response) error {
	var value any
	if err := json.NewDecoder(r.Body).Decode(&value); err != nil || strings.HasSuffix(r.Request.URL.Path, "/token") {
		return err
	}
	if value = l.poison(value); l.fail {
		value, r.StatusCode = map[string]any{"error": map[string]any{"code": l.says, "message": l.says}}, http.StatusBadRequest
	}
	l.told = append(l.told, value)
	text, err := json.Marshal(value)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return err
}

// Whatever a server, and so any device that reports to it, says: no listing,
// error or JSON steers the terminal, and JSON is still the very value.
func TestNoTextFromOutsideSteersTheTerminal(t *testing.T) {
	s := newSite(t)
	s.report(&inventory.Report{Device: inventory.Device{Name: "web.example.com", OSPlatform: "Linux", Tags: []string{"prod"}},
		Software: []inventory.Software{{Kind: "deb", Name: "openssl", Version: "3.0"}}})
	s.muster("client", "add", "collector", "--permission", "Reports.Write.All")
	s.muster("enroll", "create", "racks")
	s.muster("group", "set", s.file("groups.json", []byte(`{"rules":[{"group":"Web","name":"web*"}]}`)))
	s.serve()
	upstream, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	lies := new(liar)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(upstream) }, ModifyResponse: lies.change}
	front := httptest.NewServer(proxy)
	defer front.Close()
	t.Setenv(tokenVariable, s.token)
	all := listings(t)
	shown := 0
	rapid.Check(t, func(r *rapid.T) {
		*lies = liar{says: hostileText().Draw(r, "says"), fail: rapid.IntRange(0, 5).Draw(r, "fails") == 0}
		line := rapid.SampledFrom(all).Draw(r, "command")
		var out, complaints bytes.Buffer
		status := run(t.Context(), append(slices.Clone(line), "--server", front.URL), strings.NewReader(""), &out, &complaints)
		for _, text := range []string{out.String(), complaints.String()} {
			if bad := steers(text); bad != "" {
				r.Fatalf("muster %q prints %s: %q", line, bad, text)
			}
		}
		if !lies.fail && status != console.StatusDone && !strings.Contains(complaints.String(), "reading the reply") && status != console.StatusProblems {
			r.Fatalf("muster %q: status %d: %s", line, status, &complaints)
		}
		if status == console.StatusDone && line[len(line)-1] == "--json" && line[0] != "device" {
			shown++
			var got any
			if err := json.Unmarshal(out.Bytes(), &got); err != nil || !cmp.Equal(got, lies.told[len(lies.told)-1]) {
				r.Fatalf("muster %q changed what it was told, %v:\n%s", line, cmp.Diff(lies.told[len(lies.told)-1], got), err)
			}
		}
	})
	if shown == 0 && !t.Failed() {
		t.Error("no JSON was compared")
	}
}

// A character may come in two writes, or never whole.
func TestTextInPiecesIsTheSameText(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.OneOf(rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }), hostileText()).Draw(r, "text")
		var out, whole bytes.Buffer
		w := plain.NewWriter(&out)
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(r, "piece")
			if _, err := io.WriteString(w, rest[:n]); err != nil {
				r.Fatal(err)
			}
			rest = rest[n:]
		}
		w.Flush()
		one := plain.NewWriter(&whole)
		_, _ = io.WriteString(one, text)
		one.Flush()
		// How many U+FFFD stand for bytes that are no text may differ.
		folded := func(b *bytes.Buffer) string {
			return regexp.MustCompile("\uFFFD+").ReplaceAllString(b.String(), "\uFFFD")
		}
		if folded(&out) != folded(&whole) {
			r.Fatalf("%q became %q, want %q", text, &out, &whole)
		}
		if bad := steers(out.String()); bad != "" {
			r.Fatalf("%q is printed as %q", text, &out)
		}
	})
}

// The server's log goes the same way, in either form.
func TestNoTextFromOutsideSteersTheLog(t *testing.T) {
	for _, form := range []string{"text", "json"} {
		var out bytes.Buffer
		terminal := console.NewTerminal("muster", os.Stdin, io.Discard, &out)
		log, err := console.LogFlags{LogFormat: form, LogLevel: "info"}.Logger(terminal)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("request failed", "path", string(hostileRunes), string(hostileRunes), 1)
		if bad := steers(out.String()); bad != "" || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: %s in %q", form, bad, &out)
		}
	}
}
