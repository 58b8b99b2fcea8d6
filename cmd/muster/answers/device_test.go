package answers

import (
	"slices"
	"testing"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
)

// The list of devices shows agents.
func TestAgentOfADevice(t *testing.T) {
	collector := func(source, name, version string, behind bool) control.DeviceCollector {
		return control.DeviceCollector{Source: source,
			Collector: inventory.Collector{Name: name, Version: version}, Behind: behind}
	}
	for want, collectors := range map[string][]control.DeviceCollector{
		"":                {collector("audit", "lynis", "3.1", false)},
		"v1.2.0":          {collector("audit", "lynis", "3.1", false), collector("collect", "muster", "v1.2.0", false)},
		"v1.1.0 (behind)": {collector("collect", "muster", "v1.1.0", true), collector("second", "muster", "v1.2.0", false)},
	} {
		d := &control.DeviceReport{Device: control.Device{Collectors: collectors}}
		if got := agentOf(&d.Device); got != want {
			t.Errorf("%v: %q, want %q", collectors, got, want)
		}
		rows := deviceRows(d)
		late := slices.ContainsFunc(rows, func(
			row []string) bool {
			return row[1] == "muster v1.1.0, older than the server"
		})
		if late != (want == "v1.1.0 (behind)") || len(rows) < len(collectors) {
			t.Errorf("%v", rows)
		}
	}
}
