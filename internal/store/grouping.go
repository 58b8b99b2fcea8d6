package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// edition says which rules and groups an organization has: the revision of its
// rules, 0 until there were any, and the number of the newest group. Groups are
// made with rules and without, and none is deleted.
type edition struct{ revision, groups int64 }

// editionColumns are what an edition is scanned from.
const editionColumns = `rules_revision, (SELECT coalesce(max(g.id), 0) FROM rbac_group g WHERE g.organization = organization.id)`

// presentEdition reads the edition that an organization has. ErrNotFound if there is
// no such organization.
func presentEdition(ctx context.Context, tx *sql.Tx, org string) (now edition, err error) {
	err = tx.QueryRowContext(ctx, `SELECT `+editionColumns+` FROM organization WHERE id = $1`, org).Scan(&now.revision, &now.groups)
	return now, explain(err)
}

// grouping tells which group a device is wanted in: the rules of one edition,
// and the numbers of the groups that there are.
type grouping struct {
	edition
	rules   *rbac.Rules
	names   map[int64]string
	numbers map[string]int64 // by name in lower case
}

// loadGrouping reads the present one. ErrNotFound if there is no such
// organization.
func loadGrouping(ctx context.Context, tx *sql.Tx, org string) (*grouping, error) {
	var text string
	g := &grouping{names: map[int64]string{}, numbers: map[string]int64{}}
	err := tx.QueryRowContext(ctx, `SELECT rules, `+editionColumns+` FROM organization WHERE id = $1`, org).
		Scan(&text, &g.revision, &g.groups)
	if err != nil {
		return nil, explain(err)
	}
	if g.rules, err = parseRules(text); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, groupsByNumber, org)
	groups, err := collect(rows, err, scanGroup)
	for _, group := range groups {
		g.names[group.ID], g.numbers[strings.ToLower(group.Name)] = group.Name, group.ID
	}
	return g, err
}

// of is the number of the group that a device is wanted in, whose reports named
// a group; 0 is no group. Of a device that a scoped sender named the rules read
// the id alone. It is rbac.ErrCostly where the rules cannot tell.
func (g *grouping) of(d inventory.Device, named string, rank trust.Rank) (int64, error) {
	switch {
	case g.revision == 0:
		return 0, nil
	case rank == trust.ByScoped:
		return g.numbers[strings.ToLower(g.rules.GroupByID(d.ID, named))], nil
	}
	name, err := g.rules.Group(d, named)
	if err != nil {
		return 0, fmt.Errorf("device %q: %w", d.ID, err)
	}
	return g.numbers[strings.ToLower(name)], nil
}

// number is the number of a group by its name, in any case.
func (g *grouping) number(name string) (number int64, known bool) {
	if name == "" || rbac.IsReserved(name) {
		return 0, true
	}
	number, known = g.numbers[strings.ToLower(name)]
	return number, known
}

// onlyName is the name of the one group that is listed, empty for that of devices
// in none; false for several.
func (g *grouping) onlyName(numbers []int64) (name string, only bool) {
	if len(numbers) != 1 {
		return "", false
	}
	return g.names[numbers[0]], true
}

// groupings remembers the rules of organizations that report, so that they are
// parsed once and not for each report. Its user has the connection that writes, or
// it for himself.
type groupings map[string]*grouping

// maxGroupings is how many organizations' rules are remembered.
const maxGroupings = 64

// at returns the grouping of an organization that has an edition of its rules
// and groups.
func (all groupings) at(ctx context.Context, tx *sql.Tx, org string, now edition) (*grouping, error) {
	if now == (edition{}) {
		return &grouping{}, nil
	}
	if g := all[org]; g != nil && g.edition == now {
		return g, nil
	}
	g, err := loadGrouping(ctx, tx, org)
	if err != nil {
		return nil, fmt.Errorf("loading group rules: %w", err)
	}
	for other := range all { // any: to forget all would have each read again in turn
		if len(all) < maxGroupings {
			break
		}
		delete(all, other)
	}
	all[org] = g
	return g, nil
}
