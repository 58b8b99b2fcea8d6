package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/muster-project/muster/defender"
)

// GroupNumbers returns the number of every group that an organization ever had,
// by its name in lower case. The names of group 0 are among them.
func (s *Store) GroupNumbers(ctx context.Context, org string) (map[string]int64, error) {
	rows, err := s.reader.QueryContext(ctx, groupsByNumber, org)
	groups, err := collect(rows, err, scanGroup)
	if err != nil {
		return nil, fmt.Errorf("reading groups: %w", err)
	}
	numbers := map[string]int64{strings.ToLower(defender.GroupNone): 0, strings.ToLower(defender.GroupUnassigned): 0}
	for _, g := range groups {
		numbers[strings.ToLower(g.Name)] = g.ID
	}
	return numbers, nil
}
