package collect

import (
	"maps"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
)

// addSettings adds the families of settings that were found. What is not known of a family is told.
func addSettings(report *inventory.Report, found map[string]windows.Settings) {
	if report.Facts == nil {
		report.Facts = inventory.Facts{}
	}
	report.Origins, report.Unread = inventory.Facts{}, inventory.Facts{}
	for _, family := range windows.SettingFamilies() {
		settings, have := found[family]
		if !have {
			report.Unread[family] = facts.Values{facts.Any: "the settings were not read in time"}
			continue
		}
		report.Facts[family] = settings.Values
		report.Origins[family], report.Unread[family] = settings.Origins, settings.Unread
	}
	for _, traces := range []inventory.Facts{report.Origins, report.Unread} {
		maps.DeleteFunc(traces, func(_ string, values map[string]string) bool { return len(values) == 0 })
	}
	if len(report.Origins) == 0 {
		report.Origins = nil
	}
	if len(report.Unread) == 0 {
		report.Unread = nil
	}
}
