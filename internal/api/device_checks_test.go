package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// siteCheck is a check of a site.
const siteCheck = `version: 1
checks:
  - {id: scid-1000001, name: The motto is right, category: OS, subcategory: Motto, impact: 9.5, platforms: [Linux], facts: [motto],
     compliant: "motto.?text.orValue('') == 'right'", remediation: Set the right motto., command: echo right,
     references: ["Motto 1"], cases: {compliant: [{motto: {text: right}}], nonCompliant: [{motto: {}}]}}
`

// checked is a device with settings: some read, one unread, some never asked; and with a result of another tool.
const checked = `{"device":{"name":"checked.example.com","osPlatform":"Linux","osVersion":"debian_linux_12"},"source":"collect",` +
	`"facts":{"sshd":{"PermitRootLogin":"yes","PermitEmptyPasswords":""},"motto":{"text":"wrong"}},` +
	`"origins":{"sshd":{"PermitRootLogin":"/etc/ssh/sshd_config.d/x.conf:3"}},` +
	`"unread":{"sshd":{"HostbasedAuthentication":"permission denied"}}}`

// What checks say of a device comes with what they measured and where it was set, what was expected and what to do,
// for checks of the program and of a site alike, and for results of other tools.
func TestEvidence(t *testing.T) {
	l := newLab(t)
	l.equal("import", l.put("/v1/feeds/checks/checks?file=site.yaml", siteCheck).StatusCode, 200)
	id := l.accept(checked, jsonBody).Reports[0].DeviceID
	l.equal("OpenSCAP", l.do(http.MethodPost, "/v1/reports", strings.NewReader(xccdf("checked.example.com", "fail", "notapplicable")),
		"Content-Type: application/xml").StatusCode, http.StatusAccepted)
	l.accept(`{"device":{"name":"checked.example.com"},"source":"other","configurations":[{"configurationId":"scid-900104",`+
		`"applicable":true,"compliant":false,"remediation":"Theirs."}]}`, jsonBody)
	var got control.DeviceChecks
	l.decode(l.get("/v1/devices/"+id+"/configurations"), 200, &got)
	row := func(id string) control.DeviceCheck {
		t.Helper()
		at := slices.IndexFunc(got.Rows, func(c control.DeviceCheck) bool { return c.ID == id })
		if at < 0 {
			t.Fatalf("no row %s", id)
		}
		return got.Rows[at]
	}
	wrong, yes := "wrong", "yes"
	l.equal("a site's check", row("scid-1000001"), control.DeviceCheck{ID: "scid-1000001", Name: "The motto is right", Category: "OS",
		Subcategory: "Motto", Impact: 9.5, Verdict: "nonCompliant", Expected: "motto.?text.orValue('') == 'right'",
		Measured:    []control.MeasuredFact{{Family: "motto", Name: "text", Value: &wrong}},
		Remediation: "Set the right motto.", Command: "echo right", References: []string{"Motto 1"}})
	root := row("scid-900101")
	l.equal("the value, and where it was set", root.Measured[0], control.MeasuredFact{Family: "sshd", Name: "PermitRootLogin", Value: &yes,
		Origin: "/etc/ssh/sshd_config.d/x.conf:3"})
	if absent := root.Measured[len(root.Measured)-1]; absent.Value != nil || absent.Unread != "" || root.Remediation == "" ||
		!strings.HasPrefix(root.Expected, "sshd.each('PermitRootLogin'") {
		t.Errorf("%+v", root)
	}
	if empty := row("scid-900102").Measured; !slices.ContainsFunc(empty, func(m control.MeasuredFact) bool {
		return m.Name == "PermitEmptyPasswords" && m.Value != nil && *m.Value == ""
	}) {
		t.Errorf("a fact that is set to nothing: %+v", empty)
	}
	if host := row("scid-900103"); host.Verdict != "silent" || !strings.Contains(host.Reason, "permission denied") ||
		host.Measured[0].Unread != "permission denied" {
		t.Errorf("not permitted: %+v", host)
	}
	scap := row("rule_0")
	l.equal("another tool's", []string{scap.Verdict, scap.Remediation, scap.Source, scap.Expected, row("rule_1").Verdict},
		[]string{"nonCompliant", "Do it.", scap.Source, "", "notApplicable"})
	if scap.Source == "" || scap.Source == "collect" {
		t.Errorf("source %q", scap.Source)
	}
	theirs := row("scid-900104")
	l.equal("another tool's, in the place of ours", []string{theirs.Verdict, theirs.Source, theirs.Remediation, theirs.Expected},
		[]string{"nonCompliant", "other", "Theirs.", ""})
	l.countsEvidence(&got)
	var device control.DeviceReport
	l.decode(l.get("/v1/devices/"+id), 200, &device)
	l.equal("counts of the device", *device.CheckCounts, got.Counts)
	l.equal("worst first", got.Rows[0].ID, "scid-1000001")

	l.refused(l.get("/v1/devices/"+strings.Repeat("0", 40)+"/configurations"), 404, "ResourceNotFound")
	l.as(auth.Caller{ID: "elsewhere", Permissions: []auth.Permission{auth.ReadVulnerabilities}, Groups: []int64{7}})
	l.refused(l.get("/v1/devices/"+id+"/configurations"), 404, "ResourceNotFound")
	l.as(auth.Caller{ID: "reader", Permissions: []auth.Permission{auth.ReadSoftware}, AllGroups: true})
	l.equal("a reader of software", l.get("/v1/devices/"+id+"/configurations").StatusCode, http.StatusForbidden)
	device = control.DeviceReport{}
	if l.decode(l.get("/v1/devices/"+id), 200, &device); device.CheckCounts != nil {
		t.Errorf("a reader of software sees %+v", device.CheckCounts)
	}
}

// countsEvidence checks the counts of an answer by its rows.
func (l *lab) countsEvidence(got *control.DeviceChecks) {
	l.Helper()
	counted, ids := map[string]int{}, map[string]bool{}
	for i := range got.Rows {
		counted[got.Rows[i].Verdict]++
		if id := got.Rows[i].ID; ids[id] {
			l.Errorf("%s is told twice", id)
		}
		ids[got.Rows[i].ID] = true
		if (got.Rows[i].Verdict == "silent") != (got.Rows[i].Reason != "") {
			l.Errorf("%s is %s: %q", got.Rows[i].ID, got.Rows[i].Verdict, got.Rows[i].Reason)
		}
	}
	c := got.Counts
	l.equal("counts", []int{c.Asked, c.Judged, c.NonCompliant, c.Compliant, c.NotApplicable, c.Silent},
		[]int{len(got.Rows), len(got.Rows) - counted["silent"], counted["nonCompliant"], counted["compliant"], counted["notApplicable"],
			counted["silent"]})
	silent := 0
	for _, s := range c.Silences {
		silent += s.Count
	}
	l.equal("silences", silent, c.Silent)
	if c.Silent == 0 || c.Compliant == 0 {
		l.Errorf("%+v", c)
	}
}

// A check is shown with its definition, a site's too, and the devices by outcome; a result of another tool without.
func TestConfiguration(t *testing.T) {
	l := newLab(t)
	l.refused(l.get("/v1/configurations/scid-900101"), 404, "NotFound")
	l.equal("import", l.put("/v1/feeds/checks/checks?file=site.yaml", siteCheck).StatusCode, 200)
	l.accept(checked, jsonBody)
	l.accept(strings.ReplaceAll(checked, "checked.", "other."), jsonBody)
	l.accept(report("one.example.com", "1.0"), jsonBody)
	l.publishNow()
	var got control.ConfigurationDetail
	show := func(address string) {
		t.Helper()
		got = control.ConfigurationDetail{}
		l.decode(l.get("/v1/configurations/"+address), 200, &got)
	}
	show("scid-1000001")
	l.equal("definition", *got.Definition, control.CheckDefinition{Name: "The motto is right", Category: "OS", Subcategory: "Motto",
		Impact: 9.5, Platforms: []string{"Linux"}, Facts: []string{"motto"}, Expected: "motto.?text.orValue('') == 'right'",
		Remediation: "Set the right motto.", Command: "echo right", References: []string{"Motto 1"}})
	l.equal("devices", got.Rows, []control.ConfigurationRow{{ID: "scid-1000001", Name: "The motto is right", Category: "OS",
		Subcategory: "Motto", Impact: 9.5, NonCompliant: 2}})
	show("scid-1000001?device=other.example.com")
	l.equal("one device", got.Rows[0].NonCompliant, int64(1))
	l.equal("who fails", []any{got.Verdict, got.Total, got.Next, got.Devices[0].Name, got.Devices[0].Group},
		[]any{"nonCompliant", int64(1), "", "other.example.com", "None"})
	show("scid-1000001?limit=1")
	l.equal("a page", []any{len(got.Devices), got.Total}, []any{1, int64(2)})
	first, rest := got.Devices[0].ID, got.Next
	show("scid-1000001?limit=1&after=" + rest)
	if len(got.Devices) != 1 || got.Devices[0].ID <= first || got.Next != "" {
		t.Errorf("the next page: %+v", got)
	}
	l.refused(l.get("/v1/configurations/scid-900101?limit=1&after="+rest), 400, "InvalidInput")
	l.refused(l.get("/v1/configurations/scid-1000001?limit=1&verdict=compliant&after="+rest), 400, "InvalidInput")
	l.refused(l.get("/v1/configurations/scid-1000001?verdict=silent"), 400, "InvalidInput")
	show("scid-1000001?verdict=compliant")
	l.equal("nobody passes", []any{len(got.Devices), got.Total}, []any{0, int64(0)})
	base, err := url.Parse(l.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	session := control.NewSession(control.Config{Base: base, HTTP: http.DefaultClient})
	all, err := control.ShowConfiguration(t.Context(), session, "scid-1000001", &control.ListFilter{}, 0)
	l.equal("all, for programs", []any{len(all.Devices), err}, []any{2, nil})
	show("xccdf_1?verdict=compliant")
	l.equal("who passes", len(got.Devices), 1)
	show("xccdf_1")
	if got.Definition != nil || len(got.Rows) != 1 || got.Rows[0].Compliant != 1 {
		t.Errorf("another tool's: %+v", got)
	}
	show("scid-900103")
	if got.Definition == nil || len(got.Rows) != 0 {
		t.Errorf("silent everywhere: %+v", got)
	}
	l.refused(l.get("/v1/configurations/scid-1"), 404, "ResourceNotFound")
}

// Checks are listed by whether a device fails them, impact, category, platform, text and devices.
func TestChecksThatFail(t *testing.T) {
	l := newLab(t)
	l.equal("import", l.put("/v1/feeds/checks/checks?file=site.yaml", siteCheck).StatusCode, 200)
	l.accept(checked, jsonBody)
	l.accept(report("one.example.com", "1.0"), jsonBody)
	l.publishNow()
	ids := func(query string) (all []string) {
		t.Helper()
		var got control.ConfigurationRows
		l.decode(l.get("/v1/configurations?limit=1000&"+query), 200, &got)
		for _, c := range got.Rows {
			all = append(all, c.ID)
		}
		l.equal("total", int(got.Total), len(all))
		return all
	}
	every, failing := ids(""), ids("failing=true")
	if len(failing) == 0 || len(failing) >= len(every) || failing[0] != "scid-1000001" {
		t.Errorf("%d of %d fail: %q", len(failing), len(every), failing)
	}
	var got control.ConfigurationRows
	l.decode(l.get("/v1/configurations?limit=1000&failing=true&minImpact=8"), 200, &got)
	for _, c := range got.Rows {
		if c.NonCompliant == 0 || c.Impact < 8 {
			t.Errorf("%+v", c)
		}
	}
	if len(got.Rows) == 0 || len(got.Rows) >= len(failing) {
		t.Errorf("%d of %d have that impact", len(got.Rows), len(failing))
	}
	l.equal("an impact that none has", len(ids("minImpact=9.6")), 0)
	l.equal("category", slices.Contains(ids("category=network"), "scid-1000001"), false)
	l.equal("subcategory", ids("category=motto"), []string{"scid-1000001"})
	l.equal("text", ids("failing=true&q=motto"), []string{"scid-1000001"})
	for _, id := range ids("platform=linux") { // results of other tools are for no platform
		if !strings.HasPrefix(id, "scid-") || strings.HasPrefix(id, "scid-2") {
			t.Errorf("%s is for Linux", id)
		}
	}
	l.equal("another platform", len(ids("platform=Windows11")), 0)
	l.equal("a device", slices.Contains(ids("failing=true&device=one.example.com"), "scid-1000001"), false)
	for query, code := range map[string]int{"minImpact=11": 400, "minImpact=NaN": 400, "failing=2": 400, "platform=Linx": 400, "group=x": 404} {
		l.equal(query, l.get("/v1/configurations?"+query).StatusCode, code)
	}
}

// A fleet's checks are counted as those of its devices are, by group and in the caller's scope, and stay so where
// devices are copied from snapshot to snapshot.
func TestChecksAreCounted(t *testing.T) {
	l := newLab(t)
	rules, err := rbac.New([]string{"North"}, []rbac.Rule{{Group: "North", Name: "a*"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Organizations.SetRules(t.Context(), org, rules); err != nil {
		t.Fatal(err)
	}
	l.equal("import", l.put("/v1/feeds/checks/checks?file=site.yaml", siteCheck).StatusCode, 200)
	groups := map[string]int64{}
	add := func(body, name string, group int64) {
		t.Helper()
		groups[l.accept(strings.ReplaceAll(body, "checked.example.com", name), jsonBody).Reports[0].DeviceID] = group
	}
	compare := func(query string, in func(group int64) bool) *counts.Checks {
		t.Helper()
		var want control.CheckCounts
		devices := int64(0)
		for id, group := range groups {
			if in(group) {
				devices++
				c := into[control.DeviceReport](l, "/v1/devices/"+id).CheckCounts
				want.Asked, want.Judged, want.Silent = want.Asked+c.Asked, want.Judged+c.Judged, want.Silent+c.Silent
				want.NonCompliant, want.Compliant = want.NonCompliant+c.NonCompliant, want.Compliant+c.Compliant
				want.NotApplicable += c.NotApplicable
			}
		}
		got := into[control.Coverage](l, "/v1/coverage"+query).Checks
		if got == nil {
			t.Fatalf("%q: nothing is counted", query)
		}
		l.equal("checks "+query,
			[]int64{got.Devices, got.Asked, got.Judged, got.NonCompliant, got.Compliant, got.NotApplicable, got.Silent},
			[]int64{devices, int64(want.Asked), int64(want.Judged), int64(want.NonCompliant), int64(want.Compliant),
				int64(want.NotApplicable), int64(want.Silent)})
		silent := int64(0)
		for _, s := range got.Silences {
			silent += s.Count
		}
		l.equal("reasons "+query, silent, got.Silent)
		return got
	}
	all := func(int64) bool { return true }
	add(checked, "a1.example.com", 1)
	add(checked, "b1.example.com", 0)
	l.publishNow()
	first := compare("", all)
	if !slices.Contains(first.Silences, counts.Silence{Cause: counts.CauseUnread, Reason: "sshd could not be read", Count: 2,
		Devices: 2}) || !slices.IsSortedFunc(first.Silences, counts.Silence.CommonFirst) {
		t.Errorf("what could not be read: %+v", first.Silences)
	}
	// One device is new, one is judged by another tool, too; the others are copied.
	add(report("c1.example.com", "1.0"), "", 0)
	add(`{"device":{"name":"b1.example.com"},"source":"other","configurations":[{"configurationId":"scid-900104",`+
		`"applicable":true,"compliant":false},{"configurationId":"theirs","applicable":false,"compliant":false}]}`, "", 0)
	l.publishNow()
	compare("", all)
	compare("?group=north", func(group int64) bool { return group == 1 })
	again := compare("?group=none", func(group int64) bool { return group == 0 })
	l.publishNow() // nothing changed: ranges are named again
	l.equal("named again", compare("?group=none", func(group int64) bool { return group == 0 }), again)
	whole := into[control.Coverage](l, "/v1/coverage")
	group := whole.Groups[0].Checks
	l.equal("groups", []int64{group.Asked, group.Silent, int64(len(group.Silences))}, []int64{again.Asked, again.Silent, 0})
	metrics := string(l.get("/metrics").body)
	for _, line := range []string{
		fmt.Sprintf(`muster_checks{organization="%s",verdict="nonCompliant"} %d`, org, whole.Checks.NonCompliant),
		fmt.Sprintf(`muster_checks{organization="%s",verdict="silent"} %d`, org, whole.Checks.Silent),
		fmt.Sprintf(`muster_checks_silent{cause="failed",organization="%s"} 0`, org),
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("metrics lack %s", line)
		}
	}
	l.as(auth.Caller{ID: "north", Permissions: []auth.Permission{auth.ReadVulnerabilities, auth.ReadSoftware,
		auth.ReadMetrics}, Groups: []int64{1}})
	north := compare("", func(group int64) bool { return group == 1 })
	if line := fmt.Sprintf(`muster_checks{organization="%s",verdict="silent"} %d`, org, north.Silent); !strings.Contains(
		string(l.get("/metrics").body), line+"\n") {
		t.Errorf("metrics in scope lack %s", line)
	}
	l.as(auth.Caller{ID: "reader", Permissions: []auth.Permission{auth.ReadSoftware}, AllGroups: true})
	if c := into[control.Coverage](l, "/v1/coverage"); c.Checks != nil || c.Groups[0].Checks != nil {
		t.Errorf("a reader of software sees %+v", c.Checks)
	}
}

// Of a family that a check reads as a whole, the facts that decide are told first.
func TestWhatDecidesIsToldFirst(t *testing.T) {
	l := newLab(t)
	id := l.accept(`{"device":{"name":"pam.example.com","osPlatform":"Linux"},"source":"collect","facts":{"pam":{`+
		`"a auth pam_deny.so":"requisite","b auth pam_permit.so":"required","c auth pam_unix.so":"required",`+
		`"z password pam_unix.so":"required nullok"}}}`, jsonBody).Reports[0].DeviceID
	all := into[control.DeviceChecks](l, "/v1/devices/"+id+"/configurations").Rows
	at := slices.IndexFunc(all, func(c control.DeviceCheck) bool { return c.ID == "scid-900420" })
	if at < 0 || all[at].Measured[0].Name != "z password pam_unix.so" || all[at].Measured[1].Name != "c auth pam_unix.so" ||
		all[at].Measured[2].Name != "a auth pam_deny.so" {
		t.Errorf("%+v", all[max(at, 0)])
	}
}
