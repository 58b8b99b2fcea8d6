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

// Trends have the counts of snapshots in the scope of the caller, by day or snapshot; what changed since yesterday,
// with CVEs that came into CISA's list; and how long findings were open that were fixed on the device.
func TestTrends(t *testing.T) {
	l := newLab(t)
	l.refused(l.get("/v1/trends"), http.StatusNotFound, "NotFound")
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	listed := func(day string) {
		t.Helper()
		l.equal("kev", l.put("/v1/feeds/kev/kev?file=kev.json", fmt.Sprintf(
			`{"catalogVersion":%q,"vulnerabilities":[{"cveID":"CVE-2023-3079","dateAdded":%q}]}`, day, day)).StatusCode, 200)
	}
	groups := l.setRules(`{"rules":[{"group":"Web","name":"web*"}]}`)
	ask := func(query string) (all control.Trends) {
		t.Helper()
		l.decode(l.get("/v1/trends"+query), http.StatusOK, &all)
		return all
	}
	shown := func(all control.Trends) string {
		var text []string
		for _, p := range all.Points {
			changes, kev := "?", "?"
			if p.New != nil {
				changes = fmt.Sprintf("+%d-%d", *p.New, p.Fixed.Sum())
			}
			if p.KEV != nil {
				kev = fmt.Sprint(*p.KEV)
			}
			if p.Findings != p.Severities.Sum() || p.Devices != p.Coverage.Assessed+p.Coverage.Partly+p.Coverage.NotAssessed {
				t.Errorf("it does not add up: %+v", p)
			}
			text = append(text, fmt.Sprintf("%d: %d%s kev %s of %d", p.Number, p.Findings, changes, kev, p.Devices))
		}
		return strings.Join(text, "; ")
	}
	for i := range 12 {
		l.chrome(fmt.Sprintf("pc%d", i))
	}
	l.chrome("web1")
	l.publishNow() // 1, at 13:00
	first := ask("")
	l.equal("one snapshot", shown(first), "1: 13+13-0 kev ? of 13")
	if first.SinceYesterday != nil || !first.TimeToRemediate.TooFew {
		t.Errorf("of one snapshot: %+v", first)
	}
	listed("2026-11-24")
	l.advance(2 * time.Hour)
	mended := func(name string) {
		l.accept(fmt.Sprintf(`{"device":{"name":%q,"osPlatform":"Windows11"},"software":[{"kind":"windows","vendor":"Google LLC",`+
			`"name":"Google Chrome","version":"140.0.1"}]}`, name), jsonBody)
	}
	mended("pc0")
	l.publishNow() // 2, the same day
	for range 2 {  // the clock is believed
		l.advance(36 * time.Hour)
		l.chrome("web1")
	}
	for i := range 9 {
		mended(fmt.Sprintf("pc%d", i+1))
	}
	l.publishNow() // 3, three days later
	l.equal("by day", shown(ask("")), "2: 12+13-1 kev 12 of 13; 3: 3+0-9 kev 3 of 13")
	l.equal("by snapshot", shown(ask("?by=snapshot")), "1: 13+13-0 kev ? of 13; 2: 12+0-1 kev 12 of 13; 3: 3+0-9 kev 3 of 13")
	l.equal("of a day", shown(ask("?days=1")), "3: 3+0-9 kev 3 of 13")
	l.equal("of a group", shown(ask("?group=web")), "2: 1+1-0 kev 1 of 1; 3: 1+0-0 kev 1 of 1")
	third := ask("")
	since := third.SinceYesterday
	l.equal("since yesterday", fmt.Sprintf("%d %d %d %+v %+v", since.Number, since.Findings, *since.New, *since.Fixed, *since.KEV),
		"2 12 0 {OnDevice:9 DeviceGone:0 NotAssessed:0 Moved:0 Excepted:0} {Now:1 Before:0 Up:1 Down:0}")
	if since.Devices != 13 || *since.Coverage != *third.Points[0].Coverage || *since.Silent != *third.Points[0].Silent {
		t.Errorf("yesterday is %+v, not as its point %+v", since, third.Points[0])
	}
	open := func(all control.Trends) (text string) {
		for _, c := range all.OpenFor {
			text += fmt.Sprintf("%d:%d ", c.FromDays, c.Findings)
		}
		return text
	}
	l.equal("open for", open(third), "0:3 7:0 30:0 90:0 180:0 ")
	l.equal("open for, to", fmt.Sprint(*third.OpenFor[0].ToDays, third.OpenFor[4].ToDays == nil), "6 true")
	in := third.TimeToRemediate
	l.equal("time to remediate", fmt.Sprint(in.Events, *in.Median, *in.P90, in.TooFew), "10 3 3 false")

	l.refused(l.get("/v1/trends?by=week"), http.StatusBadRequest, "InvalidInput")
	l.refused(l.get("/v1/trends?days=401"), http.StatusBadRequest, "InvalidInput")
	l.refused(l.get("/v1/trends?group=nobody"), http.StatusNotFound, "NotFound")
	l.equal("rebuilt", l.do(http.MethodPost, "/v1/generations?wait=true&rebuild=true", nil).StatusCode, 200)
	rebuilt := ask("?by=snapshot&days=1")
	l.equal("after a rebuild", shown(rebuilt), "3: 3+0-9 kev 3 of 13; 4: 3? kev 3 of 13")
	if rebuilt.SinceYesterday.New != nil || rebuilt.SinceYesterday.KEV == nil {
		t.Errorf("across a rebuild: %+v", rebuilt.SinceYesterday)
	}

	l.as(auth.Caller{ID: "web", Permissions: []auth.Permission{auth.ReadVulnerabilities}, Groups: []int64{groups["Web"]}})
	scoped := ask("")
	l.equal("in scope", shown(scoped), "2: 1+1-0 kev 1 of 1; 4: 1? kev 1 of 1")
	l.equal("in scope, since yesterday", scoped.SinceYesterday.Findings, int64(1))
	l.equal("in scope, remediated", scoped.TimeToRemediate.Events, int64(0))
	l.equal("in scope, open for", open(scoped), "0:1 7:0 30:0 90:0 180:0 ")
	l.refused(l.get("/v1/trends?group=0"), http.StatusNotFound, "NotFound")
	l.as(auth.Caller{ID: "scores", Permissions: []auth.Permission{auth.ReadScores}, AllGroups: true})
	l.refused(l.get("/v1/trends"), http.StatusForbidden, "Forbidden")
}
