// Package webtest has servers and visitors for tests of the dashboard: a running server with a fleet in two groups, and
// clients of HTTP that sign in as browsers do.
package webtest

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/notified"
	"github.com/muster-project/muster/internal/store/organization"
)

// Site is a running server.
type Site struct {
	Node *node.Node
	URL  string
	// Folder has everything that the server writes: its data, and its log.
	Folder string
	// Groups has the numbers of groups.
	Groups map[string]int64
	// Devices are the names of devices by group.
	Devices map[string][]string
	fleet   fleet.Fleet
	// named are the names of devices by those of the fleet.
	named map[string]string
	stop  func() error
}

// Evil is in the names of a device and of software: markup, a script, a formula, and characters that turn a line
// around.
const Evil = "=1+1<svg onload=alert(1)><script>alert(2)</script>&quot;\"'\u202egnp.exe"

// Start starts a server with two groups of devices, one device with hostile names, and a snapshot.
func Start(ctx context.Context) (*Site, error) {
	s, err := Empty(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Fill(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Fill imports the sample of intelligence, reports 30 devices, and makes a snapshot.
func (s *Site) Fill(ctx context.Context) error {
	err := s.Import(ctx)
	if err == nil {
		err = s.Report(ctx, 30)
	}
	if err == nil {
		err = s.Publish(ctx)
	}
	return err
}

// Empty starts a server without anything. change may change its configuration, by the address at which it will be
// reached.
func Empty(ctx context.Context, change ...func(c *node.Config, url string) error) (*Site, error) {
	folder, err := os.MkdirTemp("", "web")
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	log, err := os.Create(filepath.Join(folder, "server.log"))
	if err != nil {
		return nil, errors.Join(err, listener.Close(), os.RemoveAll(folder))
	}
	c := node.Config{Path: filepath.Join(folder, "data"), Command: "test", Make: true, Log: slog.New(slog.NewTextHandler(log, nil))}
	for _, f := range change {
		if err := f(&c, "http://"+listener.Addr().String()); err != nil {
			return nil, errors.Join(err, listener.Close(), log.Close(), os.RemoveAll(folder))
		}
	}
	n, err := node.Open(ctx, c)
	if err != nil {
		return nil, errors.Join(err, listener.Close(), log.Close(), os.RemoveAll(folder))
	}
	running, err := node.Start(ctx, n, &node.Endpoint{Listener: listener}, api.Config{}, node.Schedule{})
	if err != nil {
		return nil, errors.Join(err, n.Close(), log.Close(), os.RemoveAll(folder))
	}
	return &Site{Node: n, URL: running.URL, Folder: folder, Groups: map[string]int64{}, Devices: map[string][]string{},
		named: map[string]string{},
		stop: func() error {
			ended, end := context.WithCancel(context.Background())
			end() // now; what it still writes is written then
			return errors.Join(running.Wait(ended), n.Close(), log.Close(), os.RemoveAll(folder))
		}}, nil
}

// Stop stops the server, and removes what it kept.
func (s *Site) Stop() error { return s.stop() }

// Import imports the sample of intelligence.
func (s *Site) Import(ctx context.Context) error {
	var imports []library.Import
	for _, f := range sample.Feeds() {
		imports = append(imports, library.Import{Kind: f.Kind, Name: f.Name, Files: library.FilesOf(f.Files)})
	}
	_, number, err := s.Node.Library.Import(ctx, imports...)
	if err == nil {
		_, err = s.Node.Library.Wait(ctx, number)
	}
	return err
}

// Tell sets rules of notices for what is published from now on: the receiver of one fails, since its secrets cannot be
// read, one is a dry run, and one is off, with a hostile name.
func (s *Site) Tell(ctx context.Context) error {
	for _, r := range []*notified.Rule{
		{Rule: notice.Rule{Name: "hostile", Events: notice.Events(), Off: true,
			Products: []notice.Product{{Vendor: Evil, Name: Evil}}},
			Destination: notice.Destination{Kind: notice.Syslog, Address: "log.example.com:6514"}},
		{Rule: notice.Rule{Name: "on-call", Events: notice.Events(), Severities: []string{"Critical", "High"}},
			Destination: notice.Destination{Kind: notice.Webhook, URL: "https://hooks.example.com/…", Secrets: []string{"url", "secret"}}},
		{Rule: notice.Rule{Name: "dry", Events: notice.Events(), DryRun: true, Digest: "08:00", Quiet: &notice.Quiet{From: "22:00", To: "07:00"}},
			Destination: notice.Destination{Kind: notice.Mail, Address: "mail.example.com:587", From: "muster@example.com",
				To: []string{"ops@example.com"}}},
	} {
		r.Sealed, r.ChangedBy = []byte("cannot be opened"), "test"
		if err := s.Node.Store.Notified.SetRule(ctx, organization.Default, r, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// Publish publishes a snapshot.
func (s *Site) Publish(ctx context.Context) error {
	_, err := s.Node.Publisher.Publish(ctx, organization.Default).Wait(ctx)
	return err
}

// Report sends reports of a fleet in two groups, Lisbon and Tokyo, and of one device with hostile names.
func (s *Site) Report(ctx context.Context, devices int) error {
	names := []string{"Lisbon", "Tokyo"}
	ids, _, err := s.Node.Store.Organizations.EnsureGroups(ctx, organization.Default, names)
	if err != nil {
		return err
	}
	rules, err := rbac.Parse([]byte(`{"rules":[{"group":"Lisbon","name":"lisbon-*"},{"group":"Tokyo","name":"tokyo-*"}]}`))
	if err == nil {
		_, err = s.Node.Store.Organizations.SetRules(ctx, organization.Default, rules)
	}
	if err != nil {
		return err
	}
	for i, id := range ids {
		s.Groups[names[i]] = id
	}
	var all []*inventory.Report
	s.fleet = fleet.Fleet{Seed: 3, Devices: devices, Begun: time.Now().Add(-time.Hour).UTC(), Interval: time.Hour,
		Changing: 0.5}
	for r := range s.fleet.All(0) {
		group := names[len(all)%2]
		name := strings.ToLower(group) + "-" + r.Device.Name
		s.named[r.Device.Name] = name
		s.Devices[group] = append(s.Devices[group], name)
		all = append(all, s.ours(r))
	}
	hostile := *all[0]
	hostile.Device.Name = strings.ReplaceAll(Evil, "\u202e", "") // names of devices can be printed
	hostile.Software = append([]inventory.Software{{Kind: "generic", Vendor: Evil, Name: Evil, Version: "=1" + Evil},
		{Kind: "generic", Vendor: "long", Name: strings.Repeat("w", 4000), Version: strings.Repeat("7", 200)}},
		hostile.Software...)
	return s.Receive(ctx, append(all, &hostile)...)
}

// Change sends reports of the devices of the fleet that changed since.
func (s *Site) Change(ctx context.Context) error {
	var all []*inventory.Report
	for r := range s.fleet.Changed(1) {
		all = append(all, s.ours(r))
	}
	return s.Receive(ctx, all...)
}

// ours gives a report of the fleet the name that its device has here.
func (s *Site) ours(r *inventory.Report) *inventory.Report {
	r.Device.Name, r.Device.ID = s.named[r.Device.Name], ""
	return r
}

// Receive stores reports.
func (s *Site) Receive(ctx context.Context, all ...*inventory.Report) error {
	_, err := s.Node.Receiver.Receive(ctx, receive.Sending{Organization: organization.Default,
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

// Client adds a client; groups are those that it sees, none: all.
func (s *Site) Client(t testing.TB, permissions []auth.Permission, groups ...string) (access.Client, *control.Session) {
	t.Helper()
	c, secret := s.ClientWithSecret(t, permissions, groups...)
	return c, s.SessionOf(c.ID, secret)
}

// ClientWithSecret does the same, and returns the secret in place of a session.
func (s *Site) ClientWithSecret(t testing.TB, permissions []auth.Permission, groups ...string) (access.Client, string) {
	t.Helper()
	now := time.Now()
	c := auth.Administrator(organization.Default, now)
	c.Name, c.Permissions = "client "+c.ID, nil
	for _, p := range permissions {
		c.Permissions = append(c.Permissions, string(p))
	}
	for _, name := range groups {
		c.AllGroups = false
		c.Groups = append(c.Groups, s.Groups[name])
	}
	secret, kept, err := auth.NewSecret(rand.Reader, now, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Node.Store.Access.AddClient(t.Context(), c, kept); err != nil {
		t.Fatal(err)
	}
	return c, secret
}

// SessionOf returns a session of a client.
func (s *Site) SessionOf(client, secret string) *control.Session {
	base, err := url.Parse(s.URL)
	if err != nil {
		panic(err) // it is the listener's
	}
	return control.NewSession(control.Config{Base: base, HTTP: new(http.Client),
		Login: control.LoginBySecret(organization.Default, client, secret)})
}

// Link returns a fresh link that signs a client in.
func (s *Site) Link(t testing.TB, session *control.Session) string {
	t.Helper()
	made, err := control.Do(t.Context(), session, control.MakeSignIn())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(made.Value.URL, s.URL+"/sign-in?") {
		t.Fatalf("the link is %q", made.Value.URL)
	}
	return made.Value.URL
}

// Code returns a fresh code of a client.
func (s *Site) Code(t testing.TB, session *control.Session) string {
	t.Helper()
	u, err := url.Parse(s.Link(t, session))
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("code")
}
