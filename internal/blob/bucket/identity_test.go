package bucket

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/testneed"
)

// A node without a key is known by the identity of its machine, and signs links with a key that the
// service gives to that.
func TestManagedIdentity(t *testing.T) {
	server, transport := testneed.AzuriteTLS(t)
	machine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-IDENTITY-HEADER") != "machine" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		ends := time.Now().Add(time.Hour).Unix()
		fmt.Fprintf(w, `{"access_token":%q,"expires_on":"%d","resource":%q,"token_type":"Bearer"}`,
			token(t, ends), ends, r.URL.Query().Get("resource"))
	}))
	defer machine.Close()
	t.Setenv("IDENTITY_ENDPOINT", machine.URL)
	t.Setenv("IDENTITY_HEADER", "another")
	c := configOf(t, server, "identity")
	c.Transport, c.Getenv = transport, func(string) string { return "" }
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("an identity that is refused: %v, want a hint at the credentials", err)
	}
	t.Setenv("IDENTITY_HEADER", "machine")
	s, b := mustOpen(t, c), data(1, 100_000)
	if _, err := blobtest.Put(t.Context(), s, "a", b); err != nil {
		t.Fatal(err)
	}
	if err := s.NewBatch().Copy(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	readWhole(t, s, refOf("b", b), b)
	link, err := s.SignedURL(t.Context(), "b", soon())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(link, "skoid=") {
		t.Errorf("the link is not of an identity: %s", link)
	}
}

// token is a token as Microsoft Entra gives it, but for its signature.
func token(t *testing.T, ends int64) string {
	t.Helper()
	const tenant = "7a8b0e0c-0d3f-4b0e-9b0e-2f2c7a1d1f10"
	claims, err := json.Marshal(map[string]any{"aud": "https://storage.azure.com", "exp": ends, "nbf": ends - 7200,
		"iat": ends - 7200, "iss": "https://sts.windows.net/" + tenant + "/", "tid": tenant, "oid": tenant, "sub": tenant,
		"ver": "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"RS256"}`))
	return header + "." + base64.RawURLEncoding.EncodeToString(claims) + ".c2lnbmF0dXJl"
}

// Without a key in the environment, S3's comes from a file or from the role of a task.
func s3Roles(t *testing.T, server *testneed.Storage) {
	if !isS3(server) {
		return
	}
	id, secret := server.Env["AWS_ACCESS_KEY_ID"], server.Env["AWS_SECRET_ACCESS_KEY"]
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, fmt.Appendf(nil, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
		id, secret), 0o600); err != nil {
		t.Fatal(err)
	}
	secretFile := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secretFile, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	role := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"AccessKeyId":%q,"SecretAccessKey":%q,"Expiration":%q}`, id, secret, soon().UTC().Format(time.RFC3339))
	}))
	defer role.Close()
	for name, env := range map[string]map[string]string{
		"file":        {"AWS_SHARED_CREDENTIALS_FILE": file},
		"secret file": {"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY_FILE": secretFile},
		"role":        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": role.URL},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range env {
				t.Setenv(variable, value)
			}
			c := configOf(t, server, "roles")
			c.Getenv = nil
			if err := mustOpen(t, c).Usable(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
