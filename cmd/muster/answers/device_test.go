package answers

import (
	"slices"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
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

// The list goes by name in any case, then by id, and its rows begin with what people look for.
func TestDeviceTable(t *testing.T) {
	device := func(id, name string) control.Device {
		return control.Device{Device: inventory.Device{ID: id, Name: name}, RBACGroupName: "Web",
			Findings: &counts.Severities{Critical: 2}, LastSeen: time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)}
	}
	rows := deviceTable([]control.Device{device("c", "beta"), device("b", "alpha"), device("d", "Beta"), device("a", "Gamma")})
	var ids []string
	for _, row := range rows {
		ids = append(ids, row[len(row)-1])
	}
	if !slices.Equal(ids, []string{"b", "c", "d", "a"}) {
		t.Errorf("order %v", ids)
	}
	if want := []string{"alpha", "Web", "2 critical", "2026-11-29T08:00:00Z"}; !slices.Equal(rows[0][:4], want) {
		t.Errorf("%v, want first %v", rows[0], want)
	}
}
