//go:build !windows

package collect

import (
	"context"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/facts/policy"
)

// facts reads every family into the report; it has no facts if no family exists.
func (m *machine) facts(ctx context.Context, config Config, report *inventory.Report) {
	for _, f := range slices.Concat(facts.Families(), policy.Families()) {
		found, err := look(ctx, m, config, disk.MaxSettings, func(own *machine) (*facts.Found, error) {
			return f.Read(&facts.Machine{Tree: own.Tree, Warn: func(err error) { own.warn("facts "+f.Name, err) }})
		})
		if err == nil {
			err = found.Check()
		}
		switch {
		case err != nil:
			m.warn("facts "+f.Name, err)
			report.Unread = with(report.Unread, f.Name, facts.Values{facts.Any: facts.Told(err)})
		case found != nil:
			if len(found.Values) > 0 || found.Unread[facts.Any] == "" {
				report.Facts = with(report.Facts, f.Name, found.Values)
			}
			report.Origins = with(report.Origins, f.Name, found.Origins.Known())
			report.Unread = with(report.Unread, f.Name, found.Unread.Known())
		}
	}
	if report.Facts == nil {
		report.Unread = nil // nothing was read: what an earlier report said stays
	}
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
