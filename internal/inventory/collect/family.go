package collect

import (
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// record adds what was found of a family to a report; nil: the family was not asked. It returns the error that costs
// the family, which the report tells.
func record(report *inventory.Report, family string, found *facts.Found, err error) error {
	if err == nil {
		err = found.Check()
	}
	switch {
	case err != nil:
		report.Unread = with(report.Unread, family, facts.Values{facts.Any: facts.Told(err)})
	case found != nil:
		if len(found.Values) > 0 || found.Unread[facts.Any] == "" {
			report.Facts = with(report.Facts, family, found.Values)
		}
		report.Origins = with(report.Origins, family, found.Origins.Known())
		report.Unread = with(report.Unread, family, found.Unread.Known())
	}
	return err
}

// with adds a family, unless it is nil.
func with(all inventory.Facts, family string, values facts.Values) inventory.Facts {
	if values == nil {
		return all
	}
	if all == nil {
		all = inventory.Facts{}
	}
	all[family] = values
	return all
}
