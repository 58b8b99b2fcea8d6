package testneed

import (
	_ "embed" // the script
	"encoding/json"
	"os/exec"
	"regexp"
	"testing"
)

// providerScript runs npm's oidc-provider.
//
//go:embed provider.mjs
var providerScript string

// Provider says what a provider of OpenID Connect knows.
type Provider struct {
	// Redirects are the addresses to which it sends browsers back: the server's, with /sign-in/callback.
	Redirects []string `json:"redirects"`
	// Accounts are the claims of accounts by their names; groups are in "groups".
	Accounts map[string]map[string]any `json:"accounts"`
	// IDToken: claims are in the ID token, and not only in the answer of UserInfo.
	IDToken bool `json:"idToken"`
	// ClientSecret is that of the client "muster".
	ClientSecret string `json:"clientSecret"`
}

// Start starts the provider, npm's oidc-provider, on loopback until the test ends, and returns its issuer. Its pages
// ask for a name and a password, which may be any, and then to agree; the scope groups has the claim groups.
func (p Provider) Start(t testing.TB) (issuer string) {
	t.Helper()
	node, packages := Node(t)
	asked, err := json.Marshal(struct {
		Provider
		Packages string `json:"packages"`
		Port     string `json:"port"`
	}{p, packages, freePort(t)})
	if err != nil {
		t.Fatal(err)
	}
	return start(t, exec.Command(node, "--input-type=module", "--eval", providerScript, string(asked)),
		regexp.MustCompile(`listens on (http://127\.0\.0\.1:\d+)`))
}
