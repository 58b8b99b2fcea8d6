package coverages_test

import (
	"testing"

	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// TestFindings says how a device's findings are shown, and that nobody is told of none who was not assessed.
func TestFindings(t *testing.T) {
	state := func(name string) *control.DeviceCoverage { return &control.DeviceCoverage{State: name} }
	for _, test := range []struct {
		device control.Device
		want   string
	}{
		{control.Device{}, ""},
		{control.Device{Findings: &counts.Severities{}}, ""},
		{control.Device{Findings: &counts.Severities{}, Coverage: state("notAssessed")}, ""},
		{control.Device{Findings: &counts.Severities{}, Coverage: state("partly")}, ""},
		{control.Device{Findings: &counts.Severities{}, Coverage: state("assessed")}, "none"},
		{control.Device{Findings: &counts.Severities{High: 12, Critical: 3}, Coverage: state("partly")}, "3 critical, 12 high"},
		{control.Device{Findings: &counts.Severities{Medium: 1, Low: 2, Unrated: 4}}, "1 medium, 2 low, 4 unrated"},
	} {
		if got := coverages.Findings(&test.device); got != test.want {
			t.Errorf("%+v: %q, want %q", test.device.Findings, got, test.want)
		}
	}
}
