package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// Scores are the share of the applicable weight that is compliant: of a device, of groups, of what a caller sees,
// by category, and of earlier snapshots. Metrics tell them, too.
func TestScores(t *testing.T) {
	l := newLab(t)
	rules, err := rbac.New([]string{"North"}, []rbac.Rule{{Group: "North", Name: "a*"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Organizations.SetRules(t.Context(), org, rules); err != nil {
		t.Fatal(err)
	}
	l.refused(l.get("/v1/scores"), http.StatusNotFound, "NotFound")
	judge := func(name string, results ...string) {
		var all []string
		for i, result := range results {
			all = append(all, fmt.Sprintf(`{"configurationId":"r%d","impact":%d,"category":%q,"applicable":%t,"compliant":%t}`, i, 2*i+2,
				[]string{"OS", "Network"}[i%2], result != "n/a", result == "yes"))
		}
		l.accept(fmt.Sprintf(`{"device":{"name":%q,"osPlatform":"Linux"},"configurations":[%s]}`, name, strings.Join(all, ",")), jsonBody)
	}
	ask := func(query string) (s control.Scores) {
		t.Helper()
		l.decode(l.get("/v1/scores"+query), http.StatusOK, &s)
		return s
	}
	shown := func(s counts.Shares) string {
		text := "-"
		if s.Score != nil {
			text = fmt.Sprintf("%.4g", *s.Score)
		}
		for _, c := range s.Categories {
			text += fmt.Sprintf(" %s %g/%g", c.Category, c.Compliant, c.Applicable)
		}
		return text
	}
	judge("a1", "yes", "no", "n/a") // OS 2/2, Network 0/4
	judge("b1", "no", "yes", "yes") // OS 6/8, Network 4/4
	l.publish()
	first := ask("")
	l.equal("all", shown(first.Compliance), "66.67 Network 4/8 OS 8/10")
	l.equal("groups", len(first.Groups), 2)
	l.equal("no group", first.Groups[0].Group+" "+shown(first.Groups[0].Shares), "Unassigned 83.33 Network 4/4 OS 6/8")
	l.equal("group", first.Groups[1].Group+" "+shown(first.Groups[1].Shares), "North 33.33 Network 0/4 OS 2/2")
	l.equal("history", len(first.History), 0)
	l.advance(time.Hour)
	judge("a1", "yes", "yes", "n/a")
	l.publish()
	second := ask("")
	l.equal("later", shown(second.Compliance), "88.89 Network 8/8 OS 8/10")
	l.equal("before", fmt.Sprintf("%d %d %s", len(second.History), second.History[0].Number, shown(second.History[0].Shares)),
		"1 1 66.67 Network 4/8 OS 8/10")
	l.equal("without history", len(ask("?history=0").History), 0)
	one := ask("?device=A1")
	l.equal("device", shown(one.Compliance), "100 Network 4/4 OS 2/2")
	l.equal("of a device", len(one.Groups)+len(one.History), 0)
	north := ask("?group=north")
	l.equal("one group", shown(north.Compliance)+", "+shown(north.History[0].Shares), "100 Network 4/4 OS 2/2, 33.33 Network 0/4 OS 2/2")
	l.refused(l.get("/v1/scores?device=c1"), http.StatusNotFound, "NotFound")
	metrics := string(l.get("/metrics").body)
	for _, line := range []string{
		`muster_compliance_score{category="all",organization="` + org + `"} 88.8`,
		`muster_compliance_score{category="OS",organization="` + org + `"} 80`,
		`muster_group_compliance_score{group="North",organization="` + org + `"} 100`,
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("metrics lack %s", line)
		}
	}
	var totals struct {
		Totals struct {
			Compliance map[string]struct{ Applicable, Compliant float64 }
		}
	}
	l.decode(l.get("/v1/generations/2"), http.StatusOK, &totals)
	l.equal("totals", totals.Totals.Compliance["OS"].Compliant, 8.0)

	l.as(auth.Caller{ID: "north", Permissions: []auth.Permission{auth.ReadScores}, Groups: []int64{1}})
	scoped := ask("")
	l.equal("in scope", shown(scoped.Compliance)+", "+shown(scoped.History[0].Shares), "100 Network 4/4 OS 2/2, 33.33 Network 0/4 OS 2/2")
	l.equal("groups in scope", len(scoped.Groups), 1)
	l.refused(l.get("/v1/scores?device=b1"), http.StatusNotFound, "NotFound")
	l.refused(l.get("/v1/scores?group=0"), http.StatusNotFound, "NotFound")
	l.as(auth.Caller{ID: "reader", Permissions: []auth.Permission{auth.ReadSoftware}, AllGroups: true})
	l.refused(l.get("/v1/scores"), http.StatusForbidden, "Forbidden")
}
