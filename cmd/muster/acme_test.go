package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/node/nodetest"
	"github.com/muster-project/muster/internal/testneed"
)

// pebbleModule is Let's Encrypt's own ACME server for tests.
const pebbleModule = "github.com/letsencrypt/pebble/v2/cmd/%s@v2.10.1"

// pebble is an ACME authority at work, and the DNS server that it asks. Every
// name leads to this machine.
type pebble struct {
	*nodetest.Authority // of the certificate that pebble itself speaks TLS with
	directory           string
	management          string
	stop                context.CancelFunc
}

// startPebble starts an authority that connects to tlsPort for TLS-ALPN-01.
func startPebble(t *testing.T, tlsPort string) *pebble {
	t.Helper()
	server, names := testneed.Program(t, fmt.Sprintf(pebbleModule, "pebble")),
		testneed.Program(t, fmt.Sprintf(pebbleModule, "pebble-challtestsrv"))
	folder, api, management, dns := t.TempDir(), freePort(t), freePort(t), freePort(t)
	p := &pebble{Authority: nodetest.NewAuthority(t), directory: "https://127.0.0.1:" + api + "/dir",
		management: "https://127.0.0.1:" + management}
	cert, key, config := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"),
		filepath.Join(folder, "pebble.json")
	p.Issue(cert, key, 2)
	text := fmt.Sprintf(`{"pebble":{"listenAddress":"127.0.0.1:%s","managementListenAddress":"127.0.0.1:%s",
"certificate":%q,"privateKey":%q,"httpPort":1,"tlsPort":%s}}`, api, management, cert, key, tlsPort)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	t.Cleanup(stop)
	p.begin(exec.CommandContext(ctx, names, "-dnsserver", "127.0.0.1:"+dns, "-defaultIPv4",
		"127.0.0.1", "-defaultIPv6", "",
		"-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", ""))
	p.begin(exec.CommandContext(ctx, server, "-config", config, "-dnsserver", "127.0.0.1:"+dns))
	p.await()
	return p
}

func (p *pebble) begin(c *exec.Cmd) {
	p.Helper()
	c.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	c.Stdout, c.Stderr = p.Output(), p.Output()
	if err := c.Start(); err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		p.stop()
		_ = c.Wait() // it was killed
	})
}

// await waits until the authority answers.
func (p *pebble) await() {
	p.Helper()
	client := p.Client()
	for range 300 {
		if response, err := client.Get(p.directory); err == nil {
			response.Body.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.Fatal("pebble does not answer")
}

// roots are what the authority's certificates are checked against.
func (p *pebble) roots() *x509.CertPool {
	p.Helper()
	response, err := p.Client().Get(p.management + "/roots/0")
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		p.Fatalf("%v in %s", err, text)
	}
	return pool
}

// freePort is a port that was free a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestACME gets a certificate of a real ACME server by TLS-ALPN-01, and keeps it
// over a restart without that server.
func TestACME(t *testing.T) {
	const name = "muster.test"
	port := freePort(t)
	p := startPebble(t, port)
	roots := p.roots()
	t.Setenv("MUSTER_CA_FILE", p.File)
	data := filepath.Join(t.TempDir(), "data")
	flags := []string{"--data", data, "--interval", "0", "--listen", "127.0.0.1:" + port,
		"--acme-domain", name, "--acme-email", "ops@muster.test", "--acme-directory", p.directory}

	line, _, end := serveProgram(t, flags...)
	if want := "serving https://" + name + ":" + port; line != want {
		t.Errorf("the first line is %q, want %q", line, want)
	}
	first := certificateAt(t, "127.0.0.1:"+port, name, roots)
	if unnamed := certificateAt(t, "127.0.0.1:"+port, "", roots); !unnamed.Equal(first) {
		t.Error("who names no server gets another certificate")
	}
	if _, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{ServerName: "other.test", RootCAs: roots}); err == nil {
		t.Error("a name that is not ours has a certificate")
	}
	end()
	checkPrivate(t, filepath.Join(data, node.ACMEFolder))

	p.stop()
	_, _, end = serveProgram(t, flags...)
	if again := certificateAt(t, "127.0.0.1:"+port, name, roots); !again.Equal(first) {
		t.Error("a restart has made another certificate")
	}
	end()
}

// certificateAt returns the certificate of a server for a name; it waits until there is one.
// Without a name it connects like probes by address.
func certificateAt(t *testing.T, address, name string, roots *x509.CertPool) *x509.Certificate {
	t.Helper()
	config := &tls.Config{ServerName: name, RootCAs: roots}
	if name == "" {
		config.InsecureSkipVerify = true // the caller compares
	}
	var err error
	for range 150 {
		var conn *tls.Conn
		if conn, err = tls.Dial("tcp", address, config); err == nil {
			defer conn.Close()
			return conn.ConnectionState().PeerCertificates[0]
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatalf("no certificate for %q: %v", name, err)
	return nil
}

// checkPrivate checks that only the owner may read the files below a folder.
func checkPrivate(t *testing.T, folder string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return // Windows has no modes
	}
	files := 0
	if err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if !entry.IsDir() {
			files++
		}
		return err
	}); err != nil || files < 2 {
		t.Errorf("%d files, %v; want account and certificate", files, err)
	}
}

// If the authority cannot be reached the server logs it and keeps running.
func TestACMEWithoutAuthority(t *testing.T) {
	_, log, stop := serveProgram(t, "--data", filepath.Join(t.TempDir(), "data"), "--interval", "0",
		"--listen", "127.0.0.1:0",
		"--acme-domain", "muster.test", "--acme-directory", "https://127.0.0.1:"+freePort(t)+"/dir")
	log.await(t, "no certificate yet", 1)
	stop()
}
