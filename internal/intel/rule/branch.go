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
// Bounds are padded with zeros to the same number of parts. Two bounds belong to different
// branches if they first differ before the last part; otherwise their ranges are united.
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

// branches lists where branches begin that come after bounds.
type branches struct {
	// parts is the number of parts of the longest bound.
	parts int
	// starts are in order, by the first parts that a bound and a version of another branch share.
	starts map[string][]branch
}

// branch is the start of the branches after a bound's.
type branch struct {
	start string
	key   []byte // of start
	// part is the bound's first part that is not shared, and other the place of the last branch
	// before with a different one; -1 if there is none.
	part  string
	other int
	// longest is the number of parts of the longest such bound, as written. whole says that one of
	// them has no narrower branch.
	longest int
	whole   bool
}

// branchesOf returns where branches begin after bounds: "116" after 115.16.1. If a version is
// itself the first of its branch, its range is empty: "before 14" beside "before 13.6" says only that
// 14 has the fix, too. But where bounds show that branches are narrower, the range begins with the
// next of these: beside 8.0.3 and 8.1.2 "before 9.0.0" begins with 8.2.
func branchesOf(bounds []string) branches {
	all := branches{starts: map[string][]branch{}}
	for _, bound := range bounds {
		all.parts = max(all.parts, min(strings.Count(bound, ".")+1, maxParts))
	}
	deepest := all.deepest(bounds)
	for _, bound := range bounds {
		written := strings.Split(bound, ".")
		narrow, narrower := branchAfter(written[:len(written)-1])
		common := ""
		padded := all.pad(written)
		for i, part := range padded[:all.parts-1] {
			if wide, ok := branchAfter(padded[:i+1]); ok {
				narrower := narrower && i < deepest && bytes.Compare(narrow.key, wide.key) < 0
				wide.part, wide.longest, wide.whole = part, len(written), !narrower
				all.starts[common] = append(all.starts[common], wide)
				if narrower {
					narrow.part = part
					all.starts[common] = append(all.starts[common], narrow)
				}
			}
			common += "." + part
		}
	}
	for common := range all.starts {
		all.starts[common] = sortBranches(all.starts[common])
	}
	return all
}

// deepest returns the number of the deepest part, before the last, by which bounds differ that share
// all parts before it.
func (b *branches) deepest(bounds []string) int {
	deepest, first := 0, map[string]string{}
	for _, bound := range bounds {
		common := ""
		for i, part := range b.pad(strings.Split(bound, "."))[:b.parts-1] {
			if known, ok := first[common]; !ok {
				first[common] = part
			} else if known != part {
				deepest = max(deepest, i)
			}
			common += "." + part
		}
	}
	return deepest
}

// pad adds zeros to the parts of a version until it has as many as the longest bound, and cuts what
// is beyond.
func (b *branches) pad(parts []string) []string {
	padded := append(make([]string, 0, b.parts), parts[:min(len(parts), b.parts)]...)
	for len(padded) < b.parts {
		padded = append(padded, "0")
	}
	return padded
}

func branchAfter(parts []string) (branch, bool) {
	if len(parts) == 0 {
		return branch{}, false
	}
	start, ok := successor(parts)
	return branch{start: start, key: version.Key(start)}, ok
}

// sortBranches sorts starts and unites equal ones.
func sortBranches(list []branch) []branch {
	compare := func(x, y branch) int { return cmp.Or(bytes.Compare(x.key, y.key), strings.Compare(x.part, y.part)) }
	slices.SortFunc(list, func(x, y branch) int { return cmp.Or(compare(x, y), strings.Compare(x.start, y.start)) })
	kept := list[:1]
	for _, next := range list[1:] {
		if last := &kept[len(kept)-1]; compare(*last, next) == 0 {
			last.longest, last.whole = max(last.longest, next.longest), last.whole || next.whole
			continue
		}
		kept = append(kept, next)
	}
	for i := range kept {
		switch {
		case i == 0:
			kept[i].other = -1
		case kept[i].part == kept[i-1].part:
			kept[i].other = kept[i-1].other
		default:
			kept[i].other = i - 1
		}
	}
	return kept
}

// before returns the start of the last branch that begins before a version and comes after a bound
// of another branch. It is the version itself if that is the first of its branch.
func (b *branches) before(high string) (start string, ok bool) {
	written := strings.Split(high, ".")
	key, common, last := version.Key(high), "", branch{}
	parts := b.pad(written)
	for _, part := range parts[:max(b.parts-1, 0)] {
		list := b.starts[common]
		at, found := slices.BinarySearchFunc(list, key, func(x branch, key []byte) int { return bytes.Compare(x.key, key) })
		if found && isFirst(list[at:], key, part, len(written)) {
			return high, true
		}
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

// isFirst reports whether a version, of which only a key and a number of written parts is given,
// is the first of the branch after that of a bound, which list begins with.
func isFirst(list []branch, key []byte, part string, written int) bool {
	for _, b := range list {
		if !bytes.Equal(b.key, key) {
			return false
		}
		if b.part != part && (b.whole || b.longest > written) {
			return true
		}
	}
	return false
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
