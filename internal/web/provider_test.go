package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/node/entrance"
	"github.com/muster-project/muster/internal/testneed"
	"github.com/muster-project/muster/internal/web/webtest"
)

// clientSecret is that of the server at its provider.
const clientSecret = "the secret of the server at its provider"

// settings returns those of sign-in at an issuer: readers of Lisbon and of Tokyo, and administrators.
func settings(issuer string) map[string]any {
	reads := []string{"Vulnerability.Read.All", "Software.Read.All"}
	return map[string]any{"issuer": issuer, "clientId": "muster", "name": "Example Corp", "help": "Ask it@example.com.",
		"scopes": []string{"openid", "profile", "groups"}, "roles": []map[string]any{
			{"values": []string{"lisbon"}, "permissions": reads, "groups": []string{"Lisbon"}},
			{"values": []string{"tokyo"}, "permissions": reads, "groups": []string{"Tokyo"}},
			{"values": []string{"admins"}, "permissions": append([]string{"Muster.Manage.All"}, reads...), "allGroups": true},
			{"values": []string{"writers"}, "permissions": []string{"Exceptions.Write.All"}, "groups": []string{"Oslo"}},
		}}
}

// withProvider starts a server with sign-in by settings, which it makes with its address, and a log.
func withProvider(t testing.TB, log io.Writer, make func(url string) map[string]any) *site {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sign-in.json")
	s, err := of(webtest.Empty(t.Context(), func(c *node.Config, url string) error {
		text, err := json.Marshal(make(url))
		if err != nil {
			return err
		}
		c.Access.SignIn = entrance.SignIn{File: file, Secret: clientSecret}
		c.Log = slog.New(slog.NewTextHandler(log, nil))
		return os.WriteFile(file, text, 0o600)
	}))
	if err != nil {
		t.Fatal(err)
	}
	s.settings = file
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// session returns the cookies of sessions that the browser has; those of sign-ins that are under way do not count.
func (b *browser) session() (found []*http.Cookie) {
	b.Helper()
	here, err := url.Parse(b.Site.URL)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(here) {
		if c.Name == "muster-"+here.Port() {
			found = append(found, c)
		}
	}
	return found
}

// action is where a form of the provider's pages leads.
var action = regexp.MustCompile(`action="([^"]+)"`)

// through walks through the pages of npm's oidc-provider as an account, and returns the address to which it sends the
// browser back.
func through(t testing.TB, begin, account string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var back string
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == people.CallbackPath {
			back = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	response, err := client.Get(begin)
	for range 4 {
		if err != nil {
			t.Fatal(err)
		}
		text, readErr := io.ReadAll(response.Body)
		response.Body.Close()
		if back != "" {
			return back
		}
		found := action.FindSubmatch(text)
		if readErr != nil || found == nil {
			t.Fatalf("the provider's page has no form: %d %s", response.StatusCode, text)
		}
		form := url.Values{"prompt": {"login"}, "login": {account}, "password": {"any"}}
		if !strings.Contains(string(text), `name="login"`) {
			form = url.Values{"prompt": {"consent"}}
		}
		response, err = client.PostForm(string(found[1]), form)
	}
	t.Fatal("the provider never sent the browser back")
	return ""
}

// signInAs signs the browser in at npm's oidc-provider, and returns the last reply.
func (b *browser) signInAs(account, to string) *got {
	b.Helper()
	r := b.do(http.MethodGet, "/sign-in/provider?to="+url.QueryEscape(to), nil, "Sec-Fetch-Site: same-origin")
	if r.StatusCode != http.StatusSeeOther {
		b.Fatalf("beginning: status %d: %s", r.StatusCode, r.body)
	}
	return b.do(http.MethodGet, strings.TrimPrefix(through(b, r.Header.Get("Location"), account), b.Site.URL), nil,
		"Sec-Fetch-Site: cross-site")
}

// People sign in at a provider that others publish, with claims in the ID token or in UserInfo alone, and see what
// their roles give.
func TestSigningInAtAProvider(t *testing.T) {
	for _, inToken := range []bool{true, false} {
		t.Run(fmt.Sprintf("claims in the ID token %v", inToken), func(t *testing.T) {
			log := &logged{}
			s := withProvider(t, log, func(url string) map[string]any {
				all := settings(testneed.Provider{Redirects: []string{url + people.CallbackPath}, IDToken: inToken,
					ClientSecret: clientSecret, Accounts: map[string]map[string]any{
						"alice": {"groups": []string{"lisbon", "other"}}, "root": {"groups": []string{"admins"}},
						"eve": {"groups": []string{"<b>nobody</b>"}}, "fay": {}}}.Start(t))
				all["userInfo"] = !inToken
				return all
			})
			alice := s.browser(t)
			if text := alice.page("/sign-in?to=/setup", http.StatusOK); !strings.Contains(text, "Sign in with Example Corp") ||
				!strings.Contains(text, "muster open") || !strings.Contains(text, `href="/sign-in/provider?to=%2Fsetup"`) {
				t.Errorf("the page to sign in: %s", text)
			}
			if r := alice.signInAs("alice", "/setup?x=1"); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/setup?x=1" {
				t.Fatalf("alice: status %d to %q: %s\n%s", r.StatusCode, r.Header.Get("Location"), r.body, log.String())
			}
			if text := alice.page("/setup", http.StatusOK); !strings.Contains(text, "alice") || strings.Contains(text, "all groups") {
				t.Errorf("alice sees %s", text)
			}
			root := s.browser(t)
			root.signInAs("root", "/")
			if text := root.page("/setup", http.StatusOK); !strings.Contains(text, "root · all groups") {
				t.Errorf("root sees %s", text)
			}
			eve := s.browser(t)
			if r := eve.signInAs("eve", "/"); r.StatusCode != http.StatusForbidden || len(eve.session()) > 0 ||
				!strings.Contains(r.body, "&lt;b&gt;nobody&lt;/b&gt;") || !strings.Contains(r.body, "Ask it@example.com.") {
				t.Errorf("eve: status %d, cookies %v: %s", r.StatusCode, eve.session(), r.body)
			}
			if r := s.browser(t).signInAs("fay", "/"); r.StatusCode != http.StatusForbidden || !strings.Contains(r.body, "says nothing in <code>groups</code>") {
				t.Errorf("fay: status %d: %s", r.StatusCode, r.body)
			}
			if strings.Contains(log.String(), clientSecret) {
				t.Error("the log has the secret")
			}
		})
	}
}
