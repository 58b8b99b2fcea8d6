package api_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/control"
)

// apartFromSnapshots are the calls with pages that go on by a key or a place in what there is now, and not in a
// snapshot: another snapshot with the same number is no danger to them.
var apartFromSnapshots = map[string]string{
	"/v1/audit":            "a place in the log",
	"/v1/coverage/devices": "a device of the newest snapshot",
	"/v1/devices":          "a device that has reported",
	"/v1/exceptions":       "an exception",
	"/v1/notices/history":  "a notice",

	"/api/machines/{id}/getmissingkbs": "no feed of KBs",
	"/api/Software/{id}/getmissingkbs": "no feed of KBs",
}

// A token from before a backup was restored does not go on in another snapshot that has got the same number:
// no call with pages does, whatever lists it has.
func TestTokensOfBeforeARestore(t *testing.T) {
	site := func(more int) *neighbourhood {
		n := street(t, func(c *api.Config) { c.MaxSifted = 1 })
		n.fleet.Devices += more
		n.accept()
		n.step(1)
		return n
	}
	lost, restored := site(0), site(1)
	ids, calls := lost.ids(), 0
	refuse := func(path, address string) {
		if calls++; apartFromSnapshots[path] != "" {
			return
		}
		next := lost.secondPage(ids, path, address)
		if next == "" {
			t.Errorf("no second page of %s", path)
			return
		}
		lost.equal("the second page of "+path, lost.get(next).StatusCode, http.StatusOK)
		next = strings.Replace(next, lost.server.URL, restored.server.URL, 1)
		restored.refused(restored.get(next), http.StatusGone, defender.CodeSkipTokenExpired)
	}
	lost.operations("$skiptoken", refuse)
	lost.operations("after", refuse)
	if calls < 25 {
		t.Errorf("only %d calls with pages are described", calls)
	}
}

// accept excepts the finding that most devices have.
func (n *neighbourhood) accept() {
	n.Helper()
	var found control.FindingRows
	n.decode(n.get("/v1/findings"), http.StatusOK, &found)
	most := slices.MaxFunc(found.Rows, func(a, b control.FindingRow) int { return cmp.Compare(a.Devices, b.Devices) })
	body := fmt.Sprintf(`{"cve":%q,"reason":"accepted"}`, most.CVEID)
	n.equal("an exception", n.send(http.MethodPost, "/v1/exceptions", body).StatusCode, http.StatusCreated)
}

// secondPage returns the address of the second page of a call with small pages; "" if it has none.
func (n *neighbourhood) secondPage(ids map[string]string, path, address string) string {
	n.Helper()
	var p struct {
		Next     string
		NextLink string `json:"@odata.nextLink"`
	}
	if strings.HasPrefix(path, "/v1/configurations/") {
		var all control.ConfigurationRows
		n.decode(n.get("/v1/configurations?limit=1000"), http.StatusOK, &all)
		several := func(c control.ConfigurationRow) bool { return c.NonCompliant > 1 }
		address = strings.Replace(address, "/x?", "/"+all.Rows[slices.IndexFunc(all.Rows, several)].ID+"?", 1)
	}
	if strings.HasPrefix(path, "/v1/") {
		if n.decode(n.get(address+"limit=1"), http.StatusOK, &p); p.Next == "" {
			return ""
		}
		return n.server.URL + address + "limit=1&after=" + p.Next
	}
	call := strings.TrimPrefix(path, "/api/")
	for _, c := range defender.NeighbourCalls() {
		if c.Path != call {
			continue
		}
		key := "id"
		switch c.Of {
		case defender.DistributionEntity:
			key = "version"
		case defender.ScoreEntity:
			key = "rbacGroupName"
		}
		address = n.at(ids, call)
		address += map[bool]string{true: "&", false: "?"}[strings.Contains(address, "?")] + "$filter=" + key + "+ne+'nothing'&"
	}
	n.decode(n.get(address+"pageSize=1"), http.StatusOK, &p)
	return p.NextLink
}
