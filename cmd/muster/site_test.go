package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/node"
)

// published is a snapshot, as muster publish --json prints it.
type published struct {
	Number        int64
	BegunTime     time.Time
	GeneratedTime time.Time
	Totals        counts.Snapshot
}

// site is a data folder and its server, used as people use them: through command lines and HTTP,
// within this process.
type site struct {
	testing.TB // the test that fails; a test of steps sets it to the running step
	whole      testing.TB
	// data is the folder, url the server's address; empty while none runs.
	data, url string
	// token is used for calls: the token of the administrator that the first start made.
	token string
}

func newSite(t testing.TB) *site {
	return &site{TB: t, whole: t, data: filepath.Join(t.TempDir(), "data")}
}

// muster runs a command that must succeed, and returns what it printed. A
// command that needs the state finds this site's.
func (s *site) muster(args ...string) string {
	s.Helper()
	status, out, complaint := s.command(args...)
	if status != console.StatusDone {
		s.Fatalf("muster %s: status %d\n%s%s", strings.Join(args, " "), status, out, complaint)
	}
	return out
}

// refuses runs a command that must end with a status, and returns its error output.
func (s *site) refuses(status int, args ...string) string {
	s.Helper()
	got, out, complaint := s.command(args...)
	if got != status {
		s.Fatalf("muster %s: status %d, want %d\n%s%s", strings.Join(args, " "), got, status, out, complaint)
	}
	return complaint
}

func (s *site) command(args ...string) (status int, out, complaint string) {
	s.Helper()
	switch {
	case args[0] == "collect" || args[0] == "serve":
	case s.url != "":
		args = append(args, "--server", s.url)
	default:
		args = append(args, "--data", s.data)
	}
	var stdout, stderr bytes.Buffer
	status = run(s.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// decodeTold decodes what a command printed as JSON.
func decodeTold[T any](s *site, text string) (told T) {
	s.Helper()
	if err := json.Unmarshal([]byte(text), &told); err != nil {
		s.Fatalf("%v in %s", err, text)
	}
	return told
}

// publish makes a snapshot, which must have a number of devices.
func (s *site) publish(devices int64) published {
	s.Helper()
	made := decodeTold[published](s, s.muster("publish", "--json"))
	if made.Totals.Devices != devices {
		s.Errorf("snapshot %d has %d devices, want %d", made.Number, made.Totals.Devices, devices)
	}
	return made
}

// serve starts a server on the folder; it stops with the whole test.
func (s *site) serve() {
	s.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	var complaint bytes.Buffer
	go func() {
		ended <- run(ctx, []string{"serve", "--data", s.data, "--listen", "127.0.0.1:0", "--interval", "0"}, nil, in,
			&complaint)
		in.Close()
	}()
	s.whole.Cleanup(func() {
		stop()
		if status := <-ended; status != console.StatusDone {
			s.whole.Errorf("serve: status %d: %s", status, &complaint)
		}
	})
	line, _ := bufio.NewReader(out).ReadString('\n') // no line if it ended; the check below tells
	_, address, ok := strings.Cut(strings.TrimSpace(line), "serving ")
	if !ok {
		s.Fatalf("serve printed %q", line)
	}
	s.url = address
	s.login(administratorOf(s, s.data))
}

// login makes commands and calls come from a client.
func (s *site) login(who control.Issued) {
	s.Helper()
	setLogin(s.whole, who)
	token, err := tokenOf(s.url, who)
	if err != nil {
		s.Fatal(err)
	}
	s.token = token
}

// setLogin makes commands come from a client.
func setLogin(t testing.TB, who control.Issued) {
	t.Helper()
	for name, value := range map[string]string{connect.TenantVariable: who.TenantID, connect.ClientVariable: who.ClientID,
		connect.SecretVariable: who.ClientSecret} {
		t.Setenv(name, value)
	}
}

// administratorOf reads the administrator that the first start of a data folder made.
func administratorOf(t testing.TB, data string) (who control.Issued) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, node.AdministratorFile))
	if err == nil {
		err = json.Unmarshal(text, &who)
	}
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// tokenOf asks a server for the token of a client.
func tokenOf(server string, who control.Issued) (string, error) {
	response, err := http.PostForm(server+"/"+who.TenantID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {who.ClientID}, "client_secret": {who.ClientSecret},
		"scope": {control.TokenScope}})
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var reply struct {
		Token   string `json:"access_token"`
		Problem string `json:"error_description"`
	}
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil || reply.Token == "" {
		return "", fmt.Errorf("no token: status %d, %s (%w)", response.StatusCode, reply.Problem, err)
	}
	return reply.Token, nil
}

// report sends one report, written to a file as JSON.
func (s *site) report(r *inventory.Report) {
	s.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		s.Fatal(err)
	}
	s.muster("report", s.file(r.Device.Name+".json", text))
}

// file writes a file of the test's own and returns its path.
func (s *site) file(name string, content []byte) string {
	s.Helper()
	path := filepath.Join(s.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// get returns the body of a reply that must have a status. An address without
// scheme is an export call.
func (s *site) get(status int, address string) []byte {
	s.Helper()
	if !strings.HasPrefix(address, "http") {
		address = s.url + "/api/machines/" + address
	}
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	if !strings.Contains(address, "/tvm-export/") { // a link needs no other credential
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		s.Fatalf("%s: status %d, want %d (%v): %.1000s", address, response.StatusCode, status, err, body)
	}
	return body
}

// export is a request of one of the export calls: its name and its query.
type export struct {
	call  defender.Call
	query string // empty, or k=v&k=v
}

func (e export) address(more ...string) string {
	query := strings.Join(slices.DeleteFunc(append(more, e.query), func(q string) bool { return q == "" }), "&")
	if query == "" {
		return e.call.Name
	}
	return e.call.Name + "?" + query
}

// rows pulls an export to its end, as pages of many sizes or via files.
func (s *site) rows(e export) []json.RawMessage {
	s.Helper()
	if e.call.Files {
		return s.fileRows(e)
	}
	return s.pageRows(e, 700)
}

func (s *site) pageRows(e export, size int) (rows []json.RawMessage) {
	s.Helper()
	for next := e.address(fmt.Sprintf("pageSize=%d", size)); next != ""; {
		var page defender.Page[json.RawMessage]
		if err := json.Unmarshal(s.get(http.StatusOK, next), &page); err != nil {
			s.Fatalf("%s: %v", next, err)
		}
		if want := e.call.Context(s.url); page.Context != want {
			s.Errorf("%s: context %q, want %q", next, page.Context, want)
		}
		if page.NextLink != "" && len(page.Value) != size {
			s.Errorf("%s: %d rows, want %d", next, len(page.Value), size)
		}
		rows, next = append(rows, page.Value...), page.NextLink
	}
	return rows
}

func (s *site) links(e export) []string {
	s.Helper()
	var reply defender.ExportFilesResponse
	if err := json.Unmarshal(s.get(http.StatusOK, e.address()), &reply); err != nil {
		s.Fatalf("%s: %v", e.address(), err)
	}
	return reply.ExportFiles
}

func (s *site) fileRows(e export) (rows []json.RawMessage) {
	s.Helper()
	for _, link := range s.links(e) {
		for line := range bytes.Lines(s.unpack(s.get(http.StatusOK, link))) {
			rows = append(rows, line)
		}
	}
	return rows
}

// unpack decompresses a part, which must be one gzip member.
func (s *site) unpack(part []byte) []byte {
	s.Helper()
	source := bytes.NewReader(part)
	member, err := gzip.NewReader(source)
	if err != nil {
		s.Fatal(err)
	}
	member.Multistream(false)
	text, err := io.ReadAll(member)
	if err != nil || source.Len() > 0 {
		s.Fatalf("%d bytes after the first member (%v)", source.Len(), err)
	}
	return text
}

// decodeRows decodes rows of either form into a documented struct.
func decodeRows[T any](s *site, rows []json.RawMessage) []T {
	s.Helper()
	all := make([]T, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row, &all[i]); err != nil {
			s.Fatalf("%v in %s", err, row)
		}
	}
	return all
}

// meaning returns the content of a row, whichever of the two forms it has (contract.md, section
// 4): keys in lower case, no nulls, nothing that only files have, and with the time that has two
// spellings parsed.
func (s *site) meaning(row json.RawMessage) map[string]any {
	s.Helper()
	var written map[string]any
	if err := json.Unmarshal(row, &written); err != nil {
		s.Fatalf("%v in %s", err, row)
	}
	said := map[string]any{}
	for key, value := range written {
		if key = strings.ToLower(key); value != nil &&
			!slices.Contains([]string{"isonboarded", "cvebatchtitle", "cvebatchurl"}, key) {
			said[key] = value
		}
	}
	if text, ok := said["eventtimestamp"].(string); ok {
		said["eventtimestamp"] = s.time(text)
	}
	return said
}

func (s *site) time(text string) time.Time {
	s.Helper()
	t, err := defender.ParseTime(text)
	if err != nil {
		s.Fatal(err)
	}
	return t
}
