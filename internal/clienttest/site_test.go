package clienttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/muster-project/muster/internal/node/nodetest"
	"github.com/muster-project/muster/internal/testneed"
)

// site is a data folder with a small fleet, and the program that serves it.
type site struct {
	testing.TB
	folder, program, data, url string
	authority                  *nodetest.Authority
	// http trusts the authority.
	http *http.Client
	// app may read everything, administrator may do everything, scraper may read metrics.
	app, administrator, scraper *application
}

// newSite builds the program, makes a demonstration's fleet with it, and serves that until the test
// ends.
func newSite(t testing.TB) *site {
	t.Helper()
	folder := t.TempDir()
	s := &site{TB: t, folder: folder, program: filepath.Join(folder, "muster"), data: filepath.Join(folder, "data"),
		authority: nodetest.NewAuthority(t)}
	s.http = s.authority.Client()
	s.run(testneed.Command(t, "go"), "build", "-o", s.program, "github.com/muster-project/muster/cmd/muster")
	s.run(s.program, "demo", "--once", "--days", "1", "--listen", "127.0.0.1:0", "--devices", "36", "--data", s.data)
	s.app = s.register("reader", "Vulnerability.Read.All,Software.Read.All")
	s.administrator = s.register("operator",
		"Vulnerability.Read.All,Software.Read.All,Reports.Write.All,Muster.Manage.All")
	s.scraper = s.register("prometheus", "Metrics.Read.All")
	s.serve()
	return s
}

// serve starts the server. When the test ends, it sends a signal to stop, and the server must exit
// without an error.
func (s *site) serve() {
	s.Helper()
	identity := s.issue("server")
	server := exec.Command(s.program, "serve", "--data", s.data, "--listen", "127.0.0.1:0", "--interval", "0",
		"--tls-cert", identity.certFile, "--tls-key", identity.keyFile)
	var complaint bytes.Buffer
	server.Stderr = &complaint
	out, err := server.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := server.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		stop := server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); stop != nil || err != nil {
			s.Errorf("stopping the server: %v, %v\n%s", stop, err, &complaint)
		}
	})
	line, _ := bufio.NewReader(out).ReadString('\n') // the line is empty if the server ended; checked below
	_, address, ok := strings.Cut(strings.TrimSpace(line), "serving ")
	if !ok {
		s.Fatalf("muster serve printed %q\n%s", line, &complaint)
	}
	s.url = strings.Replace(address, "127.0.0.1", "localhost", 1)
}

// run runs a program that must succeed, and returns its standard output.
func (s *site) run(program string, args ...string) string {
	s.Helper()
	return s.runWith(nil, program, args...)
}

// runWith runs a program with additional environment variables.
func (s *site) runWith(environment []string, program string, args ...string) string {
	s.Helper()
	command := exec.CommandContext(s.Context(), program, args...)
	command.Env = append(os.Environ(), environment...)
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		s.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, &complaint, &out)
	}
	return out.String()
}

// script runs a script of testdata/node and decodes its output.
func script[T any](s *site, name string, args ...string) (told T) {
	s.Helper()
	program, packages := testneed.Node(s)
	out := s.runWith([]string{"NODE_PATH=" + packages, "NODE_EXTRA_CA_CERTS=" + s.authority.File}, program,
		append([]string{filepath.Join("testdata", "node", name)}, args...)...)
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		s.Fatalf("%s printed %q: %v", name, out, err)
	}
	return told
}

// get returns the body of a reply and fails if its status differs. Headers have the form "Name:
// value".
func (s *site) get(status int, address string, headers ...string) []byte {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	response, err := s.http.Do(r)
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

// TestClients runs every client against one server.
func TestClients(t *testing.T) {
	s := newSite(t)
	for _, client := range []struct {
		name string
		use  func(*testing.T, *site)
	}{
		{"Azure storage SDK for Go", useGoStorage},
		{"Azure storage SDK for JavaScript", useNodeStorage},
		{"MSAL for Go", useGoMSAL},
		{"MSAL for JavaScript", useNodeMSAL},
		{"OpenID Connect library for Go", useGoOIDC},
		{"OData consumer", useNodeOData},
		{"OData metadata parser", useNodeMetadata},
		{"Python without libraries", usePython},
		{"curl, as PowerShell", useShell},
		{"Prometheus", usePrometheus},
		{"examples of the manual", useExamples}, // the last, because it publishes a snapshot
	} {
		t.Run(client.name, func(t *testing.T) {
			own := *s
			own.TB = t
			client.use(t, &own)
		})
	}
}
