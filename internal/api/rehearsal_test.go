package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
)

// What a rehearsal of rules says, the next generation does; the rehearsal itself changes nothing.
func TestARehearsalIsWhatHappens(t *testing.T) {
	l := newLab(t)
	l.equal("groups", l.do(http.MethodPut, "/v1/groups", strings.NewReader(`{"groups":["Named"]}`)).StatusCode, 200)
	for i := range 30 {
		l.accept(fmt.Sprintf(`{"device":{"name":"%s%d.example.com","osPlatform":"%s","tags":["t%d"],"rbacGroup":"Named"}}`,
			[]string{"web", "db", "kiosk"}[i%3], i, []string{"Linux", "Windows11"}[i%2], i%5), jsonBody)
	}
	l.publish()
	key := func(name string) string {
		if name == "None" || name == "Unassigned" {
			return "no group"
		}
		return strings.ToLower(name)
	}
	devices := func() map[string]int64 {
		var told control.GroupsReply
		l.decode(l.get("/v1/groups"), 200, &told)
		all := map[string]int64{}
		for _, g := range told.Groups {
			all[key(g.Name)] = g.Devices
		}
		return all
	}
	moved := int64(0)
	for _, rules := range []string{
		`{"rules":[{"group":"Web","name":"web*"}]}`,
		`{"groups":["Named"],"rules":[{"group":"Web","name":"web*"}]}`,
		`{"groups":["Named"],"rules":[{"group":"web","name":"WEB*"}]}`, // the same group, in another case
		`{"rules":[{"group":"Lab","tag":"t3"},{"group":"Windows","platform":"Windows*"},{"group":"Web","name":"web*"}]}`,
		`{"rules":[{"group":"Windows","platform":"Windows*"},{"group":"Lab","tag":"t3"}]}`,
		`{}`,
	} {
		before := devices()
		var told supervise.Rehearsal
		l.decode(l.do(http.MethodPost, "/v1/groups/rehearsal", strings.NewReader(rules)), 200, &told)
		if after := devices(); !maps.Equal(before, after) {
			t.Fatalf("the rehearsal of %s changed %v to %v", rules, before, after)
		}
		sum := told.Stay
		for _, m := range told.Moves {
			before[key(m.From)] -= m.Devices
			before[key(m.To)] += m.Devices
			sum, moved = sum+m.Devices, moved+m.Devices
		}
		if sum != 30 {
			t.Errorf("%s: %d devices of 30 in %+v", rules, sum, told)
		}
		l.equal("set", l.do(http.MethodPut, "/v1/groups", strings.NewReader(rules)).StatusCode, 200)
		l.publishNow()
		for name, n := range devices() {
			if want := before[name]; n != want {
				t.Errorf("%s: %s has %d devices, the rehearsal %+v said %d", rules, name, n, told, want)
			}
		}
	}
	if moved < 40 {
		t.Errorf("only %d devices moved", moved)
	}
	l.refused(l.do(http.MethodPost, "/v1/groups/rehearsal", strings.NewReader(`{"rules":[{"group":"None","name":"*"}]}`)),
		400, "InvalidInput")
}
