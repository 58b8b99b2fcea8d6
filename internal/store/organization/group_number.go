package organization

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/store/database"
)

// GroupNumbers returns the number of every group that an organization ever had, by its name in
// lower case. It includes the names of group 0.
func (s *Store) GroupNumbers(ctx context.Context, org string) (map[string]int64, error) {
	rows, err := s.db.Reader().QueryContext(ctx, groupsByNumber, org)
	groups, err := database.Collect(rows, err, scanGroup)
	if err != nil {
		return nil, fmt.Errorf("reading groups: %w", err)
	}
	numbers := map[string]int64{strings.ToLower(defender.GroupNone): 0, strings.ToLower(defender.GroupUnassigned): 0}
	for _, g := range groups {
		numbers[strings.ToLower(g.Name)] = g.ID
	}
	return numbers, nil
}

// GroupNames returns the names of all groups that an organization ever had, by number.
func (s *Store) GroupNames(ctx context.Context, org string) (names map[int64]string, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		names, err = GroupNames(ctx, tx, org)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the names of groups: %w", err)
	}
	return names, nil
}

// GroupNames returns the names of all groups that an organization ever had, by number. Group 0 is
// called defender.GroupNone if the rules that were set last mention no groups, else
// defender.GroupUnassigned.
func GroupNames(ctx context.Context, tx *sql.Tx, org string) (map[int64]string, error) {
	return groupNamesBy(ctx, tx, org, newestRules)
}

// GroupNamesInForce returns GroupNames by the rules that count now; newer ones may wait.
func GroupNamesInForce(ctx context.Context, tx *sql.Tx, org string) (map[int64]string, error) {
	return groupNamesBy(ctx, tx, org, "rules")
}

func groupNamesBy(ctx context.Context, tx *sql.Tx, org, rules string) (map[int64]string, error) {
	var ruled bool
	if err := tx.QueryRowContext(ctx, `SELECT `+rules+` <> '' FROM organization WHERE id = $1`,
		org).Scan(&ruled); err != nil {
		return nil, database.Explain(err)
	}
	rows, err := tx.QueryContext(ctx, groupsByNumber, org)
	groups, err := database.Collect(rows, err, scanGroup)
	names := map[int64]string{0: noGroup(ruled)}
	for _, g := range groups {
		names[g.ID] = g.Name
	}
	return names, err
}
