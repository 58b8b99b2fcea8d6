package cve5

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// doubtful reports whether an entry's bounds count only where no other source has any.
//
// An entry that ends a range of affected versions and has the default status "affected" says both
// that later versions are affected and that they are not. Adobe writes the oldest of several branches
// this way.
//
// Apple cuts bounds to two parts: "13.6" is written for 13.6.3. A bound of two parts may be whole or
// cut, and other publishers write it in full.
func doubtful(assigner string, entry product, versions []intel.Range, by intel.Authority) bool {
	ends := slices.ContainsFunc(versions, func(r intel.Range) bool { return r.High != "" && !r.Unaffected })
	if entry.DefaultStatus == affected && ends {
		return true
	}
	return by == intel.ByCNA && assigner == "apple" &&
		slices.ContainsFunc(versions, func(r intel.Range) bool { return r.High != "" && strings.Count(r.High, ".") < 2 })
}
