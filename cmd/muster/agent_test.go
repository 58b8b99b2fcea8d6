package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
)

// waitAudited waits until the audit log of a data folder has an event a number of times:
// audited DIR EVENT 3.
func waitAudited(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	path, event := ts.MkAbs(filepath.Join(args[0], "audit.jsonl")), `"event":`+strconv.Quote(args[1])
	for range 300 {
		if text, err := os.ReadFile(path); err == nil && strings.Count(string(text), event) >= want {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("%s has not %d times %s", path, want, event)
}

// branch is a machine with an agent, a server, and the network between them.
type branch struct {
	*testing.T
	data, state, machine string
	wire                 *wire
	stop                 func() // the server
}

// wire forwards requests to the server, if it runs, and loses replies.
type wire struct {
	*httptest.Server
	target atomic.Pointer[url.URL]
	loses  atomic.Int32 // number of replies of POST /v1/enroll to lose
}

func newBranch(t *testing.T) *branch {
	t.Helper()
	folder := t.TempDir()
	b := &branch{T: t, data: filepath.Join(folder, "data"), state: filepath.Join(folder, "state"),
		machine: filepath.Join(folder, "machine"), wire: new(wire)}
	for name, text := range map[string]string{
		"etc/os-release": "ID=debian\nVERSION_ID=\"12\"\n", "etc/hostname": "kiosk1.example.com\n",
		"etc/machine-id":      strings.Repeat("a1", 16) + "\n",
		"var/lib/dpkg/status": "Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.11-1\nMaintainer: x\n",
	} {
		path := filepath.Join(b.machine, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	b.wire.Server = httptest.NewServer(http.HandlerFunc(b.wire.forward))
	t.Cleanup(b.wire.Close)
	return b
}

func (n *wire) forward(w http.ResponseWriter, r *http.Request) {
	target := n.target.Load()
	if target == nil {
		panic(http.ErrAbortHandler)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(p *httputil.ProxyRequest) { p.SetURL(target) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	if r.URL.Path == "/v1/enroll" && n.loses.Add(-1) >= 0 {
		proxy.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	proxy.ServeHTTP(w, r)
}

// serve starts the server, as a process of its own; stop kills it.
func (b *branch) serve() {
	b.Helper()
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	// under the name muster the test binary is the program: TestMain
	server := &exec.Cmd{Path: program, Args: []string{"muster", "serve", "--data", b.data, "--listen",
		"127.0.0.1:0", "--interval", "0"}}
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.stop = sync.OnceFunc(func() {
		b.wire.target.Store(nil)
		_ = server.Process.Kill() // it may have ended
		_ = server.Wait()         // by the signal
	})
	b.Cleanup(b.stop)
	line, _ := bufio.NewReader(out).ReadString('\n') // no line if it ended; the check below tells
	target, err := url.Parse(strings.TrimSpace(strings.TrimPrefix(line, "serving ")))
	if err != nil || target.Host == "" {
		b.Fatalf("serve printed %q", line)
	}
	b.wire.target.Store(target)
}

// manage runs a command as the administrator.
func (b *branch) manage(args ...string) string {
	b.Helper()
	var admin control.Issued
	text, err := os.ReadFile(filepath.Join(b.data, node.AdministratorFile))
	if err = errors.Join(err, json.Unmarshal(text, &admin)); err != nil {
		b.Fatal(err)
	}
	for name, value := range map[string]string{connect.TenantVariable: admin.TenantID,
		connect.ClientVariable: admin.ClientID, connect.SecretVariable: admin.ClientSecret} {
		b.Setenv(name, value)
	}
	status, out, complaint := muster(b.T, append(args, "--server", b.wire.URL)...)
	if status != console.StatusDone {
		b.Fatalf("muster %s: status %d: %s", strings.Join(args, " "), status, complaint)
	}
	return out
}

// invite makes an enrolment and returns its secret.
func (b *branch) invite(count int) string {
	b.Helper()
	var made control.CreatedEnrollment
	if err := json.Unmarshal([]byte(b.manage("enroll", "create", "rollout", "--json", "--count", strconv.Itoa(count))),
		&made); err != nil {
		b.Fatal(err)
	}
	return made.Secret
}

// used returns how many devices used the one enrolment.
func (b *branch) used() int64 {
	b.Helper()
	var list struct{ Enrollments []control.Enrollment }
	if err := json.Unmarshal([]byte(b.manage("enroll", "list", "--json")), &list); err != nil ||
		len(list.Enrollments) != 1 {
		b.Fatal(list, err)
	}
	return list.Enrollments[0].Used
}

// command returns the machine's command line, with an interval of four hours.
func (b *branch) command(secret string) *agent.Command {
	return &agent.Command{Root: b.machine, Server: b.wire.URL, State: b.state, Enroll: secret, Every: 4 * time.Hour}
}

// start starts an agent with a clock on which four hours take a moment. The function it returns
// stops it, and returns when it has stopped.
func (b *branch) start(c *agent.Command) (log *safeBuffer, end func()) {
	b.Helper()
	log = new(safeBuffer)
	ctx, cancel := context.WithCancel(b.Context())
	config, err := c.Prepare(ctx, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	config.Now = func() time.Time { return now }
	sleep := config.Sleep
	config.Sleep = func(ctx context.Context, d time.Duration) error {
		now = now.Add(max(d, 0))
		return sleep(ctx, d/40_000)
	}
	var running sync.WaitGroup
	running.Go(func() { agent.New(config).Run(ctx) })
	end = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	b.Cleanup(end)
	return log, end
}

// When a killed server comes back, the agent reports as before, and the report that waited is the
// newest one.
func TestAgentOutlivesItsServer(t *testing.T) {
	b := newBranch(t)
	b.serve()
	log, end := b.start(b.command(b.invite(1)))
	log.await(t, "report sent", 2)
	b.stop()
	log.await(t, "sending failed", 12)
	waiting, err := os.ReadDir(filepath.Join(b.state, "spool"))
	waiting = slices.DeleteFunc(waiting, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".new") }) // half written
	if err != nil || len(waiting) != 1 || waiting[0].Name() != "collect.report" {
		t.Errorf("in the spool: %v, %v", waiting, err)
	}
	sent := strings.Count(log.String(), "report sent")
	b.serve()
	log.await(t, "report sent", sent+2)
	end()
	if text := b.manage("device", "list"); strings.Count(text, "kiosk1.example.com") != 1 {
		t.Errorf("devices:\n%s", text)
	}
	if strings.Contains(log.String(), "mst_") || strings.Contains(log.String(), "eyJ") {
		t.Errorf("a secret is logged:\n%s", log)
	}
}

// A machine that starts before its server enrols when the server comes.
func TestAgentWaitsForItsServer(t *testing.T) {
	b := newBranch(t)
	b.serve()
	secret := b.invite(1)
	b.stop()
	log, _ := b.start(b.command(secret))
	log.await(t, "not enrolled yet", 1)
	log.await(t, "sending failed", 3)
	b.serve()
	log.await(t, "report sent", 1)
	if used := b.used(); used != 1 {
		t.Errorf("%d uses", used)
	}
}

// A lost reply uses up neither the enrolment nor the device.
func TestEnrolmentWhoseReplyIsLost(t *testing.T) {
	b := newBranch(t)
	b.serve()
	secret := b.invite(1)
	b.wire.loses.Store(2)
	args := []string{"collect", "--root", b.machine, "--server", b.wire.URL, "--state", b.state, "--enroll", secret}
	for range 2 {
		if status, _, stderr := muster(t, args...); status != console.StatusUnreachable {
			t.Errorf("status %d, %s", status, stderr)
		}
	}
	if status, out, stderr := muster(t, args...); status != console.StatusDone ||
		!strings.HasPrefix(out, "sent the report of device ") {
		t.Errorf("status %d, %s%s", status, out, stderr)
	}
	if used := b.used(); used != 1 {
		t.Errorf("%d uses", used)
	}
}

// A device whose credential was revoked waits, and logs what to do; with a secret it enrols again
// at once.
func TestAgentThatIsShutOut(t *testing.T) {
	b := newBranch(t)
	b.serve()
	secret := b.invite(2)
	log, end := b.start(b.command(secret))
	log.await(t, "report sent", 1)
	b.manage("enroll", "reset", "kiosk1.example.com")
	for tries := 0; b.used() != 2; tries++ {
		if tries == 300 {
			t.Fatalf("it does not come back:\n%s", log)
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.manage("enroll", "reset", "kiosk1.example.com")
	log.await(t, "server refuses this machine", 2)
	if text := log.String(); !strings.Contains(text, "unknown, expired or used up") ||
		!strings.Contains(text, "muster enroll create NAME makes a new secret") {
		t.Errorf("log:\n%s", text)
	}
	end()

	log, _ = b.start(b.command(""))
	log.await(t, "server refuses this machine", 1)
	if text := log.String(); !strings.Contains(text, "AADSTS") ||
		!strings.Contains(text, "enrol again with --enroll SECRET") {
		t.Errorf("log:\n%s", text)
	}
}
