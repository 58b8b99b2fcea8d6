package bucket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/testneed"
)

// Everything that a store does, it does on the real servers of both services. Each is started once.
func TestStore(t *testing.T) {
	tests := []struct {
		name string
		run  func(*testing.T, *testneed.Storage)
	}{
		{"Suite", suite},
		{"Credentials", credentials},
		{"SharedAccessSignature", sharedAccessSignature},
		{"Roles", s3Roles},
		{"OverTLS", s3OverTLS},
		{"CacheOfPieces", cacheOfPieces},
		{"LargerThanTheCache", largerThanTheCache},
		{"Uploads", uploads},
		{"Below", below},
		{"SignedURL", signedURL},
		{"Links", links},
		{"Unreachable", unreachable},
		{"PatienceEndsWithTheContext", patienceEndsWithTheContext},
		{"Faults", faults},
	}
	for name, start := range map[string]func(testing.TB) *testneed.Storage{
		"Azurite": testneed.Azurite, "S3": testneed.S3,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) { test.run(t, server) })
			}
		})
	}
}

// suite is that of package blob.
func suite(t *testing.T, server *testneed.Storage) {
	places := 0
	blobtest.RunFor(t, budget(), func(t testing.TB) blobtest.Place {
		places++
		return newRemote(t, server, fmt.Sprintf("place%d", places))
	})
}

// isS3 reports whether a server has S3, and not Azure Blob.
func isS3(server *testneed.Storage) bool { return server.Env["AWS_ACCESS_KEY_ID"] != "" }

// budget is how long random tests of a server may take.
func budget() time.Duration {
	if testneed.Soak() {
		return 5 * time.Minute
	}
	return 3 * time.Second
}

// configOf is a folder of a server.
func configOf(t testing.TB, server *testneed.Storage, folder string) Config {
	return Config{URL: strings.Replace(server.URL, "?", "/"+folder+"?", 1), Cache: t.TempDir(), CacheBytes: 16 << 20,
		Getenv: server.Getenv}
}

// remote is a folder of a server.
type remote struct {
	testing.TB
	config Config
	behind *Store // without faults

	http.RoundTripper
	mu      sync.Mutex
	left    int
	failure error
	crash   bool
}

func newRemote(t testing.TB, server *testneed.Storage, folder string) *remote {
	t.Helper()
	// Without patience, a connection that the server closes when it was idle would be an error.
	r := &remote{TB: t, config: configOf(t, server, folder), RoundTripper: &http.Transport{DisableKeepAlives: true}}
	behind, err := Open(t.Context(), configOf(t, server, folder))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { behind.Close() })
	r.behind, r.config.Transport, r.config.Patience = behind, r, 1
	return r
}

// Open opens a Store.
func (r *remote) Open() (blob.Store, error) {
	r.Break(1<<30, nil, false)
	return Open(r.Context(), r.config)
}

// Break makes a change fail.
func (r *remote) Break(after int, err error, crash bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left, r.failure, r.crash = after, err, crash
}

// RoundTrip makes a request, unless it is a change that fails.
func (r *remote) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		if err := r.change(); blob.IsFull(err) {
			return &http.Response{StatusCode: http.StatusInsufficientStorage, Status: "507 Insufficient Storage",
				Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: request}, nil
		} else if err != nil {
			return nil, err
		}
	}
	return r.RoundTripper.RoundTrip(request)
}

func (r *remote) change() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left--; r.left == -1 || r.left < -1 && r.crash {
		return r.failure
	}
	return nil
}

// Lay changes an object without a Store, and so without its metadata.
func (r *remote) Lay(key string, data []byte) {
	r.Helper()
	var err error
	if data == nil {
		err = r.behind.Remove(r.Context(), key)
	} else {
		err = r.behind.dialect.put(r.Context(), r.behind.prefix+key, version{bytes: int64(len(data))},
			bytes.NewReader(data), false)
	}
	if err != nil {
		r.Fatal(err)
	}
}

// Shared is true.
func (r *remote) Shared() bool { return true }

// Left counts uploads that were not completed.
func (r *remote) Left() int {
	r.Helper()
	return unfinished(r, r.behind)
}

// unfinished counts the uploads in a store that were not completed.
func unfinished(t testing.TB, s *Store) (n int) {
	t.Helper()
	if azure, ok := s.dialect.(*azureService); ok {
		pages := azure.in.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &s.prefix,
			Include: container.ListBlobsInclude{UncommittedBlobs: true}})
		all := 0
		for pages.More() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all += len(page.Segment.BlobItems)
		}
		for _, err := range s.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			all--
		}
		return all - probes(t, s)
	}
	found, err := s.dialect.(*s3Service).unfinished(t.Context(), s.prefix, s3Said{})
	if err != nil {
		t.Fatal(err)
	}
	return len(found.Uploads)
}

// probes is 1 if Usable made its object.
func probes(t testing.TB, s *Store) int {
	t.Helper()
	switch _, err := s.head(t.Context(), s.prefix+probe); {
	case err == nil:
		return 1
	case !errors.Is(err, fs.ErrNotExist):
		t.Fatal(err)
	}
	return 0
}
