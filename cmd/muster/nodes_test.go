package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/testneed"
)

// cluster is a database and a store of files, with what nodes on them need to know.
type cluster struct {
	testing.TB
	env []string
}

func newCluster(t testing.TB) *cluster { return newClusterOn(t, testneed.Azurite(t)) }

// newClusterOn is newCluster on a store of files, which must be empty.
func newClusterOn(t testing.TB, storage *testneed.Storage) *cluster {
	server := testneed.Postgres(t)
	name := "cluster_" + strings.ToLower(rand.Text()[:10])
	server.SQL(t, "postgres", "CREATE DATABASE "+name)
	return clusterOn(t, server.URL(name), storage)
}

// clusterOn is a cluster on an empty database and an empty store.
func clusterOn(t testing.TB, database string, storage *testneed.Storage) *cluster {
	c := &cluster{TB: t, env: append(os.Environ(), "MUSTER_DATABASE="+database, "MUSTER_FILES="+storage.URL,
		"MUSTER_CACHE="+filepath.Join(t.TempDir(), "cache"))}
	for name, value := range storage.Env {
		c.env = append(c.env, name+"="+value)
	}
	return c
}

// muster runs a command that must succeed, and returns what it printed.
func (c *cluster) muster(args ...string) string {
	c.Helper()
	command := exec.Command("muster", args...)
	command.Env = c.env
	var complaint strings.Builder
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		c.Fatalf("muster %s: %v\n%s%s", strings.Join(args, " "), err, out, &complaint)
	}
	return string(out)
}

// member is a process that serves.
type member struct {
	url     string
	command *exec.Cmd
	out     safeBuffer // without the first line
	log     safeBuffer
	ended   chan struct{}
}

// start starts a node with a name, and more variables in its environment.
func (c *cluster) start(name string, env ...string) *member {
	c.Helper()
	return c.serve(append(slices.Clone(c.env), env...), "--node", name)
}

// serve starts a server with flags.
func (c *cluster) serve(env []string, flags ...string) *member {
	c.Helper()
	m := &member{ended: make(chan struct{}), command: exec.Command("muster",
		append([]string{"serve", "--listen", "127.0.0.1:0", "--interval", "0", "--limits", "off"}, flags...)...)}
	m.command.Env, m.command.Stderr = env, &m.log
	out, err := m.command.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := m.command.Start(); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = m.command.Process.Kill() }) // whatever failed
	lines := bufio.NewReader(out)
	first, _ := lines.ReadString('\n') // no line if it ended; the check below tells
	go func() {
		defer close(m.ended)
		_, _ = io.Copy(&m.out, lines)
	}()
	_, address, ok := strings.Cut(strings.TrimSpace(first), "serving ")
	if !ok {
		c.Fatalf("serve printed %q\n%s", first, &m.log)
	}
	m.url = address
	return m
}

// stop stops a member in order.
func (c *cluster) stop(m *member) {
	c.Helper()
	if err := m.command.Process.Signal(syscall.SIGTERM); err != nil {
		c.Fatal(err)
	}
	<-m.ended
	if err := m.command.Wait(); err != nil {
		c.Errorf("stopping: %v\n%s", err, &m.log)
	}
}

// do sends a request to a member and returns the reply's body.
func (c *cluster) do(m *member, token, method, path, body string, status int) []byte {
	c.Helper()
	request, err := http.NewRequestWithContext(c.Context(), method, m.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/x-ndjson")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.Fatal(err)
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		c.Fatalf("%s %s: status %d, want %d (%v): %.500s\n%s", method, path, response.StatusCode, status, err, reply, &m.log)
	}
	return reply
}

// at returns what follows the server in an address that a member gave out.
func at(m *member, address string) string { return strings.TrimPrefix(address, m.url) }

// TestTwoNodes is two processes on one database and one store of files: what one of them gives out, the
// other takes, and what is taken away at one is away at the other at once.
func TestTwoNodes(t *testing.T) {
	c := newCluster(t)
	var reader control.Issued
	err := json.Unmarshal([]byte(c.muster("client", "add", "reader", "--json", "--permission",
		"Muster.Manage.All,Reports.Write.All,Software.Read.All")), &reader)
	if err != nil {
		t.Fatal(err)
	}
	one, two := c.start("one"), c.start("two")
	one.out.await(t, "clientSecret", 1)
	token, err := tokenOf(one.url, reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*member{one, two} {
		c.do(m, "", http.MethodGet, "/readyz", "", http.StatusOK)
	}

	c.do(one, token, http.MethodPost, "/v1/reports", `{"device":{"name":"a"},"software":[{"kind":"deb","name":"x","version":"1"},{"kind":"deb","name":"y","version":"1"}]}
{"device":{"name":"b"},"software":[{"kind":"deb","name":"x","version":"1"},{"kind":"deb","name":"z","version":"2"}]}
`, http.StatusAccepted)
	c.do(two, token, http.MethodPost, "/v1/generations?wait=true", "", http.StatusOK)

	const call = "/api/machines/SoftwareInventoryNoProductCodeByMachine?pageSize=1"
	seen, from, other := map[string]bool{}, one, two
	for next := call; next != ""; from, other = other, from {
		var page defender.Page[json.RawMessage]
		if err := json.Unmarshal(c.do(from, token, http.MethodGet, next, "", http.StatusOK), &page); err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Value {
			seen[string(row)] = true
		}
		next = at(from, page.NextLink)
	}
	if len(seen) != 4 {
		t.Errorf("a pull that changed its node with each page has %d rows, want 4", len(seen))
	}

	var links defender.ExportFilesResponse
	if err := json.Unmarshal(c.do(one, token, http.MethodGet, "/api/machines/SoftwareInventoryNonCpeExport", "", http.StatusOK), &links); err != nil {
		t.Fatal(err)
	}
	if len(links.ExportFiles) == 0 {
		t.Fatal("no links")
	}
	for _, link := range links.ExportFiles {
		mine := c.do(one, "", http.MethodGet, at(one, link), "", http.StatusOK)
		if theirs := c.do(two, "", http.MethodGet, at(one, link), "", http.StatusOK); string(mine) != string(theirs) {
			t.Errorf("%s is not the same on both nodes", at(one, link))
		}
	}

	c.muster("client", "remove", "reader") // a third process
	for _, m := range []*member{one, two} {
		c.do(m, token, http.MethodGet, call, "", http.StatusUnauthorized)
	}
	for name, m := range map[string]*member{"one": one, "two": two} {
		c.stop(m)
		if !strings.Contains(m.out.String(), `"node":"`+name+`"`) || !strings.Contains(m.log.String(), "node="+name) {
			t.Errorf("node %s is not named in its audit log or its log:\n%s\n%s", name, &m.out, &m.log)
		}
		if text := m.out.String() + m.log.String(); strings.Contains(text, reader.ClientSecret) {
			t.Errorf("node %s told a secret", name)
		}
	}
}
