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

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/plain/plaintest"
)

// listings are the command lines of all commands that list or show something, from the
// description of the command line, so that new ones are included.
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
		if !slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return f.Name == "server" }) {
			continue // it says nothing from outside
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

// liar is a reverse proxy that puts text into every string of the replies, except those that
// commands parse: times, and names to find.
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
		value, r.StatusCode = map[string]any{"error": map[string]any{"code": l.says, "message": l.says}},
			http.StatusBadRequest
	}
	l.told = append(l.told, value)
	text, err := json.Marshal(value)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return err
}

// Whatever a server, or a device that reports to it, says: no listing, error or JSON controls the
// terminal, and JSON keeps its value.
func TestNoTextFromOutsideSteersTheTerminal(t *testing.T) {
	s := newSite(t)
	s.report(&inventory.Report{Device: inventory.Device{Name: "web.example.com",
		OSPlatform: "Linux", Tags: []string{"prod"}},
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
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		ModifyResponse: lies.change}
	front := httptest.NewServer(proxy)
	defer front.Close()
	t.Setenv(connect.TokenVariable, s.token)
	all := listings(t)
	shown := 0
	rapid.Check(t, func(r *rapid.T) {
		*lies = liar{says: plaintest.Text().Draw(r, "says"), fail: rapid.IntRange(0, 5).Draw(r, "fails") == 0}
		line := rapid.SampledFrom(all).Draw(r, "command")
		var out, complaints bytes.Buffer
		status := run(t.Context(), append(slices.Clone(line), "--server", front.URL),
			strings.NewReader(""), &out, &complaints)
		for _, text := range []string{out.String(), complaints.String()} {
			if bad := plaintest.Steers(text); bad != "" {
				r.Fatalf("muster %q prints %s: %q", line, bad, text)
			}
		}
		if !lies.fail && status != console.StatusDone && !strings.Contains(complaints.String(), "reading the reply") &&
			status != console.StatusProblems {
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

// The server's log is escaped in the same way, in both formats.
func TestNoTextFromOutsideSteersTheLog(t *testing.T) {
	for _, form := range []string{"text", "json"} {
		var out bytes.Buffer
		terminal := console.NewTerminal("muster", os.Stdin, io.Discard, &out)
		log, err := console.LogFlags{LogFormat: form, LogLevel: "info"}.Logger(terminal)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("request failed", "path", plaintest.Hostile, plaintest.Hostile, 1)
		if bad := plaintest.Steers(out.String()); bad != "" || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: %s in %q", form, bad, &out)
		}
	}
}
