package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/web"
	webpage "github.com/muster-project/muster/internal/web/page"
)

// documented is what the manual says that an address needs.
type documented struct {
	any  []auth.Permission
	home bool
}

var (
	rowPart      = regexp.MustCompile("(?m)^\\| (`[/…].*) \\|$")
	codePart     = regexp.MustCompile("`([^`]+)`")
	wildcardPart = regexp.MustCompile(`\{[^}]*\}`)
)

// needs reads the tables of pages and of forms in the manual, by patterns whose wildcards have no names.
func needs(t *testing.T) map[string]documented {
	t.Helper()
	text, err := os.ReadFile("../../doc/dashboard.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, forms, found := strings.Cut(string(text), "\n## Forms\n")
	if !found {
		t.Fatal("the manual has no forms")
	}
	all := map[string]documented{}
	read := func(table string, managersToo bool) {
		var before documented
		for _, row := range rowPart.FindAllStringSubmatch(table, -1) {
			cells := strings.Split(row[1], " | ")
			if len(cells) != 3 {
				continue // a table of figures
			}
			d := documented{home: strings.Contains(cells[2], "home organization")}
			for _, code := range codePart.FindAllStringSubmatch(cells[2], -1) {
				d.any = append(d.any, auth.Permission(code[1]))
			}
			if len(d.any) > 0 && managersToo && !slices.Contains(d.any, auth.ReadAudit) {
				d.any = append(d.any, auth.Manage)
			}
			if strings.HasPrefix(cells[2], "the same") {
				d = before
			}
			before = d
			first := ""
			for _, code := range codePart.FindAllStringSubmatch(cells[0], -1) {
				at := code[1]
				if first == "" {
					first = path.Dir(at)
				}
				all[wildcardPart.ReplaceAllString(strings.Replace(at, "…", first, 1), "{}")] = d
			}
		}
	}
	read(pages, true)
	read(forms, false)
	if len(all) < 35 {
		t.Fatalf("the manual has %d addresses", len(all))
	}
	return all
}

// needed returns what the manual says of a pattern: of the address itself, or of the page that it is an entry of.
func needed(all map[string]documented, pattern string, form bool) (d documented, found bool) {
	pattern = wildcardPart.ReplaceAllString(strings.TrimSuffix(pattern, ".csv"), "{}")
	if d, found = all[pattern]; found || form {
		return d, found
	}
	for pattern != "/" {
		pattern = path.Dir(pattern)
		if d, found := all[pattern]; found && pattern != "/" {
			return d, true
		}
	}
	return d, false
}

// open are the addresses that need no session.
func openToAll(pattern string) bool {
	return strings.HasPrefix(pattern, "/sign-") || strings.HasPrefix(pattern, "/assets/") || pattern == "/favicon.ico"
}

// visitor is one kind of caller of the matrix.
type visitor struct {
	*browser
	name, secret string
	access.Client
}

// may tells whether a visitor may use an address.
func (v *visitor) may(d documented) bool {
	if d.home && v.Organization != organization.Default {
		return false
	}
	return len(d.any) == 0 || slices.ContainsFunc(d.any, func(p auth.Permission) bool {
		return slices.Contains(v.Permissions, string(p)) && (v.AllGroups || !p.NeedsAllGroups())
	})
}

// visits signs a browser in by a session in the store: with permissions that no link to sign in would have alone.
func (s *site) visits(t *testing.T, name string, c access.Client) *visitor {
	t.Helper()
	now := time.Now()
	v := &visitor{s.browser(t), name, strings.Repeat("A", 20) + name + fmt.Sprint(now.UnixNano()), c}
	err := s.node.Store.Access.Sessions().AddSession(t.Context(), access.Session{Hash: auth.HashSecret(v.secret),
		Organization: c.Organization, Client: c.ID, Name: c.Name, Permissions: c.Permissions, Begun: now, Used: now,
		Expires: now.Add(time.Hour)}, now.Add(-time.Hour))
	here, parseErr := url.Parse(s.url)
	if err != nil || parseErr != nil {
		t.Fatal(err, parseErr)
	}
	v.client.Jar.SetCookies(here, []*http.Cookie{{Name: "muster-" + here.Port(), Value: v.secret, Path: "/"}})
	return v
}

// visitors are all kinds of callers: each permission alone and all of them, with all groups and with one, nobody's
// permissions, and a manager of another organization.
func (s *site) visitors(t *testing.T, managing *control.Session) (all []*visitor) {
	t.Helper()
	for _, groups := range [][]string{nil, {"Lisbon"}} {
		for _, p := range append(everything(), "", "everything") {
			permissions := []auth.Permission{p}
			switch p {
			case "":
				permissions = nil
			case "everything":
				permissions = everything()
			}
			c, _ := s.client(t, permissions, groups...)
			all = append(all, s.visits(t, fmt.Sprintf("%s-%s", p, strings.Join(groups, "")), c))
		}
	}
	made := ask(t, managing, control.AddOrganization(control.OrganizationRequest{Name: "Other"}))
	c, err := s.node.Store.Access.Client(t.Context(), made.ClientID)
	if err != nil || c.Organization == organization.Default {
		t.Fatal(c, err)
	}
	return append(all, s.visits(t, "elsewhere", c))
}

// things are the parts of addresses that name things, by the pattern before them.
type things map[string]string

// ours and theirs name things of Lisbon, or of no group, and of Tokyo; nothing names what there never was.
func (s *site) things(t *testing.T, managing *control.Session) (ours, theirs, nothing things) {
	t.Helper()
	manager := s.browser(t).signIn(managing)
	client, _ := s.client(t, everything())
	credentials := ask(t, managing, control.ListClients())
	at := slices.IndexFunc(credentials.Clients, func(c control.Client) bool { return c.ID == client.ID })
	enrolled := ask(t, managing, control.CreateEnrollment(control.EnrollmentRequest{Name: "racks"}))
	ask(t, managing, notices.SetRule("on-call", notices.Set{Rule: notice.Rule{Events: notice.Events(), DryRun: true},
		Destination: &notice.Destination{Kind: notice.Syslog, Address: "log.example.com:6514"}}))
	for _, group := range []string{"Lisbon", "Tokyo"} {
		cve, _ := manager.found(managing, group)
		to := things{"/access/clients/{id}": client.ID, "/access/clients/{id}/credentials/{credential}": credentials.Clients[at].Credentials[0].ID,
			"/access/enrollments/{id}": enrolled.ID, "/access/groups/{id}": strconv.FormatInt(s.Groups[group], 10),
			"/access/rules/{rule}": "1", "/notices/rules/{name}": "on-call",
			"/vulnerabilities/{id}": cve, "/sent/{mark}": strings.Repeat("a", 32),
			"/access/sessions/{id}": ask(t, managing, supervise.ListSessions(supervise.SessionFilter{})).Sessions[0].ID}
		for _, d := range ask(t, managing, supervise.ListDevices(supervise.DeviceFilter{Limit: 100})).Devices {
			if d.RBACGroupName == group {
				to["/devices/{id}"], to["/access/devices/{id}"] = d.ID, d.ID
			}
		}
		made := ask(t, managing, control.AddException(control.NewException{CVE: "CVE-1999-0001", Group: group, Reason: group + " knows"}))
		to["/exceptions/{id}"] = made.ID
		if group == "Lisbon" {
			ours = to
		} else {
			theirs = to
		}
	}
	for pattern, list := range map[string]string{"/software/{product}": "/software", "/configuration/{id}": "/configuration"} {
		found := regexp.MustCompile(`<th scope="row"><a href="` + list + `/([^"?]+)"`).FindStringSubmatch(manager.page(list, http.StatusOK))
		if found == nil {
			t.Fatalf("%s is empty", list)
		}
		ours[pattern], theirs[pattern] = found[1], found[1]
	}
	zero := "00000000-0000-4000-8000-000000000000"
	nothing = things{"/access/clients/{id}": zero, "/access/clients/{id}/credentials/{credential}": zero,
		"/access/enrollments/{id}": zero, "/access/groups/{id}": "987654", "/access/rules/{rule}": "987654", "/notices/rules/{name}": "never",
		"/vulnerabilities/{id}": "CVE-1999-9999", "/sent/{mark}": strings.Repeat("b", 32), "/access/sessions/{id}": strings.Repeat("0", 32),
		"/devices/{id}": strings.Repeat("0", 40), "/access/devices/{id}": strings.Repeat("0", 40), "/exceptions/{id}": zero,
		"/software/{product}": "no:such", "/configuration/{id}": "scid-1"}
	return ours, theirs, nothing
}

// fill returns an address of a pattern.
func (all things) fill(t *testing.T, pattern string) string {
	t.Helper()
	filled := pattern
	for _, wildcard := range wildcardPart.FindAllStringIndex(pattern, -1) {
		thing, found := all[pattern[:wildcard[1]]]
		if !found {
			t.Fatalf("%s: the matrix knows nothing of this kind: add one to things", pattern)
		}
		filled = strings.Replace(filled, pattern[wildcard[0]:wildcard[1]], thing, 1)
	}
	return filled
}

// Every address gives every kind of caller what the manual's tables say: without a session, the page to sign in;
// without a permission, a refusal that names it; a form that is sent without one changes nothing. A route that the
// tables do not have fails.
func TestEveryAddressForEveryCaller(t *testing.T) {
	s := ownSite(t)
	_, managing := s.client(t, everything())
	ours, _, _ := s.things(t, managing)
	manual, all := needs(t), s.visitors(t, managing)
	stranger := s.browser(t)
	tried := 0
	for _, route := range append(web.Table(), edge.Route{Pattern: "/"}) {
		_, form := route.Methods[http.MethodPost]
		address := ours.fill(t, route.Pattern)
		d, found := needed(manual, route.Pattern, form)
		if openToAll(route.Pattern) {
			if r := stranger.do(http.MethodGet, address, nil); r.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s: status %d", address, r.StatusCode)
			}
			continue
		}
		if !found {
			t.Errorf("%s is not in the tables of doc/dashboard.md", route.Pattern)
			continue
		}
		if r := stranger.do(http.MethodGet, address, nil); r.StatusCode != http.StatusSeeOther ||
			!strings.HasPrefix(r.Header.Get("Location"), "/sign-in?to=") || len(r.body) > 0 {
			t.Errorf("%s without a session: status %d to %q: %s", address, r.StatusCode, r.Header.Get("Location"), r.body)
		}
		for _, v := range all {
			tried++
			r := v.do(http.MethodGet, address, nil)
			v.judges(r, "GET "+address, v.may(d))
			if !strings.Contains(r.Header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s may be kept: %q", address, r.Header.Get("Cache-Control"))
			}
			if !form {
				continue
			}
			sent := v.do(http.MethodPost, address, url.Values{"token": {webpage.FormToken(v.secret)}})
			v.judges(sent, "POST "+address, v.may(d))
			if forged := v.do(http.MethodPost, address, url.Values{"token": {"00"}}); forged.StatusCode != http.StatusForbidden &&
				forged.StatusCode != http.StatusNotFound || forged.Header.Get("Location") != "" {
				t.Errorf("%s: POST %s with a forged token: status %d to %q", v.name, address, forged.StatusCode, forged.Header.Get("Location"))
			}
		}
		if form {
			r := stranger.do(http.MethodPost, address, url.Values{"token": {"00"}})
			if r.StatusCode != http.StatusForbidden || !strings.Contains(r.body, "You were signed out") {
				t.Errorf("POST %s without a session: status %d: %s", address, r.StatusCode, r.body)
			}
		}
	}
	if tried < 1500 {
		t.Errorf("tried %d times", tried)
	}
}

// judges fails if a visitor got what the manual does not say.
func (v *visitor) judges(r *got, what string, may bool) {
	v.Helper()
	refused := r.StatusCode == http.StatusForbidden
	named := strings.Contains(r.body, "required application permissions (") || strings.Contains(r.body, "only managers of the server")
	switch {
	case r.StatusCode >= http.StatusInternalServerError:
		v.Errorf("%s: %s: status %d: %s", v.name, what, r.StatusCode, r.body)
	case may && (refused || r.StatusCode == http.StatusSeeOther):
		v.Errorf("%s may not %s: status %d: %s", v.name, what, r.StatusCode, main(r.body))
	case !may && (!refused || !named):
		v.Errorf("%s may %s: status %d: %s", v.name, what, r.StatusCode, main(r.body))
	}
}

// main returns what a page says, without its frame.
func main(text string) string {
	_, text, _ = strings.Cut(text, "<main")
	return text[:min(len(text), 300)]
}
