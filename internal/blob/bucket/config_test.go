package bucket

import (
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/testneed"
)

// A place is told from a folder, and nothing is accepted that is not understood. No error repeats
// what might be a key.
func TestParse(t *testing.T) {
	const key = "Zm9vYmFyYmF6"
	for _, test := range []struct{ url, want string }{
		{"azblob://files", "azblob://files/"},
		{"azblob://files/a/b/?account=x", "azblob://files/a/b"},
		{"s3://files/a?region=eu-central-1", "s3://files/a"},
		{"s3://files?endpoint=https://minio.example:9000/&path_style=false", "s3://files/"},
		{"s3://files?endpoint=http://127.0.0.1:9000", "s3://files/"},
		{"s3://files?endpoint=http://[::1]:9000", "s3://files/"},
		{"azblob://files?endpoint=http://localhost:10000/devstoreaccount1", "azblob://files/"},
		{"azblob://files?endpoint=http://azurite:10000/devstoreaccount1&http=allow", "azblob://files/"},
		{"azblob://files?endpoint=http://azurite:10000/devstoreaccount1", "error: no TLS"},
		{"s3://files?endpoint=ftp://x", "error: must begin with https"},
		{"s3://files?endpoint=https://id:" + key + "@x", "error: no URL such as"},
		{"s3://files?endpoint=https://x?sig=" + key, "error: no URL such as"},
		{"s3://files?endpoint=http://x&http=yes", "error: value of http"},
		{"s3://files?path_style=" + key, "error: neither true nor false"},
		{"s3://id:" + key + "@files", "error: environment"},
		{"azblob://files?sig=" + key, `error: "sig" is no parameter`},
		{"azblob://files?account=a&account=b", "error: there twice"},
		{"azblob://files?region=x", `error: "region" is no parameter`},
		{"s3://files/../x", "error: not a valid file name"},
		{"s3://files/.x", "error: not a valid file name"},
		{"s3://files#" + key, "error: CONTAINER/PREFIX"},
		{"s3:///x", "error: CONTAINER/PREFIX"},
		{"s3://files?%zz" + key, "error: cannot be parsed"},
		{"s3://fil%zzes?" + key, "error: cannot be parsed"},
		{"gs://files", "error: want azblob:// or s3://"},
		{"/var/lib/muster", "error: want azblob:// or s3://"},
	} {
		p, err := parse(test.url)
		want, fails := strings.CutPrefix(test.want, "error: ")
		switch {
		case fails && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v (%v), want an error with %q", test.url, p, err, want)
		case fails && strings.Contains(err.Error(), key):
			t.Errorf("%s: the error repeats what may be a key: %v", test.url, err)
		case !fails && (err != nil || p.String() != want):
			t.Errorf("%s is %v (%v), want %s", test.url, p, err, want)
		}
	}
	for place, want := range map[string]bool{"azblob://x": true, "s3://x/y": true, "/var/lib/muster": false, "s3": false} {
		if Is(place) != want {
			t.Errorf("%q is a URL: %t", place, !want)
		}
	}
}

// Every way to say who one is opens the place, and wrong credentials do not, without being told.
func credentials(t *testing.T, server *testneed.Storage) {
	right := configOf(t, server, "credentials")
	s := mustOpen(t, right)
	if _, err := s.SignedURL(t.Context(), "a", soon()); err != nil {
		t.Fatal(err)
	}
	for name, env := range wrongCredentials(server) {
		wrong := configOf(t, server, "credentials")
		wrong.Getenv = func(name string) string { return env[name] }
		_, err := Open(t.Context(), wrong)
		if err == nil {
			t.Errorf("%s: it was opened", name)
			continue
		}
		if !strings.Contains(err.Error(), "credentials") {
			t.Errorf("%s: the error does not say what to do: %v", name, err)
		}
		for variable, value := range env {
			if len(value) > 15 && strings.Contains(err.Error(), value) {
				t.Errorf("%s: the error has the value of %s: %v", name, variable, err)
			}
		}
	}
}

// wrongCredentials are environments of somebody without the right key.
func wrongCredentials(server *testneed.Storage) map[string]map[string]string {
	if isS3(server) {
		return map[string]map[string]string{
			"secret": {"AWS_ACCESS_KEY_ID": server.Env["AWS_ACCESS_KEY_ID"], "AWS_SECRET_ACCESS_KEY": "not-the-secret-at-all"},
			"id":     {"AWS_ACCESS_KEY_ID": "nobody-of-that-name", "AWS_SECRET_ACCESS_KEY": "not-the-secret-at-all"},
		}
	}
	const account = "devstoreaccount1"
	return map[string]map[string]string{
		"key": {"AZURE_STORAGE_ACCOUNT": account, "AZURE_STORAGE_KEY": "bm90IHRoZSBrZXkgYXQgYWxsLCBub3QgdGhlIGtleSBhdCBhbGw="},
		"SAS": {"AZURE_STORAGE_SAS_TOKEN": "sv=2025-01-05&ss=b&srt=sco&sp=rwdlac&se=2099-01-01T00:00:00Z&spr=https,http&" +
			"sig=bm90IHRoZSBzaWduYXR1cmUgYXQgYWxsLCBub3QgYXQgYWxs"},
		"connection string": {"AZURE_STORAGE_CONNECTION_STRING": "AccountName=" + account +
			";AccountKey=bm90IHRoZSBrZXkgYXQgYWxsLCBub3QgdGhlIGtleSBhdCBhbGw="},
	}
}

// mustOpen opens a place until the test ends.
func mustOpen(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func soon() time.Time { return time.Now().Add(time.Hour) }
