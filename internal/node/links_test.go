package node

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/testneed"
)

// logBuffer keeps a log that goroutines write.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// openLogged opens places; what the node logs and audits is in log.
func openLogged(t *testing.T, p Places, log io.Writer) *Node {
	t.Helper()
	n, err := Open(t.Context(), Config{Places: p, Name: "node", Command: "test", Make: true,
		Log:   slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Audit: Audit{File: "-", Out: log}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// serveTrusted serves the API of a node to a caller who may do everything.
func serveTrusted(t *testing.T, n *Node) string {
	t.Helper()
	handler, err := n.server(api.Config{MaxLinkHours: 6, Trusted: &auth.Caller{Organization: organization.Default, ID: "test",
		Permissions: auth.Permissions(), AllGroups: true}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// fetch asks for an address without credentials.
func fetch(t *testing.T, method, address, part string) (status int, body []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if part != "" {
		request.Header.Set("Range", part)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err = io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// linksOf returns the links of the call for software by files.
func linksOf(t *testing.T, server string) []string {
	t.Helper()
	status, body := fetch(t, http.MethodGet, server+"/api/machines/SoftwareInventoryNonCpeExport?sasValidHours=2", "")
	var reply defender.ExportFilesResponse
	if err := json.Unmarshal(body, &reply); err != nil || status != http.StatusOK || len(reply.ExportFiles) == 0 {
		t.Fatalf("status %d: %v: %s", status, err, body)
	}
	return reply.ExportFiles
}

// Links of object storage itself lead to the bytes that nodes serve, for as long as was asked, need no token,
// outlive the next snapshot, and are in no log.
func TestDirectLinks(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *testneed.Storage{
		"Azurite": testneed.Azurite, "S3": testneed.S3,
	} {
		t.Run(name, func(t *testing.T) { directLinks(t, start(t)) })
	}
}

// linked is a link of the store, and one of the nodes to the same file.
type linked struct{ direct, served string }

func directLinks(t *testing.T, storage *testneed.Storage) {
	for name, value := range storage.Env {
		t.Setenv(name, value)
	}
	p := newPlaces(t)
	p.Files = storage.URL
	var log logBuffer
	nodes := openLogged(t, p, &log)
	p.DirectLinks = true
	direct := openLogged(t, p, &log)
	receiveOne(t, nodes, "a")
	publish(t, nodes)
	served, own := serveTrusted(t, nodes), serveTrusted(t, direct)
	asked := time.Now()
	one := linked{linksOf(t, own)[0], linksOf(t, served)[0]}
	path, query, _ := strings.Cut(one.direct, "?")
	_, want := fetch(t, http.MethodGet, one.served, "")

	t.Run("With --links direct the store of files answers links", func(t *testing.T) {
		if !strings.HasPrefix(path, storage.Endpoint+"/"+storage.Bucket+"/") {
			t.Errorf("%s is none of the store", path)
		}
		if end := endOf(t, query); end.Sub(asked) < 119*time.Minute || end.Sub(asked) > 121*time.Minute {
			t.Errorf("the link ends at %s, which is not in two hours", end)
		}
	})
	t.Run("Their path ends as above", func(t *testing.T) {
		path := strings.Replace(path, "%3D", "=", 1)
		_, file, _ := strings.Cut(strings.SplitN(one.served, "?", 2)[0], "/tvm-export/")
		if !strings.HasSuffix(path, "/"+FilesFolder+"/"+file) {
			t.Errorf("%s, nodes have %s", path, file)
		}
	})
	t.Run("What a file holds is the same", func(t *testing.T) {
		if status, body := fetch(t, http.MethodGet, one.direct, ""); status != http.StatusOK || !bytes.Equal(body, want) ||
			!isGzip(body) {
			t.Errorf("status %d with %d bytes, nodes send %d", status, len(body), len(want))
		}
	})
	t.Run("Range works there; HEAD works on Azure", func(t *testing.T) {
		status, some := fetch(t, http.MethodGet, one.direct, "bytes=2-9")
		if status != http.StatusPartialContent || !bytes.Equal(some, want[2:10]) {
			t.Errorf("a range: status %d with %d bytes", status, len(some))
		}
		head := http.StatusOK
		if storage.Env["AWS_REGION"] != "" {
			head = http.StatusForbidden
		}
		if status, _ := fetch(t, http.MethodHead, one.direct, ""); status != head {
			t.Errorf("HEAD: status %d, want %d", status, head)
		}
	})
	t.Run("A direct link after its time gets 403", func(t *testing.T) { endedLink(t, direct) })
	receiveOne(t, nodes, "b")
	publish(t, nodes)
	if status, _ := fetch(t, http.MethodGet, one.direct, ""); status != http.StatusOK {
		t.Errorf("after the next snapshot: status %d", status)
	}
	t.Run("A file that is no longer kept gets 404 from the store", func(t *testing.T) {
		newest := linksOf(t, own)[0]
		_, file, _ := strings.Cut(strings.SplitN(newest, "?", 2)[0], "/"+FilesFolder+"/")
		if file, _ = url.PathUnescape(file); direct.bucket.Remove(t.Context(), FilesFolder+"/"+file) != nil {
			t.Fatalf("%q was not removed", file)
		}
		if status, _ := fetch(t, http.MethodGet, newest, ""); status != http.StatusNotFound {
			t.Errorf("status %d", status)
		}
		// Nor is a link made to what is gone although a manifest names it.
		status, body := fetch(t, http.MethodGet, own+"/api/machines/SoftwareInventoryNonCpeExport", "")
		if status != http.StatusInternalServerError {
			t.Errorf("links to a file that is gone: status %d: %s", status, body)
		}
	})
	for _, secret := range []string{signatureOf(t, query), storage.Env["AZURE_STORAGE_KEY"], storage.Env["AWS_SECRET_ACCESS_KEY"]} {
		if secret != "" && strings.Contains(log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// endedLink asks by a link until it has ended.
func endedLink(t *testing.T, n *Node) {
	link, err := n.bucket.SignedURL(t.Context(), "files/a", time.Now().Add(1100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	ends := time.Now().Add(20 * time.Second)
	for {
		status, body := fetch(t, http.MethodGet, link, "")
		if status == http.StatusForbidden && bytes.Contains(body, []byte("<Error>")) {
			return
		}
		if time.Now().After(ends) {
			t.Fatalf("a link does not end: status %d: %s", status, body)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func isGzip(b []byte) bool {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	return err == nil
}

// endOf returns when a link of either service ends, and signatureOf what makes it good.
func endOf(t *testing.T, query string) time.Time {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	if text := values.Get("se"); text != "" {
		end, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return end
	}
	begin, err := time.Parse("20060102T150405Z", values.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	life, err := time.ParseDuration(values.Get("X-Amz-Expires") + "s")
	if err != nil {
		t.Fatal(err)
	}
	return begin.Add(life)
}

func signatureOf(t *testing.T, query string) string {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	secret := values.Get("sig") + values.Get("X-Amz-Signature")
	if len(secret) < 20 {
		t.Fatalf("no signature in %s", query)
	}
	return secret
}

// receiveOne receives a report of a device with one piece of software.
func receiveOne(t *testing.T, n *Node, device string) {
	t.Helper()
	report := &inventory.Report{Device: inventory.Device{Name: device},
		Software: []inventory.Software{{Kind: "deb", Name: "openssl", Version: "3.0.11-1"}}}
	_, err := n.Receiver.Receive(t.Context(),
		receive.Sending{Organization: organization.Default, Sender: trust.Sender{Role: trust.Manager}},
		func(yield func(*inventory.Report, error) bool) { yield(report, nil) })
	if err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, n *Node) {
	t.Helper()
	if _, err := n.Publisher.Publish(t.Context(), organization.Default).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Direct links need a store that answers clients, and credentials that can sign.
func TestDirectLinksAreRefused(t *testing.T) {
	p := Places{Database: "postgres://u@db.example.com/muster", Files: "file:///srv/muster", DirectLinks: true}
	_, err := Open(t.Context(), Config{Places: p, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, ErrSetting) || plain.Hint(err) == "" {
		t.Errorf("a folder: %v", err)
	}
	storage := testneed.Azurite(t)
	signed := storage.SharedSignature(t)
	for name := range storage.Env {
		t.Setenv(name, "")
	}
	t.Setenv("AZURE_STORAGE_SAS_TOKEN", signed)
	p = newPlaces(t)
	p.Files, p.DirectLinks, p.Cache = storage.URL, true, filepath.Join(t.TempDir(), "cache")
	_, err = Open(t.Context(), Config{Places: p, Make: true, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, ErrPlace) || plain.Hint(err) == "" || strings.Contains(err.Error(), signatureOf(t, signed)) {
		t.Errorf("a shared access signature: %v", err)
	}
}
