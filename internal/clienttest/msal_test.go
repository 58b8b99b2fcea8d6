package clienttest

import (
	"crypto/x509"
	"strings"
	"testing"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/coreos/go-oidc/v3/oidc"
)

// useGoMSAL gets tokens with MSAL for Go, and pulls with them. Its documented settings for a
// private authority are the authority's URL and WithInstanceDiscovery(false).
func useGoMSAL(t *testing.T, s *site) {
	secret, err := confidential.NewCredFromSecret(s.app.ClientSecret)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := confidential.NewCredFromCert([]*x509.Certificate{s.app.certificate}, s.app.key)
	if err != nil {
		t.Fatal(err)
	}
	want := s.pull(s.token())
	for _, test := range []struct {
		name       string
		credential confidential.Credential
		options    []confidential.Option
	}{
		{"`client_id`, `client_secret`, `scope`", secret, nil},
		{"a JWT with the signature of a registered certificate", certificate, nil},
		{"a JWT with the signature of a registered certificate, which it names",
			certificate, []confidential.Option{confidential.WithX5C()}},
	} {
		t.Run(test.name, func(t *testing.T) {
			app := s.confidential(test.credential, test.options...)
			got, err := app.AcquireTokenByCredential(t.Context(), []string{scope})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "ids", s.pull(got.AccessToken), want)
			again, err := app.AcquireTokenByCredential(t.Context(), []string{scope})
			if err != nil || again.AccessToken != got.AccessToken {
				t.Errorf("the client did not cache the token: %v", err)
			}
		})
	}
	t.Run("All of these scopes and resources are accepted", func(t *testing.T) {
		for _, resource := range []string{"https://api.securitycenter.microsoft.com", "https://api.security.microsoft.com",
			"https://securitycenter.onmicrosoft.com/windowsatpservice", s.url} {
			if _, err := s.confidential(secret).AcquireTokenByCredential(t.Context(),
				[]string{resource + "/.default"}); err != nil {
				t.Errorf("%s: %v", resource, err)
			}
		}
	})
	t.Run("The token call refuses with 400 or 401", func(t *testing.T) {
		wrong, err := confidential.NewCredFromSecret("not+the&secret")
		if err != nil {
			t.Fatal(err)
		}
		stranger := s.issue("stranger")
		unknown, err := confidential.NewCredFromCert([]*x509.Certificate{stranger.certificate}, stranger.key)
		if err != nil {
			t.Fatal(err)
		}
		for code, credential := range map[string]confidential.Credential{"AADSTS7000215: ": wrong,
			"AADSTS700027: ": unknown} {
			_, err := s.confidential(credential).AcquireTokenByCredential(t.Context(), []string{scope})
			if err == nil || !strings.Contains(err.Error(), `"error":"invalid_client"`) ||
				!strings.Contains(err.Error(), code) {
				t.Errorf("error %v, want %s", err, code)
			}
		}
		other := *s
		other.app = &application{TenantID: "11111111-1111-4111-8111-111111111111", ClientID: s.app.ClientID}
		_, err = other.confidential(wrong).AcquireTokenByCredential(t.Context(), []string{scope})
		if err == nil || !strings.Contains(err.Error(), "AADSTS90002: ") {
			t.Errorf("error %v, want AADSTS90002: no such tenant", err)
		}
	})
}

// useGoOIDC verifies our tokens like any service that trusts this server. A library of OpenID
// Connect reads discovery and keys, and checks signature, issuer, audience and times.
func useGoOIDC(t *testing.T, s *site) {
	ctx := oidc.ClientContext(t.Context(), s.http)
	provider, err := oidc.NewProvider(ctx, s.authorityURL()+"/v2.0")
	if err != nil {
		t.Fatal(err)
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: "https://api.securitycenter.microsoft.com"}).Verify(ctx,
		s.token())
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Tenant string   `json:"tid"`
		Client string   `json:"azp"`
		Roles  []string `json:"roles"`
	}
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	equal(t, "tid", claims.Tenant, s.app.TenantID)
	equal(t, "azp", claims.Client, s.app.ClientID)
	equal(t, "roles", claims.Roles, []string{"Vulnerability.Read.All", "Software.Read.All"})
}

// confidential returns MSAL's client of the site's application.
func (s *site) confidential(credential confidential.Credential, more ...confidential.Option) confidential.Client {
	s.Helper()
	options := append(more, confidential.WithHTTPClient(s.http), confidential.WithInstanceDiscovery(false))
	client, err := confidential.New(s.authorityURL(), s.app.ClientID, credential, options...)
	if err != nil {
		s.Fatal(err)
	}
	return client
}

// useNodeMSAL gets tokens with @azure/msal-node and with @azure/identity, and reads a page with
// each. The documented settings for a private authority are knownAuthorities, or the OIDC protocol
// mode, and authorityHost with disableInstanceDiscovery. Node's own setting for a private
// certificate authority is NODE_EXTRA_CA_CERTS.
func useNodeMSAL(t *testing.T, s *site) {
	got := script[map[string]string](s, "msal.js", s.authorityURL(), s.app.ClientID, s.app.ClientSecret,
		s.app.certFile, s.app.keyFile, s.vulnerabilities())
	equal(t, "outcomes", got, map[string]string{
		"secret": "500 rows", "secret, OIDC mode": "500 rows",
		"certificate": "500 rows", "certificate by its SHA-1": "500 rows",
		"another secret":   "invalid_client AADSTS7000215",
		"identity, secret": "500 rows", "identity, certificate": "500 rows",
		"identity, another secret": "AuthenticationRequiredError AADSTS7000215",
	})
}
