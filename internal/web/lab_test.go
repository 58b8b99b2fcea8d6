package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/web/webtest"
)

// site is a running server with a fleet in two groups, which all tests share: none changes what others see.
type site struct {
	*webtest.Site
	node *node.Node
	url  string
	// folder has everything that the server writes: its data, and its log.
	folder string
	// devices are the names of devices by group.
	devices map[string][]string
	// settings is the file of sign-in at a provider, if there is one.
	settings string
}

var (
	shared = sync.OnceValues(func() (*site, error) { return of(webtest.Start(context.Background())) })
	begun  atomic.Bool
)

func of(s *webtest.Site, err error) (*site, error) {
	if err != nil {
		return nil, err
	}
	return &site{Site: s, node: s.Node, url: s.URL, folder: s.Folder, devices: s.Devices}, nil
}

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
			if err := s.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				status = 1
			}
		}
	}
	os.Exit(status)
}

const evil = webtest.Evil

// emptySite starts a server without anything, until the test ends. change may change its configuration.
func emptySite(t testing.TB, change ...func(c *node.Config, url string) error) *site {
	t.Helper()
	s, err := of(webtest.Empty(t.Context(), change...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// mustPublish makes a snapshot.
func (s *site) mustPublish(t testing.TB) {
	t.Helper()
	if err := s.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// client adds a client; groups are those that it sees, none: all.
func (s *site) client(t testing.TB, permissions []auth.Permission, groups ...string) (access.Client, *control.Session) {
	t.Helper()
	return s.Client(t, permissions, groups...)
}

// code returns a fresh code of a client.
func (s *site) code(t testing.TB, session *control.Session) string {
	t.Helper()
	return s.Code(t, session)
}

// everything are all permissions.
func everything() []auth.Permission { return auth.Permissions() }

// browser is a browser that follows no redirect by itself.
type browser struct {
	*webtest.Visitor
	client *http.Client
}

func (s *site) browser(t testing.TB) *browser {
	t.Helper()
	v := s.Visitor(t)
	return &browser{v, v.Client}
}

// got is a reply.
type got struct {
	*http.Response
	body string
}

// do sends a request with what browsers send.
func (b *browser) do(method, path string, form url.Values, headers ...string) *got {
	b.Helper()
	r := b.Do(method, path, form, headers...)
	return &got{r.Response, r.Text}
}

// page returns a page that must have a status.
func (b *browser) page(path string, status int) string {
	b.Helper()
	return b.Page(path, status)
}

// signIn signs the browser in.
func (b *browser) signIn(session *control.Session) *browser {
	b.Helper()
	b.SignIn(session)
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
	return b.Rows(path)
}
