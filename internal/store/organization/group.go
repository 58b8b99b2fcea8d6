package organization

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/database"
)

// maxGroups is how many groups an organization may ever have. No group is deleted, so that a
// number never means another group (doc/decision/0018).
const maxGroups = 10_000

// Group is an RBAC group of an organization.
type Group struct {
	ID   int64
	Name string
	// Devices is how many devices the newest generation pinned in the group.
	Devices int64
	// Current says that the organization's rules mention the group; no device can get into a group
	// that they do not mention.
	Current bool
}

// SetRules replaces the rules of an organization and makes the groups they mention; nil
// removes all rules. Devices move when the next generation begins. If a generation has begun and
// is not planned yet, it uses the old rules, and the new ones count after that. It returns the
// same as Groups. An unknown organization is ErrNotFound; one that would have too many groups is
// ErrTooMany.
func (s *Store) SetRules(ctx context.Context, org string, rules *rbac.Rules) ([]Group, error) {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		groups, err := lockGroups(ctx, tx, org)
		if err != nil {
			return err
		}
		text, names, err := rulesText(rules)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := groups.spell(ctx, name); err != nil {
				return err
			}
		}
		return putRules(ctx, tx, org, text)
	})
	if err != nil {
		return nil, fmt.Errorf("setting the group rules of organization %q: %w", org, err)
	}
	return s.Groups(ctx, org)
}

// putRules stores rules. They count at once or, while devices are being placed, once all devices
// are placed by the old rules.
func putRules(ctx context.Context, tx *sql.Tx, org, text string) error {
	wait, err := isPlacing(ctx, tx, org)
	switch {
	case err != nil:
		return err
	case wait:
		_, err = tx.ExecContext(ctx, `UPDATE organization SET rules_waiting = $1 WHERE id = $2`, text, org)
	default:
		_, err = tx.ExecContext(ctx, `
			UPDATE organization SET rules = $1, rules_revision = rules_revision + 1 WHERE id = $2 AND rules <> $1`, text, org)
	}
	return err
}

// RemoveGroup removes a group from the rules of an organization, and returns the rules that are left. Its
// number stays its own. They count as those of SetRules do. Rules without the group stay as they are.
func (s *Store) RemoveGroup(ctx context.Context, org, name string) (left *rbac.Rules, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := lockGroups(ctx, tx, org); err != nil {
			return err
		}
		var text string
		if err := tx.QueryRowContext(ctx, `SELECT `+newestRules+` FROM organization WHERE id = $1`, org).Scan(&text); err != nil {
			return err
		}
		rules, err := parseRules(text)
		if err != nil {
			return err
		}
		if left, err = rules.Without(name); err != nil {
			return err
		}
		if text, _, err = rulesText(left); err != nil {
			return err
		}
		return putRules(ctx, tx, org, text)
	})
	if err != nil {
		return nil, fmt.Errorf("removing group %q of organization %q: %w", name, org, database.Explain(err))
	}
	return left, nil
}

// newestRules selects the rules that were set last, whether they count yet or not.
const newestRules = `coalesce(rules_waiting, rules)`

// rulesText returns the stored form of rules, empty for none, and the names of their groups.
func rulesText(rules *rbac.Rules) (text string, names []string, err error) {
	if rules == nil {
		return "", nil, nil
	}
	if names = rules.Names(); len(names) == 0 {
		return "", nil, nil
	}
	data, err := rules.MarshalJSON() // not json.Marshal, whose escapes may exceed what Parse reads
	return string(data), names, err
}

// parseRules is the inverse of rulesText. Its error does not wrap rbac.ErrInvalid, since no caller
// sent these rules.
func parseRules(text string) (*rbac.Rules, error) {
	if text == "" {
		return new(rbac.Rules), nil
	}
	rules, err := rbac.Parse([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("stored group rules: %v", err)
	}
	return rules, nil
}

// Rules returns the rules that were set last for an organization. An unknown organization is
// ErrNotFound.
func (s *Store) Rules(ctx context.Context, org string) (*rbac.Rules, error) {
	var text string
	err := s.db.Reader().QueryRowContext(ctx, `SELECT `+newestRules+` FROM organization WHERE id = $1`, org).Scan(&text)
	if err != nil {
		return nil, fmt.Errorf("reading the group rules of organization %q: %w", org, database.Explain(err))
	}
	return parseRules(text)
}

// Groups lists every group that an organization ever had, by number. The first is number 0, for
// devices in no group, with its name in exports. An unknown organization is ErrNotFound.
func (s *Store) Groups(ctx context.Context, org string) ([]Group, error) {
	rules, err := s.Rules(ctx, org)
	if err != nil {
		return nil, err
	}
	devices, err := s.pinnedDevices(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("counting the devices of groups: %w", err)
	}
	rows, err := s.db.Reader().QueryContext(ctx, groupsByNumber, org)
	groups, err := database.Collect(rows, err, scanGroup)
	if err != nil {
		return nil, fmt.Errorf("listing groups: %w", err)
	}
	current := rules.Names()
	groups = slices.Insert(groups, 0, Group{Name: noGroup(len(current) > 0)})
	for i := range groups {
		groups[i].Devices = devices[groups[i].ID]
		groups[i].Current = i == 0 || slices.Contains(current, groups[i].Name)
	}
	return groups, nil
}

// noGroup is the name of group 0 (contract.md, section 4).
func noGroup(hasGroups bool) string {
	if hasGroups {
		return defender.GroupUnassigned
	}
	return defender.GroupNone
}

// pinnedDevices counts the devices of each group that is not empty.
func (s *Store) pinnedDevices(ctx context.Context, org string) (map[int64]int64, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT pinned_group, count(*) FROM device
		WHERE organization = $1 AND pinned_group IS NOT NULL GROUP BY pinned_group`, org)
	counts := map[int64]int64{}
	_, err = database.Collect(rows, err, func(r *sql.Rows) (_ struct{}, err error) {
		var group, devices int64
		err = r.Scan(&group, &devices)
		counts[group] = devices
		return struct{}{}, err
	})
	return counts, err
}

// EnsureGroups returns the numbers of groups by name, ascending and without duplicates, and makes
// groups that do not exist; made lists their names. New groups stay empty until rules mention
// them. The names of group 0 are known; case does not matter. An invalid name is rbac.ErrInvalid,
// too many groups are ErrTooMany, an unknown organization is ErrNotFound.
func (s *Store) EnsureGroups(ctx context.Context, org string, names []string) (ids []int64, made []string, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		ids, made, err = EnsureGroups(ctx, tx, org, names)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("finding groups %q of organization %q: %w", names, org, err)
	}
	return ids, made, nil
}

// EnsureGroups is EnsureGroups inside a transaction.
func EnsureGroups(ctx context.Context, tx *sql.Tx, org string,
	names []string) (ids []int64, made []string, err error) {
	groups, err := lockGroups(ctx, tx, org)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		id, fresh, err := groups.ensure(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		ids = append(ids, id)
		if fresh {
			made = append(made, name)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), made, nil
}

const groupsByNumber = `SELECT id, name FROM rbac_group WHERE organization = $1 ORDER BY id`

func scanGroup(rows *sql.Rows) (g Group, err error) { return g, rows.Scan(&g.ID, &g.Name) }

// groupTable holds all groups of an organization, in a transaction that may make more.
type groupTable struct {
	tx     *sql.Tx
	org    string
	byName map[string]Group // by case-folded name
}

// lockGroups reads the groups of an organization and keeps others from making groups until the
// transaction ends.
func lockGroups(ctx context.Context, tx *sql.Tx, org string) (*groupTable, error) {
	if _, err := Lock(ctx, tx, org); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, groupsByNumber, org)
	groups, err := database.Collect(rows, err, scanGroup)
	if err != nil {
		return nil, err
	}
	t := &groupTable{tx, org, make(map[string]Group, len(groups))}
	for _, g := range groups {
		t.byName[strings.ToLower(g.Name)] = g
	}
	return t, nil
}

// ensure returns the number of a group by name and whether the group was made now.
func (t *groupTable) ensure(ctx context.Context, name string) (id int64, made bool, err error) {
	if rbac.IsReserved(name) {
		return 0, false, nil
	}
	if known, ok := t.byName[strings.ToLower(name)]; ok {
		return known.ID, false, nil
	}
	if err := rbac.CheckNewName(name); err != nil {
		return 0, false, err
	}
	if len(t.byName) >= maxGroups {
		return 0, false, fmt.Errorf("group %q: %w: an organization has at most %d groups, past ones included", name,
			database.ErrTooMany, maxGroups)
	}
	g := Group{ID: int64(len(t.byName)) + 1, Name: name} // none is ever deleted
	_, err = t.tx.ExecContext(ctx, `INSERT INTO rbac_group (organization, id, name) VALUES ($1, $2, $3)`, t.org, g.ID,
		name)
	t.byName[strings.ToLower(name)] = g
	return g.ID, true, err
}

// spell gives a group the given spelling of its name.
func (t *groupTable) spell(ctx context.Context, name string) error {
	id, _, err := t.ensure(ctx, name)
	if err != nil || t.byName[strings.ToLower(name)].Name == name {
		return err
	}
	_, err = t.tx.ExecContext(ctx, `UPDATE rbac_group SET name = $1 WHERE organization = $2 AND id = $3`, name, t.org, id)
	return err
}

// isPlacing reports whether the devices of a generation are being placed. The caller has locked
// the organization.
func isPlacing(ctx context.Context, tx *sql.Tx, org string) (bool, error) {
	var number int64
	err := tx.QueryRowContext(ctx, `
		SELECT number FROM generation WHERE organization = $1 AND state = 'running' AND "placing" <> ''`, org).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
