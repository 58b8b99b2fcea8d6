package organization

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// Grouping tells which group a device is wanted in: the rules of one edition,
// and the numbers of the groups that there are.
type Grouping struct {
	Edition
	rules   *rbac.Rules
	names   map[int64]string
	numbers map[string]int64 // by name in lower case
}

// LoadGrouping reads the present one. ErrNotFound if there is no such
// organization.
func LoadGrouping(ctx context.Context, tx *sql.Tx, org string) (*Grouping, error) {
	var text string
	g := &Grouping{names: map[int64]string{}, numbers: map[string]int64{}}
	err := tx.QueryRowContext(ctx, `SELECT rules, `+editionColumns+` FROM organization WHERE id = $1`, org).
		Scan(&text, &g.revision, &g.groups)
	if err != nil {
		return nil, database.Explain(err)
	}
	if g.rules, err = parseRules(text); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, groupsByNumber, org)
	groups, err := database.Collect(rows, err, scanGroup)
	for _, group := range groups {
		g.names[group.ID], g.numbers[strings.ToLower(group.Name)] = group.Name, group.ID
	}
	return g, err
}

// Of is the number of the group that a device is wanted in, whose reports named
// a group; 0 is no group. Of a device that a scoped sender named the rules read
// the id alone. It is rbac.ErrCostly where the rules cannot tell.
func (g *Grouping) Of(d inventory.Device, named string, rank trust.Rank) (int64, error) {
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

// Number is the number of a group by its name, in any case.
func (g *Grouping) Number(name string) (number int64, known bool) {
	if name == "" || rbac.IsReserved(name) {
		return 0, true
	}
	number, known = g.numbers[strings.ToLower(name)]
	return number, known
}

// OnlyName is the name of the one group that is listed, empty for that of devices
// in none; false for several.
func (g *Grouping) OnlyName(numbers []int64) (name string, only bool) {
	if len(numbers) != 1 {
		return "", false
	}
	return g.names[numbers[0]], true
}

// Groupings remembers the rules of organizations that report, so that they are
// parsed once and not for each report. Its user has the connection that writes, or
// it for himself.
type Groupings map[string]*Grouping

// maxGroupings is how many organizations' rules are remembered.
const maxGroupings = 64

// At returns the grouping of an organization that has an edition of its rules
// and groups.
func (all Groupings) At(ctx context.Context, tx *sql.Tx, org string, now Edition) (*Grouping, error) {
	if now == (Edition{}) {
		return &Grouping{}, nil
	}
	if g := all[org]; g != nil && g.Edition == now {
		return g, nil
	}
	g, err := LoadGrouping(ctx, tx, org)
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
