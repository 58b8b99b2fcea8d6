package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	replies "github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/notice/deliver"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
)

const org = organization.Default

// noon is when every test begins.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// lab is a server over its own data folder, with a clock that only moves when it is told to.
type lab struct {
	testing.TB
	folder    string
	place     *storetest.Place
	store     *store.Store
	files     *snapshot.Files
	library   *library.Library
	publisher *generation.Publisher
	receiver  *receive.Receiver
	verifier  *damage.Verifier
	config    api.Config
	server    *httptest.Server
	log       *safeLog
	// seals counts snapshots made by hand, for the names of files.
	seals int
	// openAPI is the server's description, read when it is first needed.
	openAPI []byte

	mu  sync.Mutex
	now time.Time
}

// servers are those of all labs, where they are not in folders.
var servers storetest.Servers

// safeLog is a server's log, to be read while it is written.
type safeLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// inTurn leaves a test out of the short form, which the race detector sees: its requests come one after another.
// TestEveryCallAtOnce makes such requests at once.
func inTurn(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("requests one after another")
	}
}

// newLab starts a server; change may set more of its configuration.
func newLab(t testing.TB, change ...func(*api.Config)) *lab {
	t.Helper()
	return labAt(t, t.TempDir(), noon, change...)
}

// labAt is newLab on a folder that may exist, at a time.
func labAt(t testing.TB, folder string, now time.Time, change ...func(*api.Config)) *lab {
	t.Helper()
	l := &lab{TB: t, folder: folder, now: now, log: new(safeLog)}
	l.place = servers.New(t, folder)
	l.store = storetest.Open(t, store.Config{Database: l.place.Database})
	l.files = snapshot.New(l.place.Open(t, "files"))
	t.Cleanup(func() { l.files.Close() })
	checks, err := labChecks()
	if err != nil {
		t.Fatal(err)
	}
	l.library = library.New(library.Config{Store: l.store, Files: l.place.Open(t, ".", library.Folders()...),
		Folder: l.folder, Clock: l.clock})
	t.Cleanup(l.library.Close)
	l.publisher, err = generation.New(generation.Config{Store: l.store, Files: l.files,
		Benchmark: checks, Library: l.library,
		Settings: generation.DefaultSettings(), Clock: l.clock, Workers: 2, Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	codec, err := stored.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	l.receiver = receive.New(receive.Config{Reports: l.store.Reports, Watcher: l.publisher.Watcher(),
		Codec: codec, Clock: l.clock})
	repair := damage.Config{Store: l.store, Files: l.files, Library: l.library, Publisher: l.publisher, Clock: l.clock}
	if l.verifier, err = damage.NewVerifier(repair); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.publisher.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	l.config = api.Config{Receiver: l.receiver, Publisher: l.publisher, Verifier: l.verifier,
		Repairer: damage.NewRepairer(repair), Library: l.library, Store: l.store, Files: l.files,
		Trusted: &auth.Caller{Organization: org, ID: "test", Permissions: auth.Permissions(), AllGroups: true},
		Clock:   l.clock, Log: slog.New(slog.NewTextHandler(l.log, nil))}
	l.config.Keys = l.keyring(firstKeys(l))
	l.config.Authority, err = auth.New(t.Context(),
		auth.Config{Clients: l.store.Access, Organizations: l.store.Organizations, Keys: l.config.Keys, Clock: l.clock})
	if err != nil {
		t.Fatal(err)
	}
	l.config.Notifier = notify.New(notify.Config{Store: l.store, Answers: replies.New(l.files), Library: l.library,
		Manifest: l.publisher.Manifest, Clock: l.clock, Log: l.config.Log,
		Send: deliver.New(deliver.Config{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Agent: "muster/test",
			Host: "lab", Clock: l.clock}).Send,
		Open: func(org, rule string, sealed []byte) ([]byte, error) {
			return l.config.Keys.OpenKept(org, notify.Secret(rule), sealed)
		}})
	for _, c := range change {
		c(&l.config)
	}
	l.start()
	return l
}

// labChecks are compiled once for all labs.
var labChecks = sync.OnceValues(benchmark.Default)

// labKeys are made once for all labs, since making them is slow.
var labKeys struct {
	sync.Mutex
	made []access.SigningKey
}

// firstKeys returns the keys that labs begin with.
func firstKeys(l *lab) []access.SigningKey {
	l.Helper()
	if known, err := l.store.Access.SigningKeys(l.Context()); err != nil {
		l.Fatal(err)
	} else if len(known) > 0 {
		return nil // the folder has keys
	}
	labKeys.Lock()
	defer labKeys.Unlock()
	if labKeys.made != nil {
		return labKeys.made
	}
	l.keyring(nil)
	var err error
	if labKeys.made, err = l.store.Access.SigningKeys(l.Context()); err != nil {
		l.Fatal(err)
	}
	return nil // this lab has them already
}

// keyring opens the keys of the lab after adding some.
func (l *lab) keyring(more []access.SigningKey) *auth.Keyring {
	l.Helper()
	for _, k := range more {
		if err := l.store.Access.AddSigningKey(l.Context(), k); err != nil {
			l.Fatal(err)
		}
	}
	keys, err := auth.NewKeyring(l.Context(),
		auth.KeyringConfig{Keys: l.store.Access, Clocks: l.store.Clock, Folder: [32]byte{1},
			Clock: l.clock, Random: rand.Reader})
	if err != nil {
		l.Fatal(err)
	}
	return keys
}

// strangeKeys are the keys of another server.
func strangeKeys(l *lab) *auth.Keyring {
	l.Helper()
	other := &lab{TB: l.TB, now: l.clock(),
		store: storetest.Open(l, store.Config{Database: database.Config{Path: filepath.Join(l.TempDir(), "muster.db")}})}
	return other.keyring(nil)
}

// start starts the server again, as after a restart of the program.
func (l *lab) start() {
	l.Helper()
	l.config.Registry = nil
	handler, err := api.New(l.config)
	if err != nil {
		l.Fatal(err)
	}
	if l.server != nil {
		l.server.Close()
	}
	l.server = httptest.NewServer(handler)
	l.Cleanup(l.server.Close)
}

func (l *lab) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *lab) advance(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// slice is one range of a snapshot made by hand.
type slice struct {
	group   int64
	devices []rowsOf
}

// rowsOf are the rows of one device: all of them, and those of the delta.
type rowsOf struct {
	id          string
	full, delta assess.Rows
}

// seal publishes a snapshot made by hand, to test exports with rows of every kind, independent of
// assessment.
func (l *lab) seal(slices ...slice) publication.Snapshot {
	l.Helper()
	name := func(number int64) string { return fmt.Sprintf("%s/manifest/%d.json", org, number) }
	return l.sealManifest(name, func(m *snapshot.Manifest) {
		for i, s := range slices {
			l.seals++
			m.Add(l.write(snapshot.Naming{Organization: org, Begun: m.Begun, Group: s.group, Ordinal: i,
				Attempt: fmt.Sprintf("00000000-0000-4000-8000-%012d", l.seals)}, s))
		}
	})
}

// sealManifest publishes a snapshot with the ranges that add adds to its manifest. Its number
// gives the manifest's name.
func (l *lab) sealManifest(name func(number int64) string, add func(*snapshot.Manifest)) publication.Snapshot {
	l.Helper()
	previous, err := l.store.Publication.Latest(l.Context(), org)
	if err != nil {
		previous = publication.Snapshot{}
	}
	g, _, err := l.store.Publication.Begin(l.Context(), org, l.clock(),
		func(*publication.Pinning) (publication.Terms, error) {
			return publication.Terms{Pin: []byte("{}")}, nil
		})
	if err != nil {
		l.Fatal(err)
	}
	m := &snapshot.Manifest{Organization: org, Number: g.Number, Previous: previous.Number, Begun: g.Begun}
	add(m)
	file, err := l.files.WriteManifest(name(g.Number), m)
	if err != nil {
		l.Fatal(err)
	}
	totals, err := json.Marshal(m.Totals(nil))
	if err != nil {
		l.Fatal(err)
	}
	return storetest.Hold(l, l.store, org, func(lease *publication.Lease) publication.Snapshot {
		sealed, err := lease.Seal(l.Context(), g.Number,
			publication.ManifestRef{Path: file.Path, SHA256: file.SHA256, Totals: string(totals)}, l.clock())
		if err != nil {
			l.Fatal(err)
		}
		return sealed
	})
}

// retain sets which files of a snapshot are kept.
func (l *lab) retain(number int64, full, delta publication.Retention) error {
	l.Helper()
	return storetest.Hold(l, l.store, org, func(lease *publication.Lease) error {
		return lease.SetRetention(l.Context(), number, full, delta)
	})
}

func (l *lab) write(name snapshot.Naming, s slice) *snapshot.Made {
	l.Helper()
	w := l.files.NewRangeWriter(name, "", "", "", gzipjoin.NewEncoder())
	for _, d := range s.devices {
		if err := w.Add(snapshot.Entry{ID: d.id}, &d.full); err != nil {
			l.Fatal(err)
		}
		if err := w.AddDelta(&assess.Delta{Rows: d.delta}); err != nil {
			l.Fatal(err)
		}
	}
	r, err := w.Close()
	if err != nil {
		l.Fatal(err)
	}
	return r
}

// reply is a reply with its body read.
type reply struct {
	*http.Response
	body []byte
}

// do sends a request to the server; url may be a path.
func (l *lab) do(method, url string, body io.Reader, headers ...string) reply {
	l.Helper()
	if strings.HasPrefix(url, "/") {
		url = l.server.URL + url
	}
	r, err := http.NewRequestWithContext(l.Context(), method, url, body)
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		l.Fatalf("%s %s: %v", method, url, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		l.Fatalf("%s %s: %v", method, url, err)
	}
	reach(response.StatusCode, text)
	if response.StatusCode < 400 && bytes.HasPrefix(text, []byte(`{"error"`)) {
		l.Errorf("%s %s: status %d with an error body: %s", method, url, response.StatusCode, text)
	}
	got := reply{response, text}
	l.conforms(got)
	return got
}

func (l *lab) get(url string, headers ...string) reply {
	l.Helper()
	return l.do(http.MethodGet, url, nil, headers...)
}

// call gets one of the export calls.
func (l *lab) call(nameAndQuery string, headers ...string) reply {
	l.Helper()
	return l.get("/api/machines/"+nameAndQuery, headers...)
}

// page is a JSON page with its rows as they were sent.
type page struct {
	Context  string            `json:"@odata.context"`
	Value    []json.RawMessage `json:"value"`
	NextLink *string           `json:"@odata.nextLink"`
}

// page decodes a reply that must be a page.
func (l *lab) page(r reply) page {
	l.Helper()
	var p page
	l.decode(r, http.StatusOK, &p)
	return p
}

// links decodes a reply that must be links.
func (l *lab) links(r reply) defender.ExportFilesResponse {
	l.Helper()
	var f defender.ExportFilesResponse
	l.decode(r, http.StatusOK, &f)
	return f
}

func (l *lab) decode(r reply, status int, into any) {
	l.Helper()
	if r.StatusCode != status {
		l.Fatalf("%s %s: status %d, want %d: %s", r.Request.Method, r.Request.URL, r.StatusCode, status, r.body)
	}
	if err := json.Unmarshal(r.body, into); err != nil {
		l.Fatalf("%s %s: %v in %s", r.Request.Method, r.Request.URL, err, r.body)
	}
}

// errorShape is the body of errors of contract.md, section 7, byte for byte.
var errorShape = regexp.MustCompile(
	`^\{"error":\{"code":"[A-Za-z]+","message":"([^"\\]|\\.)+","target":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"\}\}\n$`)

// refused checks that a reply is an error of contract.md, section 7, and
// returns its message.
func (l *lab) refused(r reply, status int, code string) string {
	l.Helper()
	var e defender.ErrorBody
	l.decode(r, status, &e)
	if e.Error.Code != code || e.Error.Message == "" {
		l.Errorf("%s %s: error %+v, want code %q and a message", r.Request.Method, r.Request.URL, e.Error, code)
	}
	if !errorShape.Match(r.body) {
		l.Errorf("%s %s: the body has another shape: %q", r.Request.Method, r.Request.URL, r.body)
	}
	if id := r.Header.Get("X-Ms-Request-Id"); e.Error.Target == "" || id != e.Error.Target ||
		r.Header.Get("X-Request-Id") != id {
		l.Errorf("target %q, request ids %q and %q: must be one", e.Error.Target, id, r.Header.Get("X-Request-Id"))
	}
	if got := r.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		l.Errorf("Content-Type of an error: %q", got)
	}
	return e.Error.Message
}

// pull follows nextLinks to the end and returns all rows.
func (l *lab) pull(first string) (rows []string, pages int) {
	l.Helper()
	for next := &first; next != nil; pages++ {
		p := l.page(l.get(*next))
		if len(p.Value) == 0 && p.NextLink != nil {
			l.Fatalf("an empty page with a nextLink: %s", *next)
		}
		for _, v := range p.Value {
			rows = append(rows, string(v))
		}
		next = p.NextLink
	}
	return rows, pages
}

// equal fails the test where two values differ.
func (l *lab) equal(what string, got, want any) {
	l.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		l.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
