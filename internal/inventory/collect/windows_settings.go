package collect

import (
	"context"
	"errors"
	"maps"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/security"
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

// ask asks for families of facts. What is not known of one is told; one of which this Windows has nothing is absent.
func ask(ctx context.Context, config Config, families []security.Family, report *inventory.Report) (all []Warning) {
	for _, family := range families {
		found, err := within(ctx, config.Time/sourceShare, func(context.Context) (facts.Values, error) {
			answer, err := family.Ask()
			return answer, errors.Join(err, facts.Values(answer).Check())
		})
		switch {
		case err == nil:
			report.Facts[family.Name] = found
		case !errors.Is(err, security.ErrAbsent):
			all = append(all, Warning{What: "facts " + family.Name, Err: err})
			if report.Unread == nil {
				report.Unread = inventory.Facts{}
			}
			report.Unread[family.Name] = facts.Values{facts.Any: facts.Told(err)}
		}
	}
	return all
}
