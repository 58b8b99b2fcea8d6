package main

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/node/nodetest"
)

// secured is a server with a certificate that a private authority has issued.
type secured struct {
	*nodetest.Authority
	cert, key string
	data, url string
	log       *safeBuffer
	stop      func()
}

func serveSecured(t *testing.T, flags ...string) *secured {
	t.Helper()
	folder := t.TempDir()
	s := &secured{Authority: nodetest.NewAuthority(t), data: filepath.Join(folder, "data"),
		cert: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem")}
	s.Issue(s.cert, s.key, 2)
	line, log, stop := serveProgram(t, append([]string{"--data", s.data, "--interval", "0", "--listen", "127.0.0.1:0",
		"--tls-cert", s.cert, "--tls-key", s.key}, flags...)...)
	s.log, s.stop = log, stop
	var ok bool
	if s.url, ok = strings.CutPrefix(line, "serving "); !ok || !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Fatalf("the first line is %q: %s", line, log)
	}
	return s
}

// healthy asks a server whether it is, and returns the reply.
func (s *secured) healthy(client *http.Client) *http.Response {
	s.Helper()
	response, err := client.Get(s.url + "/healthz")
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		s.Fatalf("status %d, %v", response.StatusCode, err)
	}
	return response
}

// serial returns the serial number of the certificate of a new connection.
func (s *secured) serial() int64 {
	s.Helper()
	response := s.healthy(s.Client())
	return response.TLS.PeerCertificates[0].SerialNumber.Int64()
}

func TestTLS(t *testing.T) {
	s := serveSecured(t)
	response := s.healthy(s.Client())
	if response.Proto != "HTTP/2.0" || response.TLS.Version != tls.VersionTLS13 {
		t.Errorf("%s over TLS %x", response.Proto, response.TLS.Version)
	}
	if r := s.healthy(s.Client(nodetest.WithoutHTTP2,
		nodetest.Versions(tls.VersionTLS12, tls.VersionTLS12))); r.Proto != "HTTP/1.1" || r.TLS.Version != tls.VersionTLS12 {
		t.Errorf("%s over TLS %x", r.Proto, r.TLS.Version)
	}
	if _, err := s.Client(nodetest.Versions(tls.VersionTLS10, tls.VersionTLS11)).Get(s.url + "/healthz"); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	file, err := os.Open(filepath.Join(s.data, node.LockFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if h := node.ReadHolder(file); h.URL != s.url {
		t.Errorf("the lock names %q, want %q", h.URL, s.url)
	}
}

// An HTTP/2 connection carries a limited number of requests: the server's settings (RFC 9113,
// section 6.5) in its first frame say it.
func TestRequestsOfOneConnection(t *testing.T) {
	const maxStreams = 100 // doc/design.md, section 8
	s := serveSecured(t)
	config := s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.NextProtos = []string{"h2"}
	connection, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), config)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	emptySettings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	if _, err := io.WriteString(connection, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+emptySettings); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(connection, head); err != nil || head[3] != 4 {
		t.Fatalf("the first frame is of type %d (%v)", head[3], err)
	}
	settings := make([]byte, int(head[1])<<8|int(head[2]))
	if _, err := io.ReadFull(connection, settings); err != nil {
		t.Fatal(err)
	}
	for setting := range slices.Chunk(settings, 6) {
		const maxConcurrentStreams = 3
		if binary.BigEndian.Uint16(setting) == maxConcurrentStreams {
			if got := binary.BigEndian.Uint32(setting[2:]); got != maxStreams {
				t.Errorf("%d requests at a time, want %d", got, maxStreams)
			}
			return
		}
	}
	t.Error("nothing is said")
}

// Commands trust a private authority with --ca-file, and hint at it.
func TestCommandsOverTLS(t *testing.T) {
	s := serveSecured(t)
	site := &site{TB: t, whole: t, data: s.data, url: s.url}
	setLogin(t, administratorOf(t, s.data))
	complaint := site.refuses(console.StatusUnreachable, "feed", "list")
	for _, part := range []string{"certificate signed by unknown authority",
		"hint: --ca-file FILE trusts a private certificate authority"} {
		if !strings.Contains(complaint, part) {
			t.Errorf("%q lacks %q", complaint, part)
		}
	}
	t.Setenv("MUSTER_CA_FILE", s.File)
	site.muster("feed", "list")
	site.url = strings.Replace(s.url, "https", "http", 1)
	complaint = site.refuses(console.StatusInput, "feed", "list")
	if want := "hint: if the server uses TLS: --server " + s.url; !strings.Contains(complaint, want) {
		t.Errorf("%q lacks %q", complaint, want)
	}
}

// New connections use a renewed certificate; existing ones continue.
func TestCertificateReload(t *testing.T) {
	s := serveSecured(t)
	client := s.Client()
	s.healthy(client)
	s.Issue(s.cert, s.key, 3)
	s.log.await(t, "certificate read", 2)
	if got := s.serial(); got != 3 {
		t.Errorf("serial %d, want 3", got)
	}
	var reused bool
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace),
		http.MethodGet, s.url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if !reused || response.TLS.PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Errorf("the connection from before was cut (reused: %t)", reused)
	}
}

// An invalid certificate is logged once, however often the files are read, and the old
// certificate is used until there is a valid one.
func TestBrokenCertificate(t *testing.T) {
	s := serveSecured(t)
	for i, broken := range []func(){
		func() { s.Issue(s.cert, filepath.Join(t.TempDir(), "elsewhere"), 3) }, // the key of another
		func() { s.Write(s.cert, "NONSENSE", []byte("x")) },
		func() {
			if err := os.Remove(s.key); err != nil {
				t.Fatal(err)
			}
		},
	} {
		broken()
		s.log.await(t, "the new certificate cannot be used", i+1)
		if got := s.serial(); got != 2 {
			t.Errorf("serial %d, want 2", got)
		}
	}
	s.hangUp(5)
	s.Issue(s.cert, s.key, 4)
	s.hangUp(1)
	s.log.await(t, "certificate read", 2)
	if got := s.serial(); got != 4 {
		t.Errorf("serial %d, want 4", got)
	}
	s.stop()
	if n := strings.Count(s.log.String(), "the new certificate cannot be used"); n != 3 {
		t.Errorf("said %d times, want 3:\n%s", n, s.log)
	}
}

// hangUp sends SIGHUP to this process. It first sees the process check the files, so that it
// waits for the signal.
func (s *secured) hangUp(times int) {
	s.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		s.Fatal(err)
	}
	for range times {
		if err := self.Signal(syscall.SIGHUP); err != nil {
			s.Logf("no SIGHUP here: %v", err) // Windows
		}
		time.Sleep(20 * time.Millisecond)
	}
}
