package catalog

import "github.com/muster-project/muster/internal/intel"

// Judge answers without the memo.
func (c *Catalog) Judge(r Release) *Verdict { return c.judge(r) }

// CloseBranch returns where a range up to high begins that is open below, beside
// the other bounds of its record; empty if it stays open.
func CloseBranch(high string, bounds []string) string {
	return closeBranch(intel.Range{High: high}, branchesOf(bounds)).Low
}
