package rule

import "github.com/muster-project/muster/internal/intel"

// CloseBranch returns the lower bound for a range up to high that is open below, given the other
// bounds of its record; empty if it stays open.
func CloseBranch(high string, bounds []string) string {
	return closeBranch(intel.Range{High: high}, branchesOf(bounds)).Low
}
