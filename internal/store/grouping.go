package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// grouping tells which group a device is wanted in: the rules of one revision,
// and the numbers of their groups.
type grouping struct {
	revision int64 // 0 until there were rules
	rules    *rbac.Rules
	numbers  map[string]int64 // by name
}

// loadGrouping reads the present one. ErrNotFound if there is no such
// organization.
func loadGrouping(ctx context.Context, tx *sql.Tx, org string) (*grouping, error) {
	var text string
	g := &grouping{numbers: map[string]int64{}}
	err := tx.QueryRowContext(ctx, `SELECT rules, rules_revision FROM organization WHERE id = $1`, org).Scan(&text, &g.revision)
	if err != nil {
		return nil, explain(err)
	}
	if g.rules, err = parseRules(text); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, groupsByNumber, org)
	groups, err := collect(rows, err, scanGroup)
	for _, group := range groups {
		g.numbers[group.Name] = group.ID
	}
	return g, err
}

// group is the number of the group that a device is wanted in, whose reports
// named one (or none); 0 is no group.
func (g *grouping) group(d inventory.Device, named string) int64 {
	if g.revision == 0 {
		return 0
	}
	return g.numbers[g.rules.Group(d, named)]
}

// groupings remembers the rules of organizations that report, so that they are
// parsed once and not for each report. One goroutine uses it.
type groupings map[string]*grouping

// maxGroupings is how many organizations' rules are remembered.
const maxGroupings = 64

// at returns the grouping of an organization whose rules have a revision.
func (all groupings) at(ctx context.Context, tx *sql.Tx, org string, revision int64) (*grouping, error) {
	if revision == 0 {
		return &grouping{}, nil
	}
	if g := all[org]; g != nil && g.revision == revision {
		return g, nil
	}
	g, err := loadGrouping(ctx, tx, org)
	if err != nil {
		return nil, fmt.Errorf("loading group rules: %w", err)
	}
	if len(all) >= maxGroupings {
		clear(all)
	}
	all[org] = g
	return g, nil
}

// regroupPage is how many devices are re-evaluated at a time.
const regroupPage = 2000

// regroup puts every device where the present rules say, if those of another
// revision said it last; a hidden one, too, which is to be hidden again.
func (p *Pinning) regroup() error {
	var behind bool
	err := p.tx.QueryRowContext(p.ctx, `
		SELECT rules_applied <> rules_revision FROM organization WHERE id = $1`, p.org).Scan(&behind)
	if err != nil || !behind {
		return err
	}
	g, err := loadGrouping(p.ctx, p.tx, p.org)
	if err != nil {
		return err
	}
	move, err := p.tx.PrepareContext(p.ctx, regroupDevice)
	if err != nil {
		return err
	}
	defer move.Close()
	for after, more := "", true; more; {
		page, err := p.regrouped(g, after)
		if err != nil {
			return err
		}
		for _, d := range page {
			if d.from == d.to {
				continue
			}
			if _, err := move.ExecContext(p.ctx, d.to, p.org, d.id); err != nil {
				return fmt.Errorf("device %q: %w", d.id, err)
			}
		}
		if more = len(page) == regroupPage; more {
			after = page[regroupPage-1].id
		}
	}
	_, err = p.tx.ExecContext(p.ctx, `UPDATE organization SET rules_applied = rules_revision WHERE id = $1`, p.org)
	return err
}

// regroupDevice pins at once: to leave it to moveDevices would write every
// device twice.
const regroupDevice = `
	UPDATE device SET wanted_group = $1, pinned_group = $1 WHERE organization = $2 AND id = $3`

// regrouped is a device with the group it was wanted in and the one it is
// wanted in now.
type regrouped struct {
	id       string
	from, to int64
}

// regrouped evaluates a page of the devices after one, in id order.
func (p *Pinning) regrouped(g *grouping, after string) ([]regrouped, error) {
	rows, err := p.tx.QueryContext(p.ctx, `
		SELECT id, name, os_platform, tags, wanted_group, named_group FROM device
		WHERE organization = $1 AND id > $2 ORDER BY id LIMIT $3`, p.org, after, regroupPage)
	return collect(rows, err, func(r *sql.Rows) (regrouped, error) {
		var d Device
		var tags string
		if err := r.Scan(&d.ID, &d.Name, &d.OSPlatform, &tags, &d.WantedGroup, &d.NamedGroup); err != nil {
			return regrouped{}, err
		}
		if err := decodeTags(tags, &d); err != nil {
			return regrouped{}, err
		}
		return regrouped{d.ID, d.WantedGroup, g.group(d.Device, d.NamedGroup)}, nil
	})
}

// GroupNames returns the names of all groups that the organization ever had,
// as a generation pins them, and that of group 0: defender.GroupNone where the
// rules mention no groups, else defender.GroupUnassigned.
func (p *Pinning) GroupNames() (map[int64]string, error) {
	g, err := loadGrouping(p.ctx, p.tx, p.org)
	if err != nil {
		return nil, fmt.Errorf("reading the names of groups: %w", err)
	}
	names := map[int64]string{0: noGroup(len(g.rules.Names()) > 0)}
	for name, number := range g.numbers {
		names[number] = name
	}
	return names, nil
}
