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

// Without a key in the environment, S3's comes from a file, or from the role of a task, a pod or a machine.
func s3Roles(t *testing.T, server *testneed.Storage) {
	if !isS3(server) {
		return
	}
	id, secret := server.Env["AWS_ACCESS_KEY_ID"], server.Env["AWS_SECRET_ACCESS_KEY"]
	written := func(name, text string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	keys := fmt.Sprintf("aws_access_key_id = %s\naws_secret_access_key = %s\n", id, secret)
	platform := httptest.NewServer(platformOf(id, secret))
	defer platform.Close()
	pod := map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": written("token", "of the pod"), "AWS_ROLE_ARN": "arn:aws:iam::1:role/a",
		"AWS_ENDPOINT_URL_STS": platform.URL}
	for name, env := range map[string]map[string]string{
		"file":        {"AWS_SHARED_CREDENTIALS_FILE": written("credentials", "[default]\n"+keys)},
		"profile":     {"AWS_PROFILE": "files", "AWS_SHARED_CREDENTIALS_FILE": written("credentials", "[files]\n"+keys)},
		"secret file": {"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY_FILE": written("secret", secret+"\n")},
		"task":        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": platform.URL + "/task"},
		"pod":         pod,
		"machine":     {"AWS_EC2_METADATA_SERVICE_ENDPOINT": platform.URL},
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

// platformOf is what a platform of AWS's gives the keys of a role from: the endpoint of a task, STS for the token of a
// pod, and the metadata service of a machine, version 2. The forms are those of AWS's documentation.
func platformOf(id, secret string) http.Handler {
	ends := soon().UTC().Format(time.RFC3339)
	keys := fmt.Sprintf(`{"Code":"Success","AccessKeyId":%q,"SecretAccessKey":%q,"Token":"","Expiration":%q}`, id, secret, ends)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /task", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, keys) })
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("Action") != "AssumeRoleWithWebIdentity" || r.FormValue("WebIdentityToken") != "of the pod" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`+
			`<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>`+
			`<Expiration>%s</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
			id, secret, ends)
	})
	mux.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
		fmt.Fprint(w, "session")
	})
	const roles = "/latest/meta-data/iam/security-credentials/"
	mux.HandleFunc("GET "+roles, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "session":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == roles:
			fmt.Fprint(w, "muster")
		default:
			fmt.Fprint(w, keys)
		}
	})
	return mux
}

// What a server does not take, or should not ask, is refused when it opens its files.
func TestRefusedIdentities(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	const profiles = "[profile person]\nsso_account_id = 1\nsso_role_name = a\nsso_region = eu-west-1\nsso_start_url = https://a.example\n" +
		"[profile program]\ncredential_process = /bin/true\n[profile near]\nendpoint_url = http://files.example\n"
	if err := os.WriteFile(file, []byte(profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, env := range map[string]map[string]string{
		`profile "person" of AWS has no keys`:             {"AWS_PROFILE": "person"},
		`profile "program" of AWS has no keys`:            {"AWS_PROFILE": "program"},
		"failed to get shared config profile, absent":     {"AWS_PROFILE": "absent"},
		"only this machine and the platform are asked":    {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://keys.example/"},
		"s3://bucket/: the endpoint has no TLS":           {"AWS_ENDPOINT_URL_S3": "http://files.example"},
		"s3://bucket/: the endpoint has no TLS; where":    {"AWS_ENDPOINT_URL": "http://files.example"},
		"s3://bucket/: the endpoint has no TLS; where on": {"AWS_PROFILE": "near", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Setenv("AWS_CONFIG_FILE", file)
			t.Setenv("AWS_REGION", "eu-west-1")
			for variable, value := range env {
				t.Setenv(variable, value)
			}
			_, err := Open(t.Context(), Config{URL: "s3://bucket", Cache: t.TempDir(), CacheBytes: 16 << 20})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}
