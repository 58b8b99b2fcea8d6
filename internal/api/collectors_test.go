package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/api"
)

// TestAgentsThatAreBehind: devices show who made their reports, and which agents are older than the
// server.
func TestAgentsThatAreBehind(t *testing.T) {
	for server, want := range map[string][]bool{
		"v1.2.0":             {true, false, false, false, false},
		"v1.2.0-4-gabcdef01": {true, true, false, false, false},
		"unknown":            {false, false, false, false, false},
		"":                   {false, false, false, false, false},
	} {
		l := newLab(t, func(c *api.Config) { c.Version = server })
		type collector struct {
			Source, Name, Version string
			Behind                bool
		}
		var wanted [][]collector
		for i, c := range []collector{{Name: "muster", Version: "v1.1.9"}, {Name: "muster", Version: "v1.2.0"},
			{Name: "muster", Version: "v1.3.0"},
			{Name: "muster", Version: "9a8f2d5"}, {Name: "other", Version: "v0.1.0"}} {
			l.accept(fmt.Sprintf(`{"device":{"id":"%040d","name":"host-%d"},"source":"collect","collector":{"name":%q,"version":%q},"software":[]}`,
				i, i, c.Name, c.Version), jsonBody)
			c.Source, c.Behind = "collect", want[i]
			wanted = append(wanted, []collector{c})
		}
		l.accept(`{"device":{"id":"ffffffffffffffffffffffffffffffffffffffff","name":"silent"},"source":"sbom","software":[]}`, jsonBody)
		wanted = append(wanted, nil)
		var list struct {
			Devices []struct {
				ID         string
				Collectors []collector
			}
		}
		l.decode(l.get("/v1/devices"), http.StatusOK, &list)
		var got [][]collector
		for _, d := range list.Devices {
			got = append(got, d.Collectors)
			var one struct{ Collectors []collector }
			l.decode(l.get("/v1/devices/"+d.ID), http.StatusOK, &one)
			if diff := cmp.Diff(d.Collectors, one.Collectors); diff != "" {
				t.Errorf("one device (-listed +shown):\n%s", diff)
			}
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("server %q (-want +got):\n%s", server, diff)
		}
	}
}
