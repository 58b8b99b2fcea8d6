package hosts_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/hosts"
)

// TestMemory: no document costs much more than what is counted for it before it is decoded, garbage included.
func TestMemory(t *testing.T) {
	many := func(n int, item string) string { return strings.Repeat(item+",", n-1) + item }
	for name, text := range map[string]string{
		"Fleet, hosts":     `{"hosts":[` + many(99_000, "{}") + `]}`,
		"Fleet, software":  `{"host":{"hostname":"a","software":[` + many(99_000, "{}") + `]}}`,
		"osquery, rows":    `{"hostIdentifier":"a","name":"deb_packages","action":"snapshot","snapshot":[` + many(99_000, "{}") + `]}`,
		"osquery, columns": `{"hostIdentifier":"a","name":"deb_packages","action":"snapshot","snapshot":[` + many(49_000, `{"name":"a"}`) + `]}`,
		"Wazuh, items":     `{"data":{"affected_items":[` + many(99_000, "{}") + `]}}`,
		"Wazuh, systems":   `{"data":{"affected_items":[` + many(49_000, `{"os":{}}`) + `]}}`,
		"Wazuh, packages":  `{"data":{"affected_items":[` + many(19_000, `{"format":"deb","name":"a","agent_id":"1"}`) + `]}}`,
		"Wazuh, hits":      `{"hits":{"total":1,"hits":[` + many(99_000, "{}") + `]}}`,
		"Wazuh, sources":   `{"hits":{"total":1,"hits":[` + many(33_000, `{"_source":{"package":{}}}`) + `]}}`,
		"Wazuh, documents": strings.Repeat(`{"_source":{}}`+"\n", 99_000),
		"table, rows":      "Name0,DisplayName0\n" + strings.Repeat("a,\n", 99_000),
		"table, programs":  "Name0,DisplayName0\n" + strings.Repeat("a,b\n", 20_000),
		"table, devices":   "Name0,DisplayName0\n" + manyDevices(10_000),
		"table, columns":   "Name0,DisplayName0" + strings.Repeat(",", 254) + "\n" + strings.Repeat(strings.Repeat(",", 255)+"\n", 30_000),
		"table, objects":   `[{"ApplicationName":"a","DeviceName":"b"},` + many(99_000, "{}") + `]`,
		"table, members":   `[{"ApplicationName":"a","DeviceName":"b"},{` + members(200_000) + `}]`,
	} {
		format := inventory.Detect([]byte(text))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, ok, err := hosts.Decode(format, []byte(text), inventory.Given{Name: ""})
		runtime.ReadMemStats(&after)
		if !ok {
			t.Fatalf("%s is taken for %v", name, format)
		}
		const garbage = 4
		used, counted := int64(after.TotalAlloc-before.TotalAlloc), inventory.Cost([]byte(text))
		t.Logf("%s: %d bytes, %d MB used, %d MB counted, %v", name, len(text), used>>20, counted>>20, err)
		if used > garbage*counted {
			t.Errorf("%s: %d MB used, %d MB counted", name, used>>20, counted>>20)
		}
	}
}

// members are as many members of an object.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"m%d":1,`, i)
	}
	return b.String() + `"DeviceName":"b"`
}
