package api_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/reports"
)

// world is a server with three organizations. The names of devices tell their owner: m1g2d0 is of
// organization 1 and group 2, m1g1to2d0 moved there from group 1. No reply may contain the mark
// of another owner.
type world struct {
	*lab
	orgs    []string
	callers []witness
	places  []place
	devices []resident
}

// witness is a caller; its token may be missing or invalid.
type witness struct {
	auth.Caller
	org   int
	token string
}

// resident is a device of an organization, and the check that only it has a result of.
type resident struct {
	id    string
	check string
	org   int
	group int64
}

// place is the address of something of an organization.
type place struct {
	method, path string
	org          int
}

var mark = regexp.MustCompile(`m(\d)g(\d)(?:to(\d))?d\d`)

// foreign returns a mark in a reply that the caller must not see. Moved devices are in the
// changes of both groups.
func (w *witness) foreign(reply []byte, changes bool) string {
	for _, m := range mark.FindAllSubmatch(reply, -1) {
		from, to := int64(m[2][0]-'0'), int64(m[2][0]-'0')
		if len(m[3]) > 0 {
			to = int64(m[3][0] - '0')
		}
		if int(m[1][0]-'0') != w.org || !w.Sees(to) && !(changes && w.Sees(from)) {
			return string(m[0])
		}
	}
	return ""
}

// newWorld fills three organizations in the same way and makes callers of every kind.
func newWorld(t *testing.T) *world {
	w := &world{lab: newLab(t)}
	w.equal("nvd", w.put("/v1/feeds/nvd/nvd?file=page.json", nvd).StatusCode, 200)
	w.orgs = []string{org}
	for i := 1; i < 3; i++ {
		w.orgs = append(w.orgs, uuid.NewString())
		if err := w.store.Organizations.Ensure(t.Context(), w.orgs[i], fmt.Sprintf("m%dg9d0", i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range w.orgs {
		w.fill(i)
	}
	w.config.Trusted = nil
	w.start()
	for i := range w.orgs {
		w.admit(i)
	}
	for i := range w.orgs {
		w.visit(i)
	}
	return w
}

// fill adds devices in no group and in two groups to an organization, and two snapshots between
// which some moved.
func (w *world) fill(i int) {
	w.Helper()
	rules, err := rbac.New([]string{"One", "Two"}, []rbac.Rule{{Group: "One", Tag: "1"}, {Group: "Two", Tag: "2"}})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.store.Organizations.SetRules(w.Context(), w.orgs[i], rules); err != nil {
		w.Fatal(err)
	}
	for round := range 2 {
		var reports []*inventory.Report
		for group := range 3 {
			reports = append(reports, marked(i, fmt.Sprintf("g%dd0", group), group),
				marked(i, fmt.Sprintf("g%dd1", group), group))
		}
		for _, move := range [][2]int{{1, 2}, {2, 1}, {0, 1}} {
			reports = append(reports, marked(i, fmt.Sprintf("g%dto%dd0", move[0], move[1]), move[round]))
		}
		if _, err := w.receiver.Receive(w.Context(),
			receive.Sending{Organization: w.orgs[i], Sender: trust.Sender{Role: trust.Manager}},
			func(yield func(*inventory.Report, error) bool) {
				for _, r := range reports {
					if !yield(r, nil) {
						return
					}
				}
			}); err != nil {
			w.Fatal(err)
		}
		if _, err := w.publisher.Publish(w.Context(), w.orgs[i]).Wait(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.advance(time.Minute)
	}
}

// marked is the report of a device with its mark in every text that may be shown.
func marked(org int, name string, group int) *inventory.Report {
	name = fmt.Sprintf("m%d%s", org, name)
	return &inventory.Report{
		Device: inventory.Device{Name: name + ".example.com", OSPlatform: "Windows11", OSVersion: "10.0.22631.4751",
			Tags: []string{fmt.Sprint(group)}},
		Software: []inventory.Software{
			{Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome", Version: "81.0.4044.138",
				DiskPaths: []string{`C:\` + name}},
			{Kind: "windows", Vendor: "Acme", Name: "Tool " + name, Version: "1.0"},
		},
		Configurations: []inventory.Configuration{{ConfigurationID: checkOf(name), Applicable: true}},
	}
}

// checkOf is the check of a marked device.
func checkOf(name string) string { return "rule_" + name }

// admit makes an organization's callers: with every single permission and with all, and every
// choice of groups.
func (w *world) admit(i int) {
	w.Helper()
	choices := [][]int64{nil, {}, {0}, {1}, {2}, {0, 2}, {1, 2}}
	permissions := [][]auth.Permission{{auth.ReadVulnerabilities}, {auth.ReadSoftware}, {auth.WriteReports},
		{auth.Manage}, {auth.ReadMetrics}, {auth.ReadAudit}, auth.Permissions()}
	for _, may := range permissions {
		for _, groups := range choices {
			w.callers = append(w.callers, w.login(i, may, groups))
		}
	}
}

// login makes a client and gets a token for it; nil groups are all.
func (w *world) login(i int, may []auth.Permission, groups []int64) witness {
	w.Helper()
	client := access.Client{ID: uuid.NewString(), Organization: w.orgs[i],
		Name:      fmt.Sprintf("m%dg9d0 %v %#v", i, may, groups),
		AllGroups: groups == nil, Groups: groups, Created: w.clock()}
	for _, p := range may {
		client.Permissions = append(client.Permissions, string(p))
	}
	secret, credential, err := auth.NewSecret(rand.Reader, w.clock(), time.Time{})
	if err != nil {
		w.Fatal(err)
	}
	if err := w.store.Access.AddClient(w.Context(), client, credential); err != nil {
		w.Fatal(err)
	}
	reply, err := w.config.Authority.Token(w.Context(),
		auth.TokenRequest{Tenant: w.orgs[i], Origin: w.server.URL, Form: url.Values{
			"grant_type": {"client_credentials"}, "client_id": {client.ID}, "client_secret": {secret},
			"scope": {auth.DefaultResources()[0] + "/.default"}}})
	if err != nil {
		w.Fatal(err)
	}
	return witness{auth.CallerOf(client), i, reply.AccessToken}
}

// ask sends a request as a witness.
func (w *world) ask(who *witness, method, address string) reply {
	w.Helper()
	return w.do(method, address, strings.NewReader("{}"), "Authorization: Bearer "+who.token,
		"Content-Type: application/json")
}

// omniscient returns the caller of an organization with all permissions and groups.
func (w *world) omniscient(i int) *witness {
	w.Helper()
	at := slices.IndexFunc(w.callers, func(c witness) bool {
		return c.org == i && c.AllGroups && len(c.Permissions) == len(auth.Permissions())
	})
	return &w.callers[at]
}

// visit collects the addresses of everything that an organization has, as seen by the caller who
// sees all: next pages and devices, clients and generations, also those of changes.
func (w *world) visit(i int) {
	w.Helper()
	who := w.omniscient(i)
	add := func(method, path string) { w.places = append(w.places, place{method, path, i}) }
	for _, call := range defender.Calls() {
		address := "/api/machines/" + call.Name + "?pageSize=2&sinceTime=" + since
		add(http.MethodGet, address)
		if !call.Files {
			add(http.MethodGet, strings.TrimPrefix(*w.page(w.ask(who, http.MethodGet, address)).NextLink, w.server.URL))
		}
	}
	devices, err := w.store.Reports.ListDevices(w.Context(), w.orgs[i], reports.DeviceFilter{AllGroups: true}, 100)
	if err != nil {
		w.Fatal(err)
	}
	for _, d := range devices {
		w.devices = append(w.devices, resident{d.ID, checkOf(strings.TrimSuffix(d.Name, ".example.com")), i, d.Group})
		add(http.MethodGet, "/v1/devices/"+d.ID+"/configurations")
		add(http.MethodDelete, "/v1/devices/"+d.ID)
		add(http.MethodDelete, "/v1/devices/"+d.ID+"/credential")
	}
	for _, path := range []string{"/v1/devices", "/v1/devices?name=m", "/v1/generations", "/v1/generations/1",
		"/v1/generations/2", "/v1/clients", "/v1/configurations", "/v1/scores", "/v1/trends", "/v1/findings", "/v1/device-findings",
		"/v1/clients/" + who.ID, "/v1/groups", "/v1/organizations", "/v1/enrollments", "/v1/feeds", "/metrics",
		"/openapi.json", "/api/$metadata"} {
		add(http.MethodGet, path)
	}
	add(http.MethodDelete, "/v1/clients/"+who.ID)
	add(http.MethodPost, "/v1/clients/"+who.ID+"/rotate")
	add(http.MethodPost, "/v1/verify")
}

// export reads all rows of a call, as pages.
func (w *world) export(who *witness, call string) (rows []string) {
	w.Helper()
	next := "/api/machines/" + call + "?pageSize=3&sinceTime=" + since
	for next != "" {
		p := w.page(w.ask(who, http.MethodGet, next))
		next = ""
		if p.NextLink != nil {
			next = *p.NextLink
		}
		for _, row := range p.Value {
			rows = append(rows, string(row))
		}
	}
	return rows
}

// TestNobodySeesPastTheirScope is law 5: random callers ask for random things of random
// organizations. Nothing of another organization or group shows in rows, links, counts, tokens or
// errors, and nothing of them is changed.
func TestNobodySeesPastTheirScope(t *testing.T) {
	w := newWorld(t)
	before := w.everything()
	w.callers = append(w.callers, witness{org: -1}, witness{org: -1, token: "x"},
		witness{org: -1, token: w.callers[0].token + "x"})
	rapid.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom(w.callers).Draw(t, "caller")
		rapid.SampledFrom([]func(*rapid.T, *witness){w.askAnything, w.askDevice, w.askChecks, w.askCheck, w.askPages,
			w.askLinks, w.askCounts}).Draw(t, "question")(t, &who)
	})
	w.equal("all exports, after all the questions", w.everything(), before)
}

// everything is the exports of all organizations.
func (w *world) everything() (all []string) {
	w.Helper()
	for i := range w.orgs {
		for _, call := range defender.Calls() {
			if !call.Files {
				all = append(all, w.export(w.omniscient(i), call.Name)...)
			}
		}
	}
	return all
}

// askAnything asks for something of any organization. It does not ask for what would change the
// caller's own.
func (w *world) askAnything(t *rapid.T, who *witness) {
	at := rapid.SampledFrom(w.places).Draw(t, "place")
	if at.method != http.MethodGet && at.org == who.org && who.May(auth.Manage) {
		return
	}
	r := w.ask(who, at.method, at.path)
	if found := who.foreign(r.body, strings.Contains(at.path, "Changes")); found != "" && !w.isHome(who, at.path) {
		t.Fatalf("%+v: %s %s shows %s: %s", who.Caller, at.method, at.path, found, r.body)
	}
	if who.org < 0 && r.StatusCode < 400 && at.path != "/openapi.json" && at.path != "/api/$metadata" {
		t.Fatalf("%s %s: status %d without a token", at.method, at.path, r.StatusCode)
	}
	if strings.Contains(at.path, "skiptoken") && r.StatusCode < 400 && !(at.org == who.org && who.AllGroups) {
		t.Fatalf("%+v: %s goes on with the pull of another scope", who.Caller, at.path)
	}
	if at.org != who.org && at.method == http.MethodDelete && r.StatusCode < 400 {
		t.Fatalf("%+v: %s %s: status %d", who.Caller, at.method, at.path, r.StatusCode)
	}
}

// askDevice asks for a device: callers that do not see it get the same reply as for one that does
// not exist.
func (w *world) askDevice(t *rapid.T, who *witness) {
	d := rapid.SampledFrom(w.devices).Draw(t, "device")
	w.askOf(who, &d, "/v1/devices/", d.id, "", auth.ReadSoftware, auth.ReadVulnerabilities)
}

// askChecks is the same for what checks say of a device.
func (w *world) askChecks(t *rapid.T, who *witness) {
	d := rapid.SampledFrom(w.devices).Draw(t, "device")
	w.askOf(who, &d, "/v1/devices/", d.id, "/configurations", auth.ReadVulnerabilities)
}

// askCheck is the same for a check that only one device has a result of.
func (w *world) askCheck(t *rapid.T, who *witness) {
	d := rapid.SampledFrom(w.devices).Draw(t, "device")
	w.askOf(who, &d, "/v1/configurations/", d.check, "", auth.ReadVulnerabilities)
}

// askOf asks for an id of a device, of those who may with a permission: callers that do not see the device get
// the same reply as for an id that nothing has.
func (w *world) askOf(who *witness, d *resident, before, id, after string, may ...auth.Permission) {
	w.Helper()
	r := w.ask(who, http.MethodGet, before+id+after)
	switch {
	case who.org < 0:
		w.refused(r, http.StatusUnauthorized, defender.CodeUnauthorized)
	case !who.May(may...) && !(who.May(auth.Manage) && who.AllGroups):
		w.refused(r, http.StatusForbidden, defender.CodeForbidden)
	case d.org == who.org && who.Sees(d.group):
		w.equal("status", r.StatusCode, http.StatusOK)
	default:
		nobody := strings.Repeat("0", len(id))
		want := w.refused(w.ask(who, http.MethodGet, before+nobody+after), http.StatusNotFound,
			defender.CodeResourceNotFound)
		got := w.refused(r, http.StatusNotFound, defender.CodeResourceNotFound)
		w.equal("what is said of a device of others", strings.ReplaceAll(got, id, nobody), want)
	}
}

// isHome tells whether callers who see the server see all organizations there.
func (w *world) isHome(who *witness, path string) bool {
	if who.org != 0 || !who.AllGroups {
		return false
	}
	return who.May(auth.Manage) && path == "/v1/organizations" ||
		who.May(auth.Manage, auth.ReadMetrics) && path == "/metrics"
}

// askPages compares a caller's export with the rows of its groups in the export of the caller who
// sees all.
func (w *world) askPages(t *rapid.T, who *witness) {
	call := rapid.SampledFrom(defender.Calls()).Draw(t, "call")
	if call.Files || who.org < 0 {
		return
	}
	if !who.May(auth.Permission(call.ApplicationPermission)) {
		w.refused(w.ask(who, http.MethodGet, "/api/machines/"+call.Name), http.StatusForbidden, defender.CodeForbidden)
		return
	}
	var want []string
	for _, row := range w.export(w.omniscient(who.org), call.Name) {
		var of struct{ RBACGroupID int64 }
		if err := json.Unmarshal([]byte(row), &of); err != nil {
			t.Fatal(err)
		}
		if who.Sees(of.RBACGroupID) {
			want = append(want, row)
		}
	}
	if got := w.export(who, call.Name); !slices.Equal(got, want) {
		t.Fatalf("%+v: %s has %d rows, want the %d of their groups", who.Caller, call.Name, len(got), len(want))
	}
}

// askLinks reads all files of a caller's links, and tries to turn them into links to the files of
// others.
func (w *world) askLinks(t *rapid.T, who *witness) {
	call := rapid.SampledFrom(defender.Calls()).Draw(t, "call")
	if !call.Files || who.org < 0 || !who.May(auth.Permission(call.ApplicationPermission)) {
		return
	}
	address := "/api/machines/" + call.Name + "?sinceTime=" + since
	mine := w.links(w.ask(who, http.MethodGet, address)).ExportFiles
	for _, link := range mine {
		rows := unpack(w, string(w.get(link).body))
		if found := who.foreign([]byte(rows), call.Delta); found != "" {
			t.Fatalf("%+v: %s leads to rows of %s", who.Caller, link, found)
		}
	}
	other := rapid.IntRange(0, len(w.orgs)-1).Draw(t, "other")
	for _, link := range w.links(w.ask(w.omniscient(other), http.MethodGet, address)).ExportFiles {
		if slices.Contains(mine, link) || len(mine) == 0 {
			continue
		}
		_, signature, _ := strings.Cut(mine[0], "?")
		path, _, _ := strings.Cut(link, "?")
		if mine[0] != path+"?"+signature {
			w.azureError(w.get(path + "?" + signature))
		}
	}
}

// askCounts compares counts with the rows of the caller's groups.
func (w *world) askCounts(t *rapid.T, who *witness) {
	if who.org < 0 || !who.May(auth.ReadVulnerabilities, auth.ReadSoftware) {
		return
	}
	var devices int64
	for group, n := range []int64{2, 4, 3} { // after the moves: 0→1, 1→2, 2→1
		if who.Sees(int64(group)) {
			devices += n
		}
	}
	var made struct {
		Totals struct{ Devices, Hidden int64 }
	}
	w.decode(w.ask(who, http.MethodGet, "/v1/generations/2"), http.StatusOK, &made)
	var list struct{ Devices []json.RawMessage }
	w.decode(w.ask(who, http.MethodGet, "/v1/devices?limit=1000"), http.StatusOK, &list)
	if made.Totals.Devices != devices || int64(len(list.Devices)) != devices {
		t.Fatalf("%+v: %d devices counted and %d listed, want %d", who.Caller, made.Totals.Devices,
			len(list.Devices), devices)
	}
	if who.May(auth.ReadVulnerabilities) {
		w.scoresOnlyTheirs(t, who, devices)
	}
	if body := w.ask(who, http.MethodGet, "/v1/generations").body; bytes.Contains(body, []byte(`"hidden":1`)) {
		t.Fatalf("hidden devices in %s", body)
	}
}

// scoresOnlyTheirs compares the weights of scores with the number of devices that a caller sees: one result, of the
// same impact, weighs on each of all nine.
func (w *world) scoresOnlyTheirs(t *rapid.T, who *witness, devices int64) {
	var all, theirs control.Scores
	w.decode(w.ask(w.omniscient(who.org), http.MethodGet, "/v1/scores"), http.StatusOK, &all)
	w.decode(w.ask(who, http.MethodGet, "/v1/scores"), http.StatusOK, &theirs)
	want := all.Compliance.Applicable / 9 * float64(devices)
	if got := theirs.Compliance.Applicable; got != want || all.Compliance.Applicable == 0 {
		t.Fatalf("%+v: scores weigh %v, want %v", who.Caller, got, want)
	}
	for _, g := range theirs.Groups {
		if !who.Sees(g.GroupID) {
			t.Fatalf("%+v: scores tell of %+v", who.Caller, g)
		}
	}
	var trends control.Trends
	w.decode(w.ask(who, http.MethodGet, "/v1/trends"), http.StatusOK, &trends)
	if n := len(trends.Points); n == 0 || trends.Points[n-1].Devices != devices {
		t.Fatalf("%+v: trends count %+v, want %d devices", who.Caller, trends.Points, devices)
	}
}
