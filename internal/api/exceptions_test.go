package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

// chrome reports a device with a vulnerable Chrome, in an RBAC group.
func (l *lab) chrome(name string) {
	l.Helper()
	l.accept(fmt.Sprintf(`{"device":{"name":%q,"osPlatform":"Windows11","osVersion":"10.0.22631.4751","osArchitecture":"x64"},`+
		`"software":[{"kind":"windows","vendor":"Google LLC","name":"Google Chrome","version":"81.0.4044.138"}]}`, name), jsonBody)
}

// publishNow makes a snapshot.
func (l *lab) publishNow() {
	l.Helper()
	l.advance(time.Hour)
	l.equal("publish", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, 200)
}

// excepted lists what is excepted, as devices with actions.
func (l *lab) exceptedRows(query string) string {
	l.Helper()
	var all []string
	for next := ""; ; {
		var page control.ExceptedRows
		l.decode(l.get("/v1/exceptions/findings?limit=1"+query+next), 200, &page)
		for _, row := range page.Rows {
			all = append(all, row.DeviceName+" "+row.CVEID+" "+row.Action)
		}
		if page.Next == "" {
			return fmt.Sprint(strings.Join(all, ", "), " ", page.Excepted)
		}
		next = "&after=" + page.Next
	}
}

// TestExceptions follows an exception from a client that sees one group to rows, lists and explanations.
func TestExceptions(t *testing.T) {
	l := newLab(t)
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	groups := l.setRules(`{"rules":[{"group":"Web","name":"web*"},{"group":"Lab","name":"lab*"}]}`)
	for _, name := range []string{"web1", "web2", "lab1"} {
		l.chrome(name)
	}
	l.publishNow()
	var devices control.DeviceList
	l.decode(l.get("/v1/devices"), 200, &devices)
	id := map[string]string{}
	for _, d := range devices.Devices {
		id[d.Name] = d.ID
	}
	web := auth.Caller{ID: "web", Name: "web team", Groups: []int64{groups["Web"]},
		Permissions: []auth.Permission{auth.ReadVulnerabilities, auth.WriteExceptions}}
	both := web
	both.Groups = []int64{groups["Web"], groups["Lab"]}
	post := func(body string) reply { return l.send(http.MethodPost, "/v1/exceptions", body) }
	const about = `{"cve":"CVE-2023-3079","reason":"no browser is used","by":"Ann"`

	l.as(web)
	for what, test := range map[string]struct {
		body   string
		status int
	}{
		"a device of another group":   {about + `,"device":"lab1"}`, 404},
		"another group":               {about + `,"group":"Lab"}`, 404},
		"a group that does not exist": {about + `,"group":"None such"}`, 404},
		"a device elsewhere":          {about + `,"device":"` + id["web1"] + `","group":"Lab"}`, 404},
		"no reason":                   {`{"cve":"CVE-2023-3079"}`, 400},
		"no CVE":                      {`{"cve":"chrome","reason":"r"}`, 400},
		"a misspelled bound":          {about + `,"untill":"2027-01-01"}`, 400},
		"an end that has passed":      {about + `,"device":"web1","until":"2020-01-01"}`, 400},
	} {
		if got := post(test.body); got.StatusCode != test.status {
			t.Errorf("%s: %d %s, want %d", what, got.StatusCode, got.body, test.status)
		}
	}
	l.as(both)
	l.equal("of several groups one must be named", post(about+`}`).StatusCode, 400)
	l.as(auth.Caller{ID: "reader", Permissions: []auth.Permission{auth.ReadVulnerabilities}, AllGroups: true})
	l.equal("readers except nothing", post(about+`}`).StatusCode, 403)

	l.as(web)
	var made control.Exception
	l.decode(post(about+`,"device":"web1","until":"2099-12-31"}`), 201, &made)
	if made.DeviceID != id["web1"] || *made.GroupID != groups["Web"] || made.GroupName != "Web" || made.AddedBy != "web team" ||
		made.By != "Ann" || made.State != "inForce" || made.Action != "hide" || made.UntilTime.Format(time.DateOnly) != "2100-01-01" {
		t.Errorf("made %+v", made)
	}
	l.equal("twice", post(about+`,"device":"web1","until":"2099-12-31"}`).StatusCode, 409)
	l.manager()
	var lab control.Exception
	l.decode(post(about+`,"group":"Lab","action":"mark","vendor":"google","name":"chrome"}`), 201, &lab)
	l.publishNow()

	l.equal("all see", l.exceptedRows(""), "web1 CVE-2023-3079 hide, lab1 CVE-2023-3079 mark 1")
	l.equal("of a group", l.exceptedRows("&group=Lab"), "lab1 CVE-2023-3079 mark 0")
	l.equal("of an exception", l.exceptedRows("&exception="+made.ID), "web1 CVE-2023-3079 hide 1")
	l.equal("of none", l.exceptedRows("&exception=none"), " 1")
	rows, _ := l.pull(l.server.URL + "/api/machines/SoftwareVulnerabilitiesByMachine")
	text := strings.Join(rows, "\n")
	if len(rows) != 2 || strings.Contains(text, `"web1"`) || strings.Count(text, `"cveMitigationStatus":"UnderException"`) != 1 {
		t.Errorf("rows\n%s", text)
	}
	var findings control.FindingRows
	l.decode(l.get("/v1/findings"), 200, &findings)
	if findings.Excepted != 1 || findings.Rows[0].Devices != 2 {
		t.Errorf("findings %+v", findings)
	}
	var why control.Why
	l.decode(l.get("/v1/devices/"+id["web1"]+"/why?cve=CVE-2023-3079"), 200, &why)
	if x := why.Software[0].Exception; !why.Affected || x == nil || x.ID != made.ID || x.Action != "hide" ||
		!strings.Contains(strings.Join(why.Software[0].Text, " "), "Exception "+made.ID+" hides the finding: accepted, by Ann, until 2100-01-01") {
		t.Errorf("why %+v", why.Software)
	}
	why = control.Why{}
	l.decode(l.get("/v1/devices/"+id["web2"]+"/why?cve=CVE-2023-3079"), 200, &why)
	if why.Software[0].Exception != nil {
		t.Errorf("why of another device: %+v", why.Software[0].Exception)
	}

	// The team sees and changes what is its own.
	l.as(web)
	l.equal("the team sees", l.exceptedRows(""), "web1 CVE-2023-3079 hide 1")
	var list control.ExceptionList
	l.decode(l.get("/v1/exceptions"), 200, &list)
	if len(list.Exceptions) != 1 || list.Exceptions[0].ID != made.ID {
		t.Errorf("the team's list %+v", list)
	}
	l.equal("another group's", l.do(http.MethodDelete, "/v1/exceptions/"+lab.ID, nil).StatusCode, 404)
	l.equal("its own", l.do(http.MethodDelete, "/v1/exceptions/"+made.ID, nil).StatusCode, 204)
	l.equal("its own, again", l.do(http.MethodDelete, "/v1/exceptions/"+made.ID, nil).StatusCode, 404)
	l.manager()
	var everyone control.Exception
	l.decode(post(`{"cve":"CVE-2023-3079","version":"1","name":"chrome","reason":"r"}`), 201, &everyone)
	l.as(web)
	l.equal("what holds everywhere", l.do(http.MethodDelete, "/v1/exceptions/"+everyone.ID, nil).StatusCode, 403)
	l.manager()
	l.publishNow()
	l.equal("after the removal", l.exceptedRows(""), "lab1 CVE-2023-3079 mark 0")
}

// TestImportExceptions: a document replaces its earlier version, in its scope alone.
func TestImportExceptions(t *testing.T) {
	l := newLab(t)
	groups := l.groups("Web", "Lab")
	imported := func(query, body string) (done control.ImportedExceptions) {
		t.Helper()
		l.decode(l.do(http.MethodPost, "/v1/exceptions/import"+query, strings.NewReader(body)), 200, &done)
		return done
	}
	document := func(statements string) string {
		return `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.com/1","timestamp":"2026-01-01T00:00:00Z","statements":[` +
			statements + `]}`
	}
	const one = `{"vulnerability":{"name":"CVE-2024-0001"},"products":[{"@id":"pkg:npm/a@1"}],"status":"not_affected"}`
	const part = `{"vulnerability":{"name":"CVE-2024-0002"},"products":[{"@id":"pkg:oci/x","subcomponents":[{"@id":"pkg:npm/b@1"}]}],"status":"fixed"}`
	first := imported("", document(one+","+part))
	if first.Format != "openvex" || first.Source != "openvex https://example.com/1" || first.Added != 1 || len(first.Skipped) != 1 {
		t.Errorf("first %+v", first)
	}
	if again := imported("", document(one)); again.Added != 0 || again.Kept != 1 {
		t.Errorf("again %+v", again)
	}
	if scoped := imported("?group=Web", document(one+","+part)); scoped.Added != 2 || scoped.Removed != 0 || len(scoped.Skipped) != 0 {
		t.Errorf("in a group %+v", scoped)
	}
	if none := imported("", document("")); none.Removed != 1 {
		t.Errorf("without statements %+v", none)
	}
	if file := imported("", "cve,group,reason\nCVE-2024-0003,Lab,r\n"); file.Added != 1 {
		t.Errorf("a file %+v", file)
	}
	for query, body := range map[string]string{"": "hello", "?group=Web": "cve,group,reason\nCVE-2024-0003,Lab,r\n"} {
		l.equal(query, l.do(http.MethodPost, "/v1/exceptions/import"+query, strings.NewReader(body)).StatusCode, 400)
	}
	l.as(auth.Caller{ID: "web", Groups: []int64{groups["Web"]}, Permissions: []auth.Permission{auth.WriteExceptions}})
	l.equal("another group's", l.do(http.MethodPost, "/v1/exceptions/import?group=Lab", strings.NewReader(document(one))).StatusCode, 404)
	l.equal("a file of another group's", l.do(http.MethodPost, "/v1/exceptions/import",
		strings.NewReader("cve,group,reason\nCVE-2024-0004,Lab,r\n")).StatusCode, 404)
	if own := imported("", document(one)); own.Kept != 1 || own.Removed != 1 { // its only group is meant
		t.Errorf("the team's %+v", own)
	}
	l.manager()
	var list control.ExceptionList
	l.decode(l.get("/v1/exceptions?limit=1"), 200, &list)
	if len(list.Exceptions) != 1 || list.Next == "" {
		t.Errorf("a page %+v", list)
	}
	after := list.Next
	list = control.ExceptionList{}
	l.decode(l.get("/v1/exceptions?limit=1&after="+after), 200, &list)
	if len(list.Exceptions) != 1 || list.Next != "" {
		t.Errorf("the last page %+v", list)
	}
}

// Of a file of exceptions those are left out, and counted, that would never be in force.
func TestImportLeavesOutWhatHasEnded(t *testing.T) {
	l := newLab(t)
	var done control.ImportedExceptions
	l.decode(l.do(http.MethodPost, "/v1/exceptions/import", strings.NewReader(
		"cve,reason,until\nCVE-2024-0005,r,2020-01-01\nCVE-2024-0005,r,2099-01-01\n")), 200, &done)
	if done.Added != 1 || strings.Join(done.Skipped, "") != "1: until has passed" {
		t.Errorf("a file with an end that has passed %+v", done)
	}
}
