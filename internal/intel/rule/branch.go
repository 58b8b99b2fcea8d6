package rule

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

// closeBranch gives a lower bound to a range that is open below, if other bounds of the same
// record show that an earlier branch was fixed separately. "Before 115.16.1" beside "before
// 128.3.1" means [, 115.16.1) and [116, 128.3.1): taken literally, the fixed 115.16.1 would be
// affected. Mozilla's and Apple's records are written this way (matching.md, 3.1).
//
// Two bounds belong to different branches if they first differ before the last part of either;
// otherwise their ranges are united.
func closeBranch(r intel.Range, known branches) intel.Range {
	if !isOpenBelow(r) {
		return r
	}
	start, ok := known.before(r.High)
	if ok && (r.Low == "" || compareKeys(start, r.Low) > 0) {
		r.Low, r.LowExcluded = start, false
	}
	return r
}

func isOpenBelow(r intel.Range) bool {
	return r.Exact == "" && r.High != "" && !r.Unaffected && (r.Low == "" || r.Low == "0")
}

// maxParts bounds the parts of versions that are compared to find branches; real versions have
// about five.
const maxParts = 16

// branches lists where branches begin that come after bounds, in order, by the first parts that a
// bound and a version of another branch share.
type branches map[string][]branch

type branch struct {
	start string
	key   []byte // of start
	// part is the bound's first part that is not shared, and other the place of the last branch
	// before with a different one; -1 if there is none.
	part  string
	other int
}

// branchesOf returns where branches begin after bounds: "116" after 115.16.1. If a version is
// itself the first of its branch, the bound's branch is taken to be narrower: "1.6" after 1.5.2,
// before 2.0.0.
func branchesOf(bounds []string) branches {
	all := branches{}
	for _, bound := range bounds {
		parts := strings.Split(bound, ".")
		narrow, isNarrow := branchAfter(parts[:len(parts)-1])
		common := ""
		for i, part := range parts[:min(len(parts)-1, maxParts)] {
			if wide, ok := branchAfter(parts[:i+1]); ok {
				all.add(common, part, wide)
				if isNarrow && bytes.Compare(narrow.key, wide.key) < 0 {
					all.add(common, part, narrow)
				}
			}
			common += "." + part
		}
	}
	for common := range all {
		all[common] = sortBranches(all[common])
	}
	return all
}

func branchAfter(parts []string) (branch, bool) {
	if len(parts) == 0 {
		return branch{}, false
	}
	start, ok := successor(parts)
	return branch{start: start, key: version.Key(start)}, ok
}

func (b branches) add(common, part string, next branch) {
	next.part = part
	b[common] = append(b[common], next)
}

func sortBranches(list []branch) []branch {
	compare := func(x, y branch) int { return cmp.Or(bytes.Compare(x.key, y.key), strings.Compare(x.part, y.part)) }
	slices.SortFunc(list, func(x, y branch) int { return cmp.Or(compare(x, y), strings.Compare(x.start, y.start)) })
	list = slices.CompactFunc(list, func(x, y branch) bool { return compare(x, y) == 0 })
	for i := range list {
		switch {
		case i == 0:
			list[i].other = -1
		case list[i].part == list[i-1].part:
			list[i].other = list[i-1].other
		default:
			list[i].other = i - 1
		}
	}
	return list
}

// before returns the start of the last branch that is before a version and comes after a bound of
// another branch.
func (b branches) before(high string) (start string, ok bool) {
	key, common, last := version.Key(high), "", branch{}
	parts := strings.Split(high, ".")
	for _, part := range parts[:min(len(parts)-1, maxParts)] {
		list := b[common]
		at, _ := slices.BinarySearchFunc(list, key, func(x branch, key []byte) int { return bytes.Compare(x.key, key) })
		if at--; at >= 0 && list[at].part == part {
			at = list[at].other
		}
		if at >= 0 && (!ok || bytes.Compare(list[at].key, last.key) > 0) {
			last, ok = list[at], true
		}
		common += "." + part
	}
	return last.start, ok
}

// successor adds one to the last part of a version.
func successor(parts []string) (string, bool) {
	last, err := strconv.Atoi(parts[len(parts)-1])
	if err != nil {
		return "", false
	}
	return strings.Join(append(parts[:len(parts)-1:len(parts)-1], strconv.Itoa(last+1)), "."), true
}

func compareKeys(a, b string) int { return bytes.Compare(version.Key(a), version.Key(b)) }
