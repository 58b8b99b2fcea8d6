package deliver_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notice/deliver"
)

// hostile is a name as an attacker would give a device.
const hostile = "web1\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script> [x](javascript:1) @all ``` \x1b[31m"

// about returns a delivery about a device with a hostile name, whose title has it, too.
func about() *notice.Delivery {
	return notice.NewDelivery(notice.Organization{ID: "o", Name: "Example"}, "on-call", []notice.Notice{{Key: "0123",
		Event: notice.Finding, Title: "CVE-2024-0001 (Critical): new on " + hostile, Severity: "Critical", Snapshot: 2, Previous: 1,
		CVEs: []notice.CVE{{ID: "CVE-2024-0001", Severity: "Critical"}}, CVECount: 1,
		Devices: []notice.Device{{ID: strings.Repeat("a", 40), Name: hostile}}, DeviceCount: 41}})
}

// here allows this machine.
func here(allowed ...string) *deliver.Sender {
	c := deliver.Config{Agent: "muster/test", Host: "muster.example.com", Clock: time.Now}
	for _, a := range allowed {
		c.Allowed = append(c.Allowed, netip.MustParsePrefix(a))
	}
	return deliver.New(c)
}

// certified returns a certificate for this machine, and the PEM by which it is trusted.
func certified(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// listen serves connections, one after the other, until the test ends. What serve returns is sent to the channel.
func listen(t *testing.T, serve func(net.Conn) string) (address string, got chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got = make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			got <- serve(conn)
			conn.Close()
		}
	}()
	return l.Addr().String(), got
}

// smtp speaks as a mail server does (RFC 5321, 3207, 4954), and returns the mail.
func smtp(t *testing.T, conn net.Conn, cert *tls.Certificate, implicit bool) string {
	secured := implicit
	if implicit {
		conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*cert}})
	}
	in := bufio.NewReader(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 mail.example.com ESMTP")
	login, message := "", ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return message
		}
		switch verb := strings.ToUpper(strings.TrimSpace(line)); {
		case strings.HasPrefix(verb, "EHLO"):
			if !secured && cert != nil {
				say("250-mail.example.com\r\n250 STARTTLS")
			} else {
				say("250-mail.example.com\r\n250 AUTH PLAIN LOGIN")
			}
		case verb == "STARTTLS":
			say("220 go ahead")
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*cert}})
			in, secured = bufio.NewReader(conn), true
		case strings.HasPrefix(verb, "AUTH PLAIN"):
			if login = strings.Fields(line)[2]; !secured {
				t.Error("the password came without TLS")
			}
			say("235 welcome")
		case verb == "DATA":
			if !secured || login == "" {
				t.Error("a mail came without TLS or login")
			}
			say("354 go on")
			for line := ""; line != ".\r\n"; message += line {
				if line, err = in.ReadString('\n'); err != nil {
					return message
				}
			}
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return message
		default:
			say("250 well")
		}
	}
}

// Mails are sent with TLS alone, whichever way it begins, and a hostile name makes no header.
func TestMail(t *testing.T) {
	cert, ca := certified(t)
	for _, way := range []string{notice.StartTLS, notice.TLS} {
		address, got := listen(t, func(c net.Conn) string { return smtp(t, c, &cert, way == notice.TLS) })
		to := &notice.Destination{Kind: notice.Mail, Address: address, TLS: way, From: "muster@example.com", CA: ca,
			To: []string{"ann@example.com", "bob@example.com"}, User: "muster", Password: "secret"}
		if err := to.Check(); err != nil {
			t.Fatal(err)
		}
		if err := here("127.0.0.1/32").Send(t.Context(), to, about()); err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		m, err := mail.ReadMessage(strings.NewReader(<-got))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(m.Body)
		if m.Header.Get("Bcc") != "" || m.Header.Get("Muster-Key") != "0123" || m.Header.Get("To") == "" ||
			!strings.Contains(m.Header.Get("Message-ID"), "0123@muster") || bytes.Contains(body, []byte("\x1b")) {
			t.Errorf("%s: the mail has the header %v and the body %s", way, m.Header, body)
		}
		if err := here("127.0.0.1/32").Send(t.Context(), &notice.Destination{Kind: notice.Mail, Address: address, TLS: way,
			From: to.From, To: to.To}, about()); err == nil {
			t.Errorf("%s: a server was believed whose certificate nobody vouches for", way)
		}
		<-got
	}
	address, _ := listen(t, func(c net.Conn) string { return smtp(t, c, nil, false) })
	err := here("127.0.0.1/32").Send(t.Context(), &notice.Destination{Kind: notice.Mail, Address: address, From: "a@example.com",
		To: []string{"b@example.com"}, User: "u", Password: "secret", CA: ca}, about())
	if err == nil || !strings.Contains(err.Error(), "STARTTLS") || strings.Contains(err.Error(), "secret") {
		t.Errorf("a server without TLS: %v", err)
	}
}

// Syslog is one frame a notice, which is one line of JSON, whatever names devices have.
func TestSyslog(t *testing.T) {
	cert, ca := certified(t)
	address, got := listen(t, func(c net.Conn) string {
		text, _ := io.ReadAll(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}))
		return string(text)
	})
	to := &notice.Destination{Kind: notice.Syslog, Address: address, CA: ca}
	if err := to.Check(); err != nil {
		t.Fatal(err)
	}
	if err := here("127.0.0.1/32").Send(t.Context(), to, about()); err != nil {
		t.Fatal(err)
	}
	frame := <-got
	length, message, _ := strings.Cut(frame, " ")
	if n, err := strconv.Atoi(length); err != nil || n != len(message) || strings.ContainsAny(message, "\r\n\x1b") ||
		!strings.HasPrefix(message, "<130>1 ") {
		t.Fatalf("the frame is %q", frame)
	}
	fields := strings.SplitN(message, " ", 8)
	if fields[2] != "muster.example.com" || fields[3] != "muster" || fields[5] != "finding" || fields[6] != "-" {
		t.Errorf("the header is %q", fields[:7])
	}
	var d notice.Delivery
	err := json.Unmarshal([]byte(strings.TrimPrefix(fields[7], "\ufeff")), &d)
	if err != nil || d.Notices[0].Devices[0].Name != hostile {
		t.Errorf("the message is %q: %v", fields[7], err)
	}
}

// Bodies of services are JSON in which a hostile name is text.
func TestServices(t *testing.T) {
	var got []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer token" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	for _, f := range notice.Formats() {
		to := &notice.Destination{Kind: notice.Webhook, URL: server.URL, Format: f, Authorization: "Bearer token"}
		switch f {
		case notice.Plain:
			to.Secret = "sixteen characters and more"
		case notice.Jira:
			to.Project, to.IssueType = "OPS", "Task"
		}
		if err := to.Check(); err != nil {
			t.Fatal(err)
		}
		if err := here("127.0.0.1/32").Send(t.Context(), to, about()); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		var body map[string]any
		if err := json.Unmarshal(got, &body); err != nil || !bytes.Contains(got, []byte("CVE-2024-0001")) {
			t.Errorf("%s: %s: %v", f, got, err)
		}
		if text, _ := body["text"].(string); f == notice.Slack && strings.Contains(text, "<") {
			t.Errorf("Slack reads markup in %q", text)
		}
		for _, name := range []string{"body", "description"} {
			text, ok := body[name].(string)
			if ok && (!strings.HasPrefix(text, "````text\n") || !strings.HasSuffix(text, "\n````\n")) {
				t.Errorf("%s: the %s is no block of code: %q", f, name, text)
			}
		}
	}
}

// Addresses are checked when the connection is made, redirects are not followed, and errors do not show where a
// webhook is.
func TestWhereNoticesMayGo(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	to := &notice.Destination{Kind: notice.Webhook, URL: server.URL + "/hidden-path", Secret: "sixteen characters and more"}
	err := here().Send(t.Context(), to, about())
	if !errors.Is(err, deliver.ErrPrivate) || asked != 0 || strings.Contains(err.Error(), "hidden") {
		t.Errorf("this machine is connected to (%d): %v", asked, err)
	}
	to.URL = strings.Replace(to.URL, "127.0.0.1", "localhost", 1)
	if err := here("10.0.0.0/8").Send(t.Context(), to, about()); !errors.Is(err, deliver.ErrPrivate) || asked != 0 {
		t.Errorf("a name of this machine is connected to (%d): %v", asked, err)
	}
	err = here("127.0.0.0/8", "::1/128").Send(t.Context(), to, about())
	if err == nil || !strings.Contains(err.Error(), "redirects") || asked != 1 || strings.Contains(err.Error(), "hidden") {
		t.Errorf("a redirect (%d): %v", asked, err)
	}
	for _, address := range []string{"10.1.2.3:443", "192.168.1.1:443", "169.254.169.254:80", "100.64.0.1:443", "[fe80::1]:443",
		"[fd00::1]:443", "[::ffff:10.0.0.1]:443", "[64:ff9b::a00:1]:443", "0.0.0.0:443", "[::]:443"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := here().Send(ctx, &notice.Destination{Kind: notice.Syslog, Address: address}, about())
		if cancel(); !errors.Is(err, deliver.ErrPrivate) {
			t.Errorf("%s: %v", address, err)
		}
	}
	plain := &notice.Destination{Kind: notice.Webhook, URL: "http://8.8.8.8/"}
	if err := here().Send(t.Context(), plain, about()); !errors.Is(err, deliver.ErrPlain) {
		t.Errorf("without TLS: %v", err)
	}
}
