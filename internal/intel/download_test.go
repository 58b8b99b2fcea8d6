package intel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
)

// folder is a download folder with an old file.
func folder(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	if err := root.WriteFile("data.json", []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}

// A failed download says why, leaves only the old file, and returns the given mark.
func TestDownloadFailures(t *testing.T) {
	tests := []struct {
		name   string
		serve  http.HandlerFunc
		wanted string
		is     error
	}{
		{"server error", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) },
			"503", nil},
		{"not modified, though not asked",
			func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) }, "304", nil},
		{"cut off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		}, "unexpected EOF", io.ErrUnexpectedEOF},
		{"too large", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, strings.Repeat("x", 65)) },
			"64 bytes", intel.ErrTooLarge},
		{"led to an insecure place", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://feeds.example.com/data", http.StatusFound)
		}, "feeds.example.com", intel.ErrInsecure},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.serve)
			defer server.Close()
			dst := folder(t)
			mark, err := intel.Download{MaxBytes: 64}.Files(t.Context(), dst, "", map[string]string{"data.json": server.URL})
			if err == nil || !strings.Contains(err.Error(), tt.wanted) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v, want one with %q that is %v", err, tt.wanted, tt.is)
			}
			if mark != "" {
				t.Errorf("mark %q after a failure", mark)
			}
			holds(t, dst, "data.json", "old")
		})
	}
}

// holds checks that the folder has only one file, with that content.
func holds(t *testing.T, dst *os.Root, name, want string) {
	t.Helper()
	data, err := dst.ReadFile(name)
	if err != nil || string(data) != want {
		t.Errorf("%s holds %q, %v; want %q", name, data, err, want)
	}
	entries, err := os.ReadDir(dst.Name())
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want one file", entries, err)
	}
}

func TestDownloadAddresses(t *testing.T) {
	for _, address := range []string{"http://feeds.example.com/x", "ftp://127.0.0.1/x",
		"http://127.0.0.1.example.com/x", "file:///etc/passwd"} {
		_, err := intel.Download{}.Files(t.Context(), folder(t), "", map[string]string{"data.json": address})
		if !errors.Is(err, intel.ErrInsecure) {
			t.Errorf("fetching %q: %v, want %v", address, err, intel.ErrInsecure)
		}
	}
}

func TestDownloadForeignMark(t *testing.T) {
	_, err := intel.Download{}.Files(t.Context(), folder(t), "yesterday", nil)
	if err == nil || !strings.Contains(err.Error(), "yesterday") {
		t.Errorf("error %v does not name the mark", err)
	}
}

func TestDownloadCancelled(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (intel.Download{}).Files(ctx, folder(t), "",
		map[string]string{"data.json": server.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
