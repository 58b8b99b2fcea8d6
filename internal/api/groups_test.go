package api_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/control"
)

// A group that a client sees stays. One that nobody names leaves the rules, and its devices leave it with the
// next generation.
func TestRemovedGroup(t *testing.T) {
	l := newLab(t)
	l.accept(`{"device":{"name":"web1.example.com","osPlatform":"Linux"}}`, jsonBody)
	var set control.GroupsReply
	l.change(http.MethodPut, "/v1/groups", `{"rules":[{"group":"Web","name":"web*"}]}`, &set)
	l.publish()
	client := l.addClient(`{"name":"siem","permissions":["Software.Read.All"],"groups":["Web"]}`)
	path := "/v1/groups/" + strconv.FormatInt(numberOf(t, set.Groups, "Web"), 10)
	for _, none := range []string{"/v1/groups/0", "/v1/groups/-1", "/v1/groups/web", "/v1/groups/99999999999999999999", "/v1/groups/4711"} {
		l.refused(l.do(http.MethodDelete, none, nil), 404, "NotFound")
	}
	if said := l.refused(l.do(http.MethodDelete, path, nil), 409, "Conflict"); !strings.Contains(said, "siem") {
		t.Errorf("%q does not say who sees the group", said)
	}
	l.equal("the client", l.do(http.MethodDelete, "/v1/clients/"+client.ClientID, nil).StatusCode, 204)
	var left struct {
		Rules json.RawMessage
	}
	l.decode(l.do(http.MethodDelete, path, nil), 200, &left)
	l.equal("rules that are left", string(left.Rules), `{}`)
	l.publish()
	var devices struct {
		Devices []control.Device
	}
	l.decode(l.get("/v1/devices"), 200, &devices)
	if len(devices.Devices) != 1 || devices.Devices[0].RBACGroupName == "Web" {
		t.Errorf("devices %+v, want one that is in no group", devices.Devices)
	}
}

// numberOf returns the number of a group.
func numberOf(t *testing.T, all []control.Group, name string) int64 {
	t.Helper()
	for i := range all {
		if all[i].Name == name {
			return all[i].ID
		}
	}
	t.Fatalf("no group %q in %+v", name, all)
	return 0
}
