package control

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control/controltest"
)

// reach begins a session with a server.
func reach(t *testing.T, server *httptest.Server, who *Login) *Session {
	t.Helper()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return NewSession(Config{Base: base, HTTP: server.Client(), Login: who})
}

func TestTokensAreKeptAndRenewed(t *testing.T) {
	g := controltest.NewGate(t, TokenScope)
	who := LoginBySecret(controltest.Tenant, controltest.Client, controltest.Secret)
	s := reach(t, g.Server, who)
	ask := func(tokens int) {
		t.Helper()
		if _, err := Do(t.Context(), s, Verify()); err != nil {
			t.Error(err)
		}
		if g.Issued != tokens {
			t.Errorf("%d tokens were issued, want %d", g.Issued, tokens)
		}
	}
	ask(1)
	ask(1)
	g.Issued++ // the old token is no longer accepted, as after a change of keys
	ask(3)
	who.expires = who.expires.Add(-3599e9) // it has expired
	ask(4)
	g.Life = 60 // less than the margin: each is used once
	who.forget(who.token)
	ask(5)
	ask(6)
}

// Many requests share one token.
func TestTokenIsSharedByRequestsAtOnce(t *testing.T) {
	g := controltest.NewGate(t, TokenScope)
	s := reach(t, g.Server, LoginBySecret(controltest.Tenant, controltest.Client, controltest.Secret))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := s.Do(t.Context(), Verify().Call, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if g.Issued != 1 {
		t.Errorf("%d tokens were issued", g.Issued)
	}
}

// A refused login is distinguished from a refused request.
func TestWhoAsks(t *testing.T) {
	g := controltest.NewGate(t, TokenScope)
	s := reach(t, g.Server, LoginBySecret(controltest.Tenant, controltest.Client, "another"))
	_, err := Do(t.Context(), s, Verify())
	if !IsShutOut(err) || err.Error() != "logging in: AADSTS7000215: Invalid client secret provided." {
		t.Errorf("a wrong secret: %v", err)
	}
	for name, who := range map[string]*Login{"nobody": nil, "an old token": LoginByToken("token-x")} {
		if _, err := Do(t.Context(), s.As(who), Verify()); !HasCode(err, defender.CodeUnauthorized) || IsShutOut(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	reply, err := Do(t.Context(), s.As(LoginBySecret(controltest.Tenant, controltest.Client, controltest.Secret)),
		Verify())
	if err != nil || reply.Value.Problems == nil || string(reply.JSON) != `{"problems":[],"news":1}` {
		t.Errorf("the client: %+v, %s, %v", reply.Value, reply.JSON, err)
	}
}

// answering is a server that always sends the same reply.
func answering(t *testing.T, status int, header, body string) (*Session, *int) {
	t.Helper()
	asked := new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		_, _ = io.Copy(io.Discard, r.Body)
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return reach(t, server, nil), asked
}

func TestErrorsAreToldApart(t *testing.T) {
	for _, test := range []struct {
		name                             string
		status                           int
		body                             string
		busy, unreachable, doubt, refuse bool
		code, text                       string
	}{
		{"an error of ours", 400, `{"error":{"code":"InvalidInput","message":"line 3 is bad","target":"7"}}`, false, false,
			false, true, "InvalidInput", "line 3 is bad"},
		{"a doubt", 409, `{"error":{"code":"ClockAhead","message":"the clock is ahead"}}`, false, false, true, false,
			"ClockAhead", "the clock is ahead"},
		{"too many", 429, `{"error":{"code":"TooManyRequests","message":"wait"}}`, true, true, false, false,
			"TooManyRequests", "wait"},
		{"stopping", 503, `{"error":{"code":"ServiceUnavailable","message":"stopping"}}`, true, true, false, false,
			"ServiceUnavailable", "stopping"},
		{"a proxy's page", 502, `<html>bad gateway</html>`, false, true, false, false, "",
			"the server replied 502 Bad Gateway"},
		{"a server's fault", 500, `{"error":{"code":"InternalServerError","message":"sorry"}}`, false, false, false, false,
			"InternalServerError", "sorry"},
	} {
		s, _ := answering(t, test.status, "", test.body)
		_, err := Do(t.Context(), s, ListGroups())
		var got *Error
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got.Busy() != test.busy || got.Unreachable() != test.unreachable || got.InDoubt() != test.doubt ||
			got.Refused() != test.refuse ||
			got.Code != test.code || got.Error() != test.text || !HasCode(err, test.code) {
			t.Errorf("%s: %+v %q", test.name, got, got)
		}
	}
	s, _ := answering(t, 200, "", "<html>hello</html>")
	if _, err := Do(t.Context(), s, ListGroups()); err == nil || !strings.Contains(err.Error(), "reading the reply") {
		t.Errorf("no JSON: %v", err)
	}
}

// A server that cannot be reached is distinguished from a body that cannot be read.
func TestNoAnswer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	if _, err := Do(t.Context(), reach(t, gone, nil), ListGroups()); !errors.Is(err, ErrNoAnswer) ||
		!strings.Contains(err.Error(), gone.URL) {
		t.Errorf("a server that is gone: %v", err)
	}
	s, _ := answering(t, 200, "", "{}")
	torn := errors.New("the disk is gone")
	_, err := Do(t.Context(), s, SetGroups(func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(`{"groups":[`), failing{torn})), nil
	}))
	if !errors.Is(err, torn) || errors.Is(err, ErrNoAnswer) || err.Error() != torn.Error() {
		t.Errorf("a body that cannot be read: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A busy server is asked again when it said so; for a full disk of this process waiting does not
// help.
func TestBusyServerIsAskedAgain(t *testing.T) {
	busy := `{"error":{"code":"ServiceUnavailable","message":"stopping"}}`
	s, asked := answering(t, http.StatusServiceUnavailable, "", busy)
	if _, err := Do(t.Context(), s, ListGroups()); err == nil || *asked != 1 {
		t.Errorf("without a time it was asked %d times: %v", *asked, err)
	}
	s, asked = answering(t, http.StatusServiceUnavailable, "Retry-After: 1", busy)
	s.Here = true
	if _, err := Do(t.Context(), s, ListGroups()); err == nil || *asked != 1 {
		t.Errorf("this process was asked %d times: %v", *asked, err)
	}
	s.Here, *asked = false, 0
	if err := s.Once(t.Context(), ListGroups().Call, nil); err == nil || *asked != 1 {
		t.Errorf("once is %d times: %v", *asked, err)
	}
	var reply *Error
	if _, err := Do(t.Context(), s, ListGroups()); !errors.As(err, &reply) || *asked != 1+maxTries ||
		reply.RetryAfter != time.Second {
		t.Errorf("it was asked %d times: %v", *asked-1, err)
	}
}

// Unknown members of a newer server are passed on, page by page.
func TestEachDevice(t *testing.T) {
	var queries []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.RawQuery)
		if r.URL.Query().Get("after") == "" {
			fmt.Fprint(w, `{"devices":[{"id":"1","name":"a","news":true}],"next":"1"}`)
			return
		}
		fmt.Fprint(w, `{"devices":[{"id":"2","name":"b"}]}`)
	}))
	defer server.Close()
	var got []string
	err := EachDevice(t.Context(), reach(t, server, nil), "x y", func(d Reply[Device]) error {
		got = append(got, d.Value.Name+string(d.JSON))
		return nil
	})
	if want := `a{"id":"1","name":"a","news":true} b{"id":"2","name":"b"}`; err != nil || strings.Join(got, " ") != want {
		t.Errorf("devices %q, %v", got, err)
	}
	if want := "limit=1000&name=x+y after=1&limit=1000&name=x+y"; strings.Join(queries, " ") != want {
		t.Errorf("asked %q", queries)
	}
}

// Things are named by id, or by a unique name.
func TestFind(t *testing.T) {
	for _, test := range []struct{ name, id, err string }{
		{"A1", "a1", ""},
		{"web", "a2", ""},
		{"Web", "", `input refused: no enrolment "Web"`},
		{"two", "", `input refused: 2 enrolments have the name "two"`},
		{"a4", "a4", ""}, // also the name of another
	} {
		named := Find("enrolment", test.name)
		for _, one := range [][2]string{{"a1", "old"}, {"a2", "web"}, {"a3", "two"}, {"a4", "two"}, {"a5", "a4"}} {
			named.Add(one[0], one[1])
		}
		id, err := named.ID()
		if id != test.id || (err == nil) != (test.err == "") || err != nil &&
			(err.Error() != test.err || !errors.Is(err, ErrInput)) {
			t.Errorf("%q: %q, %v", test.name, id, err)
		}
	}
}

// Every error reply of a server or a proxy is an error, and its text stays within the limits.
func FuzzReadError(f *testing.F) {
	f.Add(400, `{"error":{"code":"InvalidInput","message":"no","target":"1"}}`, "7")
	f.Add(401, `{"error":"invalid_client","error_description":"AADSTS1: no\r\nTrace ID: 1"}`, "")
	f.Add(502, `<html>`, "-1")
	f.Add(503, `{"error":null}`, "99999999999")
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		response := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {after}},
			Body: io.NopCloser(strings.NewReader(body))}
		got := readError(response)
		if got.Error() == "" || got.Status != status || got.RetryAfter < 0 || len(got.Message) > 3*maxError {
			t.Errorf("%+v", got)
		}
	})
}
