// Package support finds when the support of a release line, and of its product, ends, from the cycles that
// endoflife.date lists.
package support
