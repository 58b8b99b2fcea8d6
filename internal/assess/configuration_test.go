package assess_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory"
)

// TestConfigurations says that results become rows in order of their ids, and that a check which
// cannot decide is a problem and costs no other rows.
func TestConfigurations(t *testing.T) {
	a := newAssessor(t, build(t))
	r := host()
	r.Device.OSPlatform = inventory.Linux
	r.Facts = inventory.Facts{"sshd": {"PermitRootLogin": "no", "MaxAuthTries": "many"}}
	r.Configurations = []inventory.Configuration{
		{ConfigurationID: "xccdf_b", Applicable: true, Compliant: true, Name: "B", Category: "OS", Impact: 9},
		{ConfigurationID: "a\u2028", Category: "Accounts"},
	}
	out := device(t, a, r)
	if out.Problem == nil || !strings.Contains(out.Problem.Error(), "scid-") {
		t.Errorf("problem %v, want one that names the check", out.Problem)
	}
	carried, checks := map[string]string{}, 0
	for _, c := range decode[defender.AssetConfiguration](t, out.Rows[defender.Configurations]) {
		if strings.HasPrefix(c.ConfigurationID, "scid-") {
			checks++
			continue
		}
		carried[c.ConfigurationID] = fmt.Sprintf("%t %t %v %s", c.IsApplicable, c.IsCompliant,
			c.ConfigurationImpact, c.ConfigurationCategory)
	}
	if checks == 0 {
		t.Error("no check of ours has a row")
	}
	want := map[string]string{"xccdf_b": "true true 9 OS", "a\u2028": "false false 5 Accounts"}
	if diff := cmp.Diff(want, carried); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if next := device(t, a, host()); next.Problem != nil || len(next.Rows[defender.Configurations]) != 0 {
		t.Errorf("the next device: %v, %s", next.Problem, next.Rows[defender.Configurations])
	}
}
