package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Every call that takes a group takes the same names of it: in any case, its number, and of devices in no group
// both names that stand for them.
func TestNamesOfAGroup(t *testing.T) {
	inTurn(t)
	n := newNeighbourhood(t, 12)
	var groups struct {
		Groups []struct {
			ID   int64  `json:"rbacGroupId"`
			Name string `json:"rbacGroupName"`
		}
	}
	n.decode(n.get("/v1/groups"), http.StatusOK, &groups)
	if len(groups.Groups) < 3 {
		t.Fatalf("groups %+v", groups)
	}
	calls, sealed := 0, regexp.MustCompile(`"next":"[^"]*",?`) // no two tokens are the same
	n.operations("group", func(path, address string) {
		calls++
		address = strings.Replace(address, "/v1/configurations/x?", "/v1/configurations/scid-900101?", 1)
		n.equal(path, n.get(address+"group=nobody").StatusCode, http.StatusNotFound)
		for _, g := range groups.Groups {
			names := []string{g.Name, strings.ToUpper(g.Name), fmt.Sprint(g.ID)}
			if g.ID == 0 {
				names = append(names, "None", "unassigned")
			}
			want := sealed.ReplaceAllString(string(n.get(address+"group="+g.Name).body), "")
			for _, name := range names {
				got := n.get(address + "group=" + name)
				if got.StatusCode != http.StatusOK || sealed.ReplaceAllString(string(got.body), "") != want {
					t.Errorf("%s, group=%s: status %d, want the reply for %s", path, name, got.StatusCode, g.Name)
				}
			}
		}
	})
	if calls < 7 {
		t.Errorf("only %d calls take a group", calls)
	}
}
