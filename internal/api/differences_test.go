package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/auth"
	one "github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/why"
)

// differences asks for changes.
func (l *lab) differences(query string) (all one.ChangeRows) {
	l.Helper()
	l.decode(l.get("/v1/changes"+query), http.StatusOK, &all)
	return all
}

// allDifferences are those of all pages.
func (l *lab) allDifferences(r interface{ Fatalf(string, ...any) }, query string) (rows []one.ChangeRow) {
	l.Helper()
	of, err := url.ParseQuery(query)
	if err != nil {
		r.Fatalf("%v", err)
	}
	rows, head := pages[one.ChangeRow](r, l, one.Changes, of)
	if head.Total != int64(len(rows)) {
		r.Fatalf("%s: %d rows of %d", query, len(rows), head.Total)
	}
	return rows
}

// Over a random history, of reports, updates, moves between groups and removals: between any two snapshots the findings
// of the older one, and what is new, less what is fixed, are those of the newer one, in every scope; callers with
// disjoint groups add up to one who sees all; and every count is the number of the rows behind it.
func TestDifferencesAddUp(t *testing.T) {
	l := newLab(t)
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	groups := l.setRules(`{"rules":[{"group":"Web","tag":"web"},{"group":"Desk","tag":"desk"}]}`)
	manager := auth.Caller{ID: "manager", Permissions: auth.Permissions(), AllGroups: true}
	scopes := []auth.Caller{manager}
	for _, some := range [][]int64{{0}, {groups["Web"]}, {groups["Desk"]}, {0, groups["Web"]}, {groups["Desk"], groups["Web"]}} {
		scopes = append(scopes, auth.Caller{ID: fmt.Sprint("sees", some), Permissions: manager.Permissions, Groups: some})
	}
	snapshots := int64(0)
	step := func(r *rapid.T) {
		l.as(manager)
		for range rapid.IntRange(1, 6).Draw(r, "events") {
			name := fmt.Sprint("pc", rapid.IntRange(0, 7).Draw(r, "device"))
			version := rapid.SampledFrom([]string{"81.0.4044.138", "90.0.1", "140.0.1", "141.0.0"}).Draw(r, "version")
			tag := rapid.SampledFrom([]string{"none", "web", "desk"}).Draw(r, "tag")
			l.accept(fmt.Sprintf(`{"device":{"name":%q,"osPlatform":"Windows11","tags":[%q]},"software":[{"kind":"windows",`+
				`"vendor":"Google LLC","name":"Google Chrome","version":%q}]}`, name, tag, version), jsonBody)
			if rapid.IntRange(0, 9).Draw(r, "removed") == 0 {
				var found struct{ Devices []struct{ ID string } }
				l.decode(l.get("/v1/devices?name="+name), http.StatusOK, &found)
				l.do(http.MethodDelete, "/v1/devices/"+found.Devices[0].ID, nil)
			}
		}
		l.advance(time.Duration(rapid.IntRange(0, 13).Draw(r, "hours")) * time.Hour)
		l.publishNow()
		snapshots++
	}
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(1, 3).Draw(r, "snapshots") {
			step(r)
		}
		if snapshots < 2 {
			step(r)
		}
		oldest := max(1, snapshots-6) // later ones are kept
		to := rapid.Int64Range(oldest+1, snapshots).Draw(r, "to")
		from := rapid.Int64Range(oldest, to-1).Draw(r, "from")
		query := fmt.Sprintf("?from=%d&snapshot=%d&limit=%d", from, to, rapid.IntRange(1, 9).Draw(r, "limit"))
		var sums [6]counts.Changes
		for i, who := range scopes {
			l.as(who)
			all := l.differences(query)
			of := all.Changes[one.OfVulnerabilities]
			if all.From == nil || all.Unknown != "" || all.From.Findings+of.New-of.Fixed != all.To.Findings ||
				all.Fixed.Sum() != of.Fixed {
				r.Fatalf("%s of %s: %+v", query, who.ID, all)
			}
			sums[i] = of
			for status, n := range map[string]int64{"new": of.New, "fixed": of.Fixed, "updated": of.Updated, "": of.Sum()} {
				rows := l.allDifferences(r, query[1:]+"&status="+status)
				if int64(len(rows)) != n {
					r.Fatalf("%s of %s: %d rows are %q, %d are counted", query, who.ID, len(rows), status, n)
				}
				if fixed := reasonsOf(r, rows); status == "fixed" && fixed != *all.Fixed {
					r.Fatalf("%s of %s: rows have the reasons %+v, %+v are counted", query, who.ID, fixed, all.Fixed)
				}
			}
			reason := rapid.SampledFrom(why.All()).Draw(r, "reason")
			if rows := l.allDifferences(r, query[1:]+"&reason="+reason.String()); int64(len(rows)) != *all.Fixed.Of(reason) {
				r.Fatalf("%s of %s: %d rows are fixed by %q: %+v are counted", query, who.ID, len(rows), reason, all.Fixed)
			}
		}
		whole := sums[1]
		whole.Add(sums[2])
		whole.Add(sums[3])
		if whole != sums[0] {
			r.Fatalf("%s: %+v in all, %+v in each group", query, sums[0], sums[1:4])
		}
	})
}

// reasonsOf counts rows by why their findings are fixed.
func reasonsOf(r *rapid.T, rows []one.ChangeRow) (sum counts.Fixed) {
	for _, row := range rows {
		reason, err := why.Parse(row.Reason)
		if (err == nil) != (row.Status == "Fixed") {
			r.Fatalf("a row that is %s has the reason %q", row.Status, row.Reason)
		}
		if err == nil {
			*sum.Of(reason)++
		}
	}
	return sum
}

// Changes are those of the exports, with filters; across a rebuild they are unknown and not 0; of a snapshot whose
// files are gone they are counted, and it is said that there are no rows.
func TestDifferences(t *testing.T) {
	l := newLab(t)
	l.refused(l.get("/v1/changes"), http.StatusNotFound, "NotFound")
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	for i := range 4 {
		l.chrome(fmt.Sprintf("pc%d", i))
	}
	l.publishNow() // 1
	alone := l.differences("")
	l.equal("one snapshot", fmt.Sprintf("%v %v %v %v", alone.From == nil, alone.Unknown, alone.Changes == nil,
		len(alone.Rows)), "true nothingBefore true 0")
	l.advance(26 * time.Hour)
	l.accept(`{"device":{"name":"pc0","osPlatform":"Windows11"},"software":[{"kind":"windows","vendor":"Google LLC",`+
		`"name":"Google Chrome","version":"140.0.1"}]}`, jsonBody)
	l.chrome("pc9")
	l.publishNow() // 2
	second := l.latest()
	l.advance(time.Hour)
	l.chrome("pc8")
	l.publishNow() // 3
	day := l.differences("")
	l.equal("since a day before", fmt.Sprint(day.From.Number, day.To.Number, day.From.Findings, day.To.Findings), "1 3 4 5")
	l.equal("counts", day.Changes[one.OfVulnerabilities].New-day.Changes[one.OfVulnerabilities].Fixed, int64(1))
	l.equal("why", *day.Fixed, counts.Fixed{OnDevice: 1})
	gone := l.differences("?status=fixed")
	l.equal("fixed", fmt.Sprintf("%v %v %v %v", len(gone.Rows), gone.Rows[0].DeviceName, gone.Rows[0].CVEID,
		gone.Rows[0].Number), "1 pc0 CVE-2023-3079 2")
	l.equal("of a device", len(l.differences("?status=new&device=PC9").Rows), 1)
	l.equal("of no severity", len(l.differences("?severity=low&status=new").Rows), 0)
	l.equal("of software", len(l.differences("?software=google/chrome&status=new").Rows), 2)
	l.equal("software", l.differences("?dataset=software&status=new&device=pc0").Rows[0].Version, "140.0.1.0")
	l.equal("between 2 and 3", l.differences("?from=2").Changes[one.OfVulnerabilities].New, int64(1))
	for _, bad := range []string{"?from=3&snapshot=2", "?status=gone", "?dataset=clean-software", "?dataset=software&severity=high",
		"?dataset=configurations&software=x", "?from=x", "?after=x"} {
		l.refused(l.get("/v1/changes"+bad), http.StatusBadRequest, "InvalidInput")
	}
	l.refused(l.get("/v1/changes?snapshot=77"), http.StatusGone, "SkipTokenExpired")
	l.refused(l.get("/v1/changes?from=77"), http.StatusGone, "SkipTokenExpired")
	l.refused(l.get("/v1/changes?kev=true"), http.StatusConflict, "Conflict")

	l.retire(second)
	part := l.differences("?status=new")
	l.equal("of a retired snapshot", fmt.Sprint(part.Retired, len(part.Rows), part.Changes[one.OfVulnerabilities] ==
		day.Changes[one.OfVulnerabilities]), "[2] 1 true")
	l.equal("rebuilt", l.do(http.MethodPost, "/v1/generations?wait=true&rebuild=true", nil).StatusCode, 200)
	rebuilt := l.differences("?from=1")
	l.equal("across a rebuild", fmt.Sprintf("%v %v %v %v", rebuilt.Unknown, rebuilt.Changes == nil,
		rebuilt.Fixed == nil, len(rebuilt.Rows)), "rebuilt true true 0")
	l.as(auth.Caller{ID: "scores", Permissions: []auth.Permission{auth.ReadScores}, AllGroups: true})
	l.refused(l.get("/v1/changes"), http.StatusForbidden, "Forbidden")
}
