package bucket

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/testneed"
)

// A client without credentials reads a blob by its link, in parts too, until the link ends, and
// nothing else by it.
func signedURL(t *testing.T, server *testneed.Storage) {
	s := mustOpen(t, configOf(t, server, "links"))
	b := data(1, 300_000)
	for _, key := range []string{"a/b c/x.gz", "a/b c/y.gz"} {
		if _, err := blobtest.Put(t.Context(), s, key, b); err != nil {
			t.Fatal(err)
		}
	}
	link, err := s.SignedURL(t.Context(), "a/b c/x.gz", soon())
	if err != nil {
		t.Fatal(err)
	}
	if path, _, _ := strings.Cut(link, "?"); !strings.HasSuffix(path, "/muster/test/links/a/b%20c/x.gz") {
		t.Errorf("the path of the link is not literal: %s", path)
	}
	if code, got := get(t, link, ""); code != http.StatusOK || !bytes.Equal(got, b) {
		t.Errorf("status %d with %d bytes, want all %d", code, len(got), len(b))
	}
	if code, got := get(t, link, "bytes=1000-1999"); code != http.StatusPartialContent || !bytes.Equal(got, b[1000:2000]) {
		t.Errorf("a range: status %d with %d bytes", code, len(got))
	}
	if code, _ := get(t, strings.Replace(link, "x.gz", "y.gz", 1), ""); code != http.StatusForbidden {
		t.Errorf("another file by the same link: status %d", code)
	}
	short, err := s.SignedURL(t.Context(), "a/b c/x.gz", time.Now().Add(1100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	ends := time.Now().Add(20 * time.Second)
	for code := http.StatusOK; code != http.StatusForbidden; code, _ = get(t, short, "") {
		if time.Now().After(ends) {
			t.Fatal("a link does not end")
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, key := range []string{"../x", "a__0x2f__b", "a../b"} {
		if _, err := s.SignedURL(t.Context(), key, soon()); err == nil {
			t.Errorf("a link to %q was signed", key)
		}
	}
	if isS3(server) {
		for _, end := range []time.Time{time.Now().Add(-time.Second), time.Now().AddDate(0, 0, 8)} {
			if _, err := s.SignedURL(t.Context(), "a", end); !errors.Is(err, ErrCannotSign) {
				t.Errorf("until %s: %v, want ErrCannotSign", end, err)
			}
		}
	}
}

// Link signs links to what is intact only, as far as the service tells.
func links(t *testing.T, server *testneed.Storage) {
	s := mustOpen(t, configOf(t, server, "intact"))
	b := data(1, 5000)
	want, err := blobtest.Put(t.Context(), s, "a/b", b)
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.Link(t.Context(), want, soon())
	if err != nil {
		t.Fatal(err)
	}
	if code, got := get(t, link, ""); code != http.StatusOK || !bytes.Equal(got, b) {
		t.Errorf("status %d with %d bytes, want all %d", code, len(got), len(b))
	}
	other, gone := want, want
	other.SHA256[3]++
	gone.Path = "a/c"
	shorter := blob.Ref{Path: want.Path, SHA256: want.SHA256, Bytes: want.Bytes - 1}
	for name, damaged := range map[string]blob.Ref{"another hash": other, "gone": gone, "shorter": shorter} {
		if _, err := s.Link(t.Context(), damaged, soon()); !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
}

// get fetches a link without credentials.
func get(t *testing.T, link, part string) (code int, body []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	if part != "" {
		request.Header.Set("Range", part)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err = io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, body
}

// With a shared access signature, of the account or of the container, everything works but signing
// links. With a connection string everything does.
func sharedAccessSignature(t *testing.T, server *testneed.Storage) {
	if isS3(server) {
		return
	}
	account, key := server.Env["AZURE_STORAGE_ACCOUNT"], server.Env["AZURE_STORAGE_KEY"]
	ofContainer := server.SharedSignature(t)
	for name, env := range map[string]map[string]string{
		"SAS":           {"AZURE_STORAGE_SAS_TOKEN": ofContainer},
		"SAS with mark": {"AZURE_STORAGE_SAS_TOKEN": "?" + ofContainer},
		"connection string": {"AZURE_STORAGE_CONNECTION_STRING": "DefaultEndpointsProtocol=http;AccountName=" + account +
			";AccountKey=" + key + ";BlobEndpoint=" + server.Endpoint + ";"},
	} {
		t.Run(name, func(t *testing.T) {
			c := configOf(t, server, url.PathEscape(strings.ReplaceAll(name, " ", "-")))
			c.Getenv = func(name string) string { return env[name] }
			if strings.HasPrefix(name, "connection") {
				c.URL, _, _ = strings.Cut(c.URL, "?")
			}
			s, b := mustOpen(t, c), data(1, 100_000)
			if _, err := blobtest.Put(t.Context(), s, "a", b); err != nil {
				t.Fatal(err)
			}
			if err := s.NewBatch().Copy(t.Context(), "a", "b"); err != nil {
				t.Fatal(err)
			}
			readWhole(t, s, refOf("b", b), b)
			if _, err := s.SignedURL(t.Context(), "a", soon()); (err != nil) != strings.HasPrefix(name, "SAS") ||
				err != nil && !errors.Is(err, ErrCannotSign) {
				t.Errorf("signing a link: %v", err)
			}
			if err := s.Remove(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		})
	}
}
