package deliver_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notice/deliver"
	"github.com/muster-project/muster/internal/notice/render"
)

// within sends with little time, as if a delivery's had passed.
func within(t *testing.T, d time.Duration, to *notice.Destination) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	begun := time.Now()
	err := here("127.0.0.0/8").Send(ctx, to, about())
	if took := time.Since(begun); took > d+5*time.Second {
		t.Errorf("it took %s", took)
	}
	return err
}

func hookAt(url string) *notice.Destination {
	return &notice.Destination{Kind: notice.Webhook, URL: url + "/hidden-path", Secret: "sixteen characters and more"}
}

// Receivers that hang, trickle, break off, or talk without end cost a bounded time and little memory, and what is said
// of them has no secret.
func TestFaultyWebhooks(t *testing.T) {
	raw := func(serve func(net.Conn)) string {
		address, _ := listen(t, func(c net.Conn) string {
			_, _ = bufio.NewReader(c).ReadString('\n')
			serve(c)
			return ""
		})
		return "http://" + address
	}
	endless := func(c net.Conn, text string) {
		block := strings.Repeat(text, 1000)
		for {
			if _, err := io.WriteString(c, block); err != nil {
				return
			}
		}
	}
	for name, test := range map[string]struct {
		serve func(net.Conn)
		want  string // of the error; empty: it was taken
	}{
		"hangs":             {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, "deadline"},
		"closes":            {func(c net.Conn) { c.Close() }, ""},
		"is no server":      {func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-x\r\n\r\n") }, "malformed"},
		"headers trickle":   {func(c net.Conn) { trickle(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("a", 9999)) }, "deadline"},
		"headers never end": {func(c net.Conn) { endless(c, "X-A: bbbbbbbbbbbbbbbbbbbb\r\n") }, "malformed"},
		"an endless header": {func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			endless(c, "X-A: bbbbbbbbbbbbbbb\r\n")
		}, "exceeded"},
		"informs on and on": {func(c net.Conn) { endless(c, "HTTP/1.1 103 Early Hints\r\n\r\n") }, "exceeded"},
		"takes and trickles": {func(c net.Conn) {
			trickle(c, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"+strings.Repeat("a", 9999))
		}, "taken"},
		"takes and breaks": {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\na") }, "taken"},
		"takes and talks":  {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n"); endless(c, "x") }, "taken"},
		"fails and talks":  {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 500 No\r\n\r\n"); endless(c, "x") }, "status 500"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := within(t, 500*time.Millisecond, hookAt(raw(test.serve)))
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 20<<20 {
				t.Errorf("%d bytes were allocated", grown)
			}
			switch {
			case err != nil && strings.Contains(err.Error(), "hidden"):
				t.Errorf("the error has the address: %v", err)
			case test.want == "taken" && err != nil, test.want != "taken" && err == nil,
				test.want != "taken" && err != nil && !strings.Contains(err.Error(), test.want):
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

// trickle sends a text byte by byte.
func trickle(c net.Conn, text string) {
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for i := range text {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
		<-pace.C
	}
}

// A receiver that asks to be left alone says for how long, and statuses are told without the address.
func TestStatuses(t *testing.T) {
	status, after := 0, ""
	soon := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.Header().Set("Location", "http://127.0.0.1:1/private")
		w.WriteHeader(status)
	}))
	defer server.Close()
	for _, test := range []struct {
		status     int
		after      string
		least, max time.Duration
	}{{429, "120", 2 * time.Minute, 2 * time.Minute}, {503, soon, 59 * time.Minute, time.Hour},
		{503, "Mon, 02 Jan 2006 15:04:05 GMT", 0, 0}, {429, "-1", 0, 0}, {429, "soon", 0, 0}, {500, "", 0, 0}, {404, "", 0, 0}, {308, "", 0, 0}, {302, "", 0, 0},
		{429, "99999999999999999999", 0, 0}} {
		status, after = test.status, test.after
		err := here("127.0.0.0/8").Send(t.Context(), hookAt(server.URL), about())
		var later *notice.LaterError
		wait := time.Duration(0)
		if errors.As(err, &later) {
			wait = later.After
		}
		if err == nil || !strings.Contains(err.Error(), fmt.Sprint("status ", test.status)) || strings.Contains(err.Error(), "private") ||
			strings.Contains(err.Error(), "hidden") || wait < test.least || wait > test.max {
			t.Errorf("%d, Retry-After %q: %v, wait %s", test.status, test.after, err, wait)
		}
	}
}

// question returns the beginning of a reply to a question of DNS: its header, without an answer, and the question (RFC
// 1035, section 4.1). isA tells whether it asks for an address of IPv4.
func question(packet []byte) (reply []byte, isA bool) {
	end := 12 + bytes.IndexByte(packet[12:], 0) + 5
	reply = slices.Clone(packet[:end])
	copy(reply[2:12], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	return reply, reply[end-3] == 1
}

// names answers questions for addresses, each with the next of a list, and counts them.
func names(t *testing.T, addresses ...string) *atomic.Int64 {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	asked := &atomic.Int64{}
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(packet)
			if err != nil {
				return
			}
			reply, isA := question(packet[:n])
			if isA {
				at := netip.MustParseAddr(addresses[int(asked.Add(1)-1)%len(addresses)]).As4()
				// The name of the question, A, IN, for 0 s, 4 bytes (RFC 1035, section 4.1.3).
				reply[7] = 1
				reply = append(append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), at[:]...)
			}
			_, _ = server.WriteTo(reply, from)
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = before })
	return asked
}

// A name that means another address at the next question leads nowhere else: what is checked is what is connected to.
func TestRebinding(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have one address of their own")
	}
	var good, bad atomic.Int64
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := net.Listen("tcp", "127.0.0.3:"+port)
	if err != nil {
		t.Skipf("the port is taken: %v", err)
	}
	for l, count := range map[net.Listener]*atomic.Int64{listener: &good, other: &bad} {
		server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { count.Add(1) })}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() { server.Close() })
	}
	asked := names(t, "127.0.0.2", "127.0.0.3")
	for i := range 6 {
		err := here("127.0.0.2/32").Send(t.Context(), hookAt("http://hooks.example.com:"+port), about())
		if i%2 == 0 && err != nil || i%2 == 1 && !errors.Is(err, deliver.ErrPrivate) {
			t.Errorf("try %d: %v", i, err)
		}
	}
	if good.Load() != 3 || bad.Load() != 0 || asked.Load() != 6 {
		t.Errorf("%d and %d requests came, by %d questions", good.Load(), bad.Load(), asked.Load())
	}
}

// Mail servers and servers of syslog that stall or talk without end hold nothing up, and get no secret before TLS.
func TestFaultyServers(t *testing.T) {
	cert, ca := certified(t)
	lines := func(c net.Conn, text string) {
		for {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
	secured := func(c net.Conn) net.Conn { return tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}) }
	for name, test := range map[string]struct {
		kind  notice.Kind
		tls   string
		serve func(net.Conn) string
		want  string
	}{
		"mail that says nothing":     {notice.Mail, "", func(c net.Conn) string { return all(c) }, "timeout"},
		"mail that greets on and on": {notice.Mail, "", func(c net.Conn) string { lines(c, "220-"+strings.Repeat("x", 60)+"\r\n"); return "" }, "1 MiB"},
		"mail with an endless line":  {notice.Mail, "", func(c net.Conn) string { lines(c, strings.Repeat("2", 1000)); return "" }, "1 MiB"},
		"mail without STARTTLS": {notice.Mail, "", func(c net.Conn) string {
			_, _ = io.WriteString(c, "220 x\r\n")
			in := bufio.NewReader(c)
			said, _ := in.ReadString('\n')
			_, _ = io.WriteString(c, "250-x\r\n250 AUTH PLAIN\r\n")
			rest, _ := io.ReadAll(in)
			return said + string(rest)
		}, "STARTTLS"},
		"mail that only says STARTTLS": {notice.Mail, "", func(c net.Conn) string {
			_, _ = io.WriteString(c, "220 x\r\n")
			in := bufio.NewReader(c)
			said, _ := in.ReadString('\n')
			_, _ = io.WriteString(c, "250-x\r\n250 STARTTLS\r\n")
			more, _ := in.ReadString('\n')
			_, _ = io.WriteString(c, "454 not now\r\n")
			rest, _ := io.ReadAll(in)
			return said + more + string(rest)
		}, "454"},
		"mail without TLS on its port": {notice.Mail, notice.TLS, func(c net.Conn) string { _, _ = io.WriteString(c, "220 x\r\n"); return all(c) }, "TLS"},
		"syslog that says nothing":     {notice.Syslog, "", func(c net.Conn) string { return all(c) }, "there may be no TLS there"},
		"syslog without TLS": {notice.Syslog, "", func(c net.Conn) string {
			_, _ = io.WriteString(c, "220 this is something else\r\n")
			return all(c)
		}, "no TLS there, and it is a must"},
		"syslog that reads nothing": {notice.Syslog, "", func(c net.Conn) string {
			_ = secured(c).(*tls.Conn).Handshake()
			<-time.After(100 * time.Millisecond)
			return ""
		}, "taken or broken"},
		"syslog that talks": {notice.Syslog, "", func(c net.Conn) string { lines(secured(c), strings.Repeat("x", 1000)); return "" }, "taken or broken"},
	} {
		t.Run(name, func(t *testing.T) {
			address, got := listen(t, test.serve)
			to := &notice.Destination{Kind: test.kind, Address: address, CA: ca}
			if test.kind == notice.Mail {
				to.From, to.To, to.User, to.Password, to.TLS = "a@example.com", []string{"b@example.com"}, "user-name", "pass-word", test.tls
			}
			err := within(t, time.Second, to)
			switch {
			case err == nil && test.want != "taken or broken":
				t.Error("it was taken")
			case err != nil && (strings.Contains(err.Error(), "pass-word") || test.want != "taken or broken" && !strings.Contains(err.Error(), test.want)):
				t.Errorf("the error is %v, want %q", err, test.want)
			}
			if said := <-got; strings.Contains(said, "AUTH") || strings.Contains(said, "about") || strings.Contains(said, "CVE") {
				t.Errorf("before TLS it was told %q", said)
			}
		})
	}
}

// all reads what comes.
func all(c net.Conn) string {
	text, _ := io.ReadAll(c) // until the other end gives up
	return string(text)
}

// dashboard is the address of a server.
const dashboard = "https://muster.example.com"

// Whatever a name is, it is text in every form: no header, no line, no markup, no mention and no command.
func TestFormsOfHostileNames(t *testing.T) {
	parts := rapid.SampledFrom([]string{"\r\n", "\n\n", "Bcc: x@example.com", "<!channel>", "<@U1>", "@channel", "@all", "<at>x</at>", "```", "~~~", "````text",
		"/close\n", "{panel}", "[~admin]", "!x.png!", "{\"a\":1}", "\"}],\"x\":[", "]", "[x@1 y=\"z\"]", "\\", "\x1b[31m", "\u009b31m", "\u202e", "\u2028",
		"\ufeff", "%0d%0a", "=?utf-8?q?x?=", "<script>", "&lt;", "x", "é", "\xff"})
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOfN(parts, 1, 8).Draw(t, "name"), "")
		d := about()
		n := &d.Notices[0]
		n.Title, n.Devices[0].Name, n.Devices[0].Reason, n.CVEs[0].ID = "new on "+name, name, name, name
		n.Products, n.ProductCount = []notice.Product{{Vendor: name, Name: name}}, 1
		d.Organization.Name = name
		d.Notices = notice.Linked(dashboard, d.Notices)
		if link := d.Link(); !strings.HasPrefix(link, dashboard+"/vulnerabilities/") || strings.ContainsAny(link, " <>\"\\`\n") {
			t.Fatalf("the link is %q", link)
		}
		for _, f := range notice.Formats() {
			to := &notice.Destination{Kind: notice.Webhook, Format: f, Project: "P", IssueType: "T"}
			text, err := render.Body(to, d)
			if err != nil || !json.Valid(text) {
				t.Fatalf("%s: %s: %v", f, text, err)
			}
			var body map[string]any
			if err := json.Unmarshal(text, &body); err != nil {
				t.Fatal(err)
			}
			checkForm(t, f, body, d.Link())
		}
		frames, err := render.Syslog(d, name, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		length, message, _ := strings.Cut(string(frames), " ")
		fields := strings.SplitN(message, " ", 8)
		if fmt.Sprint(len(message)) != length || strings.ContainsAny(message, "\r\n\x1b\u009b\u202e\u2028") || len(fields) != 8 || fields[6] != "-" {
			t.Fatalf("the frame is %q", frames)
		}
		var back notice.Delivery
		if err := json.Unmarshal([]byte(strings.TrimPrefix(fields[7], "\ufeff")), &back); err != nil ||
			back.Notices[0].Devices[0].Name != string([]rune(name)) {
			t.Fatalf("the message is %q: %v", fields[7], err)
		}
		if text := render.Text(d) + render.Title(d, 200); strings.ContainsAny(text, "\r\x1b\u009b\u202e\u2028") ||
			strings.Count(render.Text(d), "\n") != strings.Count(render.Text(about()), "\n")+2 {
			t.Fatalf("the text is %q", text)
		}
	})
}

// checkForm holds the body of a service to what is text in it, and to the one link that people can follow.
func checkForm(t *rapid.T, f notice.Format, body map[string]any, link string) {
	title, _ := body["title"].(string)
	var plainly bytes.Buffer
	encoder := json.NewEncoder(&plainly)
	encoder.SetEscapeHTML(false)
	err, out := encoder.Encode(body), plainly.String()
	if err != nil || !strings.Contains(out, `"`+link+`"`) && !strings.Contains(out, "<"+link+">") {
		t.Fatalf("%s: %s has no link %q (%v)", f, out, link, err)
	}
	switch f {
	case notice.Slack:
		text, _ := body["text"].(string)
		if strings.ContainsAny(text, "<>") {
			t.Fatalf("Slack reads markup in %q", text)
		}
		for _, b := range body["blocks"].([]any) {
			if kind := b.(map[string]any)["text"].(map[string]any)["type"]; kind != "plain_text" {
				t.Fatalf("a block is %v", kind)
			}
		}
	case notice.Teams:
		if strings.Contains(out, `"TextBlock"`) || strings.Contains(out, `"entities"`) {
			t.Fatalf("Teams reads markup or mentions in %s", out)
		}
	case notice.GitHub, notice.GitLab:
		text, _ := body[map[notice.Format]string{notice.GitHub: "body", notice.GitLab: "description"}[f]].(string)
		text = strings.TrimSuffix(text, "\n<"+link+">\n")
		fence := text[:strings.Index(text, "text\n")]
		inside := strings.TrimSuffix(strings.TrimPrefix(text, fence+"text\n"), "\n"+fence+"\n")
		if strings.Trim(fence, "`") != "" || strings.Contains(inside, fence) || len(inside) == len(text) ||
			strings.ContainsAny(title, "\r\n") {
			t.Fatalf("%s: %q is no block of code", f, text)
		}
	}
}
