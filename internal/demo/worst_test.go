package demo

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/control"
)

// What was not assessed is never said to have 0 findings.
func TestAboutHere(t *testing.T) {
	for _, test := range []struct {
		findings int
		coverage *control.DeviceCoverage
		want     string
	}{
		{0, nil, "This machine is in no snapshot yet."},
		{0, &control.DeviceCoverage{State: "notAssessed", Reason: "noDistributionFeed"}, "This machine is not assessed: no feed"},
		{3, &control.DeviceCoverage{State: "partly", Reason: "feedPart"}, "This machine has 3 findings. It is partly assessed: a feed"},
		{0, &control.DeviceCoverage{State: "partly", Reason: "feedPart"}, "This machine is partly assessed: a feed"},
		{0, &control.DeviceCoverage{State: "assessed"}, "This machine has 0 findings. It is assessed."},
	} {
		if got := aboutHere(test.findings, test.coverage); !strings.HasPrefix(got, test.want) {
			t.Errorf("%d findings, %+v: %q, want %q", test.findings, test.coverage, got, test.want)
		}
	}
}
