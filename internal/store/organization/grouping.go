package organization

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// Grouping tells which group a device belongs in. It has the rules of one edition and the numbers
// of all groups.
type Grouping struct {
	Edition
	rules   *rbac.Rules
	names   map[int64]string
	numbers map[string]int64 // by name in lower case
}

// LoadGrouping reads the current Grouping. An unknown organization is ErrNotFound.
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

// Of returns the number of the group that a device belongs in, if its reports named a group; 0 is
// no group. For a device named by a scoped sender the rules use only its id. The error is
// rbac.ErrCostly if the rules cannot decide.
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

// Number returns the number of a group by its name, in any case.
func (g *Grouping) Number(name string) (number int64, known bool) {
	if name == "" || rbac.IsReserved(name) {
		return 0, true
	}
	number, known = g.numbers[strings.ToLower(name)]
	return number, known
}

// OnlyName returns the name of the only group in numbers, empty for group 0; false if there are
// several.
func (g *Grouping) OnlyName(numbers []int64) (name string, only bool) {
	if len(numbers) != 1 {
		return "", false
	}
	return g.names[numbers[0]], true
}

// Groupings caches the parsed rules of organizations that report, so that they are not parsed for
// each report.
type Groupings struct {
	mu  sync.Mutex
	all map[string]*Grouping
}

// maxGroupings is how many organizations' rules are cached.
const maxGroupings = 64

// At returns the grouping of an organization whose rules and groups have edition now.
func (c *Groupings) At(ctx context.Context, tx *sql.Tx, org string, now Edition) (*Grouping, error) {
	if now == (Edition{}) {
		return &Grouping{}, nil
	}
	if g := c.cached(org); g != nil && g.Edition == now {
		return g, nil
	}
	g, err := LoadGrouping(ctx, tx, org)
	if err != nil {
		return nil, fmt.Errorf("loading group rules: %w", err)
	}
	c.keep(org, g)
	return g, nil
}

func (c *Groupings) cached(org string) *Grouping {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[org]
}

func (c *Groupings) keep(org string, g *Grouping) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.all { // any one: dropping all would make every organization read again
		if len(c.all) < maxGroupings {
			break
		}
		delete(c.all, other)
	}
	if c.all == nil {
		c.all = map[string]*Grouping{}
	}
	c.all[org] = g
}
