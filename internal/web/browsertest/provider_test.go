package browsertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/node/entrance"
	"github.com/muster-project/muster/internal/testneed"
	"github.com/muster-project/muster/internal/web/webtest"
)

// providedSite starts a server at which people sign in at npm's oidc-provider: lia of Lisbon, and nia of nowhere.
func providedSite(t *testing.T) *webtest.Site {
	t.Helper()
	const secret = "the secret of the server at its provider"
	file := filepath.Join(t.TempDir(), "sign-in.json")
	s, err := webtest.Empty(t.Context(), func(c *node.Config, url string) error {
		issuer := testneed.Provider{Redirects: []string{url + people.CallbackPath}, ClientSecret: secret,
			Accounts: map[string]map[string]any{"lia": {"groups": []string{"lisbon"}}, "nia": {"groups": []string{"nowhere"}}}}.Start(t)
		text, err := json.Marshal(map[string]any{"issuer": issuer, "clientId": "muster", "name": "Example Corp", "userInfo": true,
			"scopes": []string{"openid", "profile", "groups"}, "roles": []map[string]any{{"values": []string{"lisbon"},
				"permissions": []string{"Vulnerability.Read.All", "Software.Read.All"}, "groups": []string{"Lisbon"}}}})
		if err != nil {
			return err
		}
		c.Access.SignIn = entrance.SignIn{File: file, Secret: secret}
		return os.WriteFile(file, text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// through signs in at the provider as an account, and agrees.
func (b *tab) through(account string) {
	b.Helper()
	b.leave(true)
	b.click("main a.button")
	b.run("filling the provider's form in", chromedp.SendKeys(chromedp.CSS("input[name=login]"), account),
		chromedp.SendKeys(chromedp.CSS("input[name=password]"), "any"))
	b.click("button[type=submit]")
}

// Whoever asks for a page signs in at the provider, in the browser, is led to that page, and sees the devices of their
// group alone. Who has no role is told which groups were seen, and has no session.
func TestSigningInAtAProvider(t *testing.T) {
	s := providedSite(t)
	b := newTab(t, s)
	b.open("/devices?sort=-findings", 200)
	b.shows("Sign in", "Example Corp")
	b.through("lia")
	b.click("button[type=submit]") // agrees
	b.leave(false)
	b.shows("Devices", "")
	if at := b.at(); at != "/devices?sort=-findings" {
		t.Errorf("the browser was led to %s", at)
	}
	seen := eval[[]string](b, names)
	if len(seen) < len(s.Devices["Lisbon"]) {
		t.Errorf("who is of Lisbon sees %d devices, want %d", len(seen), len(s.Devices["Lisbon"]))
	}
	for _, name := range seen {
		if !strings.HasPrefix(name, "lisbon-") && !strings.HasPrefix(name, "=1+1") {
			t.Errorf("who is of Lisbon sees %q", name)
		}
	}
	if header := b.text("header"); !strings.Contains(header, "lia") || !strings.Contains(header, "Lisbon") {
		t.Errorf("the header does not say who it is: %s", header)
	}
	other := newTab(t, s)
	other.open("/", 200)
	other.through("nia")
	other.lands("agreeing", 403, chromedp.Click(chromedp.CSS("button[type=submit]")))
	other.leave(false)
	if text := other.text("main"); !strings.Contains(text, "nowhere") {
		t.Errorf("who has no role is not told which groups were seen: %s", text)
	}
	other.open("/", 200)
	other.shows("Sign in", "")
}
