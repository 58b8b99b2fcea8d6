//go:build !windows

package collect

import (
	"context"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/facts/boot"
	"github.com/muster-project/muster/internal/inventory/collect/facts/policy"
	"github.com/muster-project/muster/internal/inventory/collect/facts/upkeep"
)

// facts reads every family into the report; it has no facts if no family exists.
func (m *machine) facts(ctx context.Context, config Config, report *inventory.Report) {
	for _, f := range slices.Concat(facts.Families(), boot.Families(), policy.Families(), upkeep.Families()) {
		found, err := look(ctx, m, config, disk.MaxSettings, func(own *machine) (*facts.Found, error) {
			return f.Read(&facts.Machine{Tree: own.Tree, Warn: func(err error) { own.warn("facts "+f.Name, err) }})
		})
		if err = record(report, f.Name, found, err); err != nil {
			m.warn("facts "+f.Name, err)
		}
	}
	if report.Facts == nil {
		report.Unread = nil // nothing was read: what an earlier report said stays
	}
}
