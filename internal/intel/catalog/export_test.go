package catalog

import "github.com/muster-project/muster/internal/intel"

// Judge gives a verdict without the cache.
func (c *Catalog) Judge(r Component) *Verdict { return c.judge(r) }

// CloseBranch returns the lower bound for a range up to high that is open below, given the other
// bounds of its record; empty if it stays open.
func CloseBranch(high string, bounds []string) string {
	return closeBranch(intel.Range{High: high}, branchesOf(bounds)).Low
}
