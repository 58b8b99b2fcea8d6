package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
)

// site is a running server with a fleet in two groups, which all tests share: none changes what others see.
type site struct {
	node *node.Node
	url  string
	// groups has the numbers of groups.
	groups map[string]int64
	// devices are the names of devices by group.
	devices map[string][]string
	stop    func() error
}

var (
	shared = sync.OnceValues(newSite)
	begun  atomic.Bool
)

// started returns the shared site.
func started(t testing.TB) *site {
	t.Helper()
	begun.Store(true)
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMain(m *testing.M) {
	status := m.Run()
	if begun.Load() {
		if s, err := shared(); err == nil {
			if err := s.stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				status = 1
			}
		}
	}
	os.Exit(status)
}

// evil is in the names of a device and of software: markup, a script, a formula, and characters that turn a line
// around.
const evil = "=1+1<svg onload=alert(1)><script>alert(2)</script>&quot;\"'\u202egnp.exe"

// newSite starts a server with two groups of devices and a snapshot.
func newSite() (*site, error) {
	s, folder, err := emptySite()
	if err != nil {
		return nil, err
	}
	stop := s.stop
	s.stop = func() error { return errors.Join(stop(), os.RemoveAll(folder)) }
	ctx := context.Background()
	var imports []library.Import
	for _, f := range sample.Feeds() {
		imports = append(imports, library.Import{Kind: f.Kind, Name: f.Name, Files: library.FilesOf(f.Files)})
	}
	_, number, err := s.node.Library.Import(ctx, imports...)
	if err == nil {
		_, err = s.node.Library.Wait(ctx, number)
	}
	if err == nil {
		err = s.report(ctx)
	}
	if err == nil {
		_, err = s.node.Publisher.Publish(ctx, organization.Default).Wait(ctx)
	}
	return s, err
}

// emptySite starts a server without anything.
func emptySite() (*site, string, error) {
	folder, err := os.MkdirTemp("", "web")
	if err != nil {
		return nil, "", err
	}
	ctx := context.Background()
	n, err := node.Open(ctx, node.Config{Path: filepath.Join(folder, "data"), Command: "test", Make: true,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	running, err := node.Start(ctx, n, &node.Endpoint{Listener: listener}, api.Config{}, node.Schedule{})
	if err != nil {
		return nil, "", err
	}
	return &site{node: n, url: running.URL, groups: map[string]int64{}, devices: map[string][]string{},
		stop: func() error { return errors.Join(running.Close(), n.Close()) }}, folder, nil
}

// report sends reports of a fleet in two groups, and of one device with hostile names.
func (s *site) report(ctx context.Context) error {
	names := []string{"Lisbon", "Tokyo"}
	ids, _, err := s.node.Store.Organizations.EnsureGroups(ctx, organization.Default, names)
	if err != nil {
		return err
	}
	rules, err := rbac.Parse([]byte(`{"rules":[{"group":"Lisbon","name":"lisbon-*"},{"group":"Tokyo","name":"tokyo-*"}]}`))
	if err == nil {
		_, err = s.node.Store.Organizations.SetRules(ctx, organization.Default, rules)
	}
	if err != nil {
		return err
	}
	for i, id := range ids {
		s.groups[names[i]] = id
	}
	var all []*inventory.Report
	simulated := fleet.Fleet{Seed: 3, Devices: 30, Begun: time.Now().Add(-time.Hour).UTC(), Interval: time.Hour}
	for r := range simulated.All(0) {
		group := names[len(all)%2]
		r.Device.Name, r.Device.ID = strings.ToLower(group)+"-"+r.Device.Name, ""
		s.devices[group] = append(s.devices[group], r.Device.Name)
		all = append(all, r)
	}
	hostile := *all[0]
	hostile.Device.Name = strings.ReplaceAll(evil, "\u202e", "") // names of devices can be printed
	hostile.Software = append([]inventory.Software{{Kind: "generic", Vendor: evil, Name: evil, Version: "=1" + evil}},
		hostile.Software...)
	all = append(all, &hostile)
	_, err = s.node.Receiver.Receive(ctx, receive.Sending{Organization: organization.Default,
		Sender: trust.Sender{Role: trust.Manager}},
		func(yield func(*inventory.Report, error) bool) {
			for _, r := range all {
				if !yield(r, nil) {
					return
				}
			}
		})
	return err
}

// client adds a client; groups are those that it sees, none: all.
func (s *site) client(t testing.TB, permissions []auth.Permission, groups ...string) (access.Client,
	*control.Session) {
	t.Helper()
	now := time.Now()
	c := auth.Administrator(organization.Default, now)
	c.Name, c.Permissions = "client "+c.ID, nil
	for _, p := range permissions {
		c.Permissions = append(c.Permissions, string(p))
	}
	for _, name := range groups {
		c.AllGroups = false
		c.Groups = append(c.Groups, s.groups[name])
	}
	secret, kept, err := auth.NewSecret(rand.Reader, now, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.node.Store.Access.AddClient(t.Context(), c, kept); err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	return c, control.NewSession(control.Config{Base: base, HTTP: new(http.Client),
		Login: control.LoginBySecret(c.Organization, c.ID, secret)})
}

// everything are all permissions.
func everything() []auth.Permission { return auth.Permissions() }

// browser is a browser that follows no redirect by itself.
type browser struct {
	testing.TB
	site   *site
	client *http.Client
}

func (s *site) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// got is a reply.
type got struct {
	*http.Response
	body string
}

// do sends a request with what browsers send.
func (b *browser) do(method, path string, form url.Values, headers ...string) *got {
	b.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.Context(), method, b.site.url+path, body)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return &got{response, string(text)}
}

// page returns a page that must have a status.
func (b *browser) page(path string, status int) string {
	b.Helper()
	r := b.do(http.MethodGet, path, nil)
	if r.StatusCode != status {
		b.Fatalf("%s: status %d, want %d: %s", path, r.StatusCode, status, r.body)
	}
	return r.body
}

// code returns a fresh code of a client.
func (s *site) code(t testing.TB, session *control.Session) string {
	t.Helper()
	made, err := control.Do(t.Context(), session, control.MakeSignIn())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(made.Value.URL)
	if err != nil || !strings.HasPrefix(made.Value.URL, s.url+"/sign-in?") {
		t.Fatalf("the link is %q: %v", made.Value.URL, err)
	}
	return u.Query().Get("code")
}

// signIn signs the browser in.
func (b *browser) signIn(session *control.Session) *browser {
	b.Helper()
	r := b.do(http.MethodPost, "/sign-in", url.Values{"code": {b.site.code(b, session)}})
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
		b.Fatalf("signing in: status %d to %q: %s", r.StatusCode, r.Header.Get("Location"), r.body)
	}
	return b
}

// as returns a browser that is signed in as a new client.
func (s *site) as(t testing.TB, permissions []auth.Permission, groups ...string) (*browser, *control.Session) {
	t.Helper()
	_, session := s.client(t, permissions, groups...)
	return s.browser(t).signIn(session), session
}

// rows returns the rows of the CSV of a list, without the heading.
func (b *browser) rows(path string) [][]string {
	b.Helper()
	all, err := csv.NewReader(bytes.NewBufferString(b.page(path, http.StatusOK))).ReadAll()
	if err != nil || len(all) == 0 {
		b.Fatalf("%s: %v", path, err)
	}
	return all[1:]
}

// removeAll removes a folder.
func removeAll(t testing.TB, folder string) {
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Error(err)
	}
}
