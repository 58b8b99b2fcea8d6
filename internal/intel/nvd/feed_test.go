package nvd_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/nvd"
)

// There is one file per year since 2002, each requested with its own validator.
func TestFetch(t *testing.T) {
	var page bytes.Buffer
	z := gzip.NewWriter(&page)
	io.WriteString(z, `{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001"}}]}`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	changed := map[string]string{} // paths and their last change
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".meta") { // this one has none; those that have are in package feeds
			http.NotFound(w, r)
			return
		}
		modified := changed[r.URL.Path]
		if modified == "" {
			modified = "Mon, 23 Nov 2026 10:00:00 GMT"
		}
		if r.Header.Get("If-Modified-Since") == modified {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent = append(sent, r.URL.Path)
		w.Header().Set("Last-Modified", modified)
		w.Write(page.Bytes())
	}))
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	feed := nvd.Feed{URL: server.URL + "/", Now: func() time.Time { return time.Date(2004, 5, 1, 0, 0, 0, 0, time.UTC) }}
	fetch := func(since intel.Mark, want ...string) intel.Mark {
		t.Helper()
		sent = nil
		mark, err := feed.Fetch(t.Context(), dst, since)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sent, want) {
			t.Errorf("the server sent %q, want %q", sent, want)
		}
		return mark
	}
	mark := fetch("", "/nvdcve-2.0-2002.json.gz", "/nvdcve-2.0-2003.json.gz", "/nvdcve-2.0-2004.json.gz")
	mark = fetch(mark)
	changed["/nvdcve-2.0-2003.json.gz"] = "Mon, 23 Nov 2026 12:00:00 GMT"
	mark = fetch(mark, "/nvdcve-2.0-2003.json.gz")
	if err := dst.Remove("nvdcve-2.0-2004.json.gz"); err != nil {
		t.Fatal(err)
	}
	fetch(mark, "/nvdcve-2.0-2004.json.gz") // lost files are fetched again
	if records, _ := inteltest.Parse(t, feed, dst.FS()); len(records) != 3 {
		t.Errorf("parsed %d records, want 3", len(records))
	}
}
