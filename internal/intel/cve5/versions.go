package cve5

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// readVersions reads an entry's versions list. complement says that the list names the unaffected
// versions and all others are affected (trap 6): the first range is then the zero one. A list
// without a usable version returns nothing.
func readVersions(entry product) (versions []intel.Range, complement bool) {
	byExceptions := entry.DefaultStatus == affected && !slices.ContainsFunc(entry.Versions, endsSomewhere)
	for _, item := range entry.Versions {
		ranges, usable := item.read(byExceptions)
		if byExceptions && !usable && item.Status == unaffected {
			return nil, false // without an unreadable exception fixed versions would count as affected
		}
		versions = append(versions, ranges...)
	}
	if byExceptions && slices.ContainsFunc(versions, isUnaffected) {
		exceptions := slices.DeleteFunc(versions, func(r intel.Range) bool { return !r.Unaffected })
		return distinct(map[intel.Range]bool{}, nil, append([]intel.Range{{}}, exceptions...)), true
	}
	return distinct(map[intel.Range]bool{}, nil, versions), false
}

func isUnaffected(r intel.Range) bool { return r.Unaffected }

// endsSomewhere reports whether an item itself says which versions are affected. A CNA that writes
// such items beside defaultStatus "affected" means the items and not the default.
func endsSomewhere(v version) bool {
	return v.Status == affected && (v.LessThan != "" || v.LessThanOrEqual != "" || hasOperator(v.Version))
}

// end returns the upper bound of an item, as written; "" if it has none.
func (v *version) end() string {
	if v.LessThan != "" {
		return plain(v.LessThan)
	}
	return plain(v.LessThanOrEqual)
}

// begin sets where an item's branch begins: its lower bound by a habit, "" for none.
func (v *version) begin(low string) { v.Version, v.begun = low, low != "" }

// isPoint reports whether an item of a record has two equal bounds, in whatever spelling: "8.0 < 8.0.0".
func (v *version) isPoint() bool {
	return !v.begun && v.end() != "" && intel.SameVersion(plain(v.Version), v.end())
}

// isOpen reports whether an item of a record has no lower bound: a word for none, or the upper bound again,
// which means everything before it (pointed).
func (v *version) isOpen() bool { return isFirst(plain(v.Version)) || v.LessThan != "" && v.isPoint() }

// read reads one item. usable is false if it says nothing clear.
func (v version) read(complement bool) (ranges []intel.Range, usable bool) {
	if v.Status != affected && v.Status != unaffected || !v.comparable() {
		return nil, false
	}
	switch {
	case v.LessThan != "" || v.LessThanOrEqual != "":
		return v.span()
	case hasOperator(v.Version):
		r, ok := constraint(v.Version)
		r.Unaffected = v.Status == unaffected
		return only(r, ok)
	}
	return v.single(complement)
}

func only(r intel.Range, ok bool) ([]intel.Range, bool) {
	if !ok {
		return nil, false
	}
	return []intel.Range{r}, true
}

// comparable excludes versions with other orders: rpm versions, which the distribution's feed
// covers, and commits.
func (v version) comparable() bool {
	switch strings.ToLower(v.Type) {
	case "rpm", "rpm, exe":
		return false
	case "git":
		return strings.Contains(v.Version+v.LessThan+v.LessThanOrEqual, ".")
	}
	return true
}

// single reads an item with one version. In a complement it is the first fixed version, so all
// later ones count as fixed, too.
func (v version) single(complement bool) ([]intel.Range, bool) {
	text := plain(v.Version)
	r := intel.Range{Unaffected: v.Status == unaffected}
	branch, wild := cutWildcard(text)
	switch {
	case wild:
		end, ok := intel.AfterAll(branch)
		r.Low, r.High = branch, end
		return only(r, ok && intel.IsBound(branch))
	case complement && r.Unaffected:
		r.Low = text
		return only(r, intel.IsBound(text))
	case text == "0":
		return nil, false
	}
	r.Exact = text
	return only(r, intel.IsVersion(text))
}

// span reads a range, which changes may cut into pieces with other statuses.
func (v version) span() ([]intel.Range, bool) {
	whole, ok := v.bounds()
	if !ok {
		return nil, false
	}
	whole.Unaffected = v.Status == unaffected
	var pieces []intel.Range
	rest, status := whole, v.Status
	for _, c := range v.Changes {
		at := plain(c.At)
		if !intel.IsBound(at) {
			return nil, false
		}
		before := rest
		before.High, before.HighIncluded = at, false
		pieces = v.keep(pieces, before, status)
		rest.Low, rest.LowExcluded, status = at, false, c.Status
	}
	pieces = v.keep(pieces, rest, status)
	return pieces, len(pieces) > 0
}

// keep adds a piece of a range unless it is empty or only says that an affected range ends there:
// the part after a fix may reach into the next branch, which has its own range.
func (v version) keep(pieces []intel.Range, r intel.Range, status string) []intel.Range {
	if r.Low != "" && r.Low == r.High && !r.HighIncluded {
		return pieces
	}
	if status != affected && (status != unaffected || v.Status == affected) {
		return pieces
	}
	r.Unaffected = status == unaffected
	return append(pieces, r)
}

// bounds reads the item's lower and upper bound. An unclear upper bound makes the item useless; a
// lower bound that means "the first" leaves the range open. An item that ends where its branch begins says
// that nothing in the branch is affected.
func (v version) bounds() (intel.Range, bool) {
	var r intel.Range
	if !readLow(&r, v.Version) || !readHigh(&r, v.LessThan, v.LessThanOrEqual) {
		return r, false
	}
	same := r.Low != "" && r.High != "" && intel.SameVersion(r.Low, r.High)
	switch {
	case same && v.begun:
		return r, r.HighIncluded && !r.LowExcluded
	case same && !r.HighIncluded, r.Low != "" && r.Low == r.High:
		return v.pointed(r), true
	}
	return r, true
}

// pointed reads a range with two equal bounds. Literally it is empty or that one version; Chrome's
// and HackerOne's records mean everything before it (trap 4).
func (v version) pointed(r intel.Range) intel.Range {
	if r.HighIncluded || v.Status == unaffected {
		return intel.Range{Exact: r.Low}
	}
	return intel.Range{High: r.High}
}

func readLow(r *intel.Range, text string) bool {
	text = plain(text)
	if rest, ok := strings.CutPrefix(text, ">="); ok {
		text = strings.TrimSpace(rest)
	} else if rest, ok := strings.CutPrefix(text, ">"); ok {
		text, r.LowExcluded = strings.TrimSpace(rest), true
	}
	if isFirst(text) {
		return !r.LowExcluded
	}
	r.Low, _ = cutWildcard(text)
	return intel.IsBound(r.Low)
}

// isFirst reports whether a lower bound means "from the first version".
func isFirst(text string) bool {
	switch strings.ToLower(text) {
	case "", "0", "*", "-", "n/a", "unspecified", "unknown", "all", "all versions", "any", "none":
		return true
	}
	return false
}

// readHigh reads an upper bound: "*" is none, "5.10.*" is the end of a branch.
func readHigh(r *intel.Range, lessThan, lessThanOrEqual string) bool {
	text, included := plain(lessThan), false
	if lessThan == "" {
		text, included = plain(lessThanOrEqual), true
	}
	if rest, ok := strings.CutPrefix(text, "<="); ok {
		text, included = strings.TrimSpace(rest), true
	} else if rest, ok := strings.CutPrefix(text, "<"); ok {
		text, included = strings.TrimSpace(rest), false
	}
	if text == "*" {
		return true
	}
	if branch, wild := cutWildcard(text); wild {
		end, ok := intel.AfterAll(branch)
		r.High = end
		return ok && intel.IsBound(branch)
	}
	r.High, r.HighIncluded = text, included
	return intel.IsBound(text)
}

// plain returns a version text without the backslashes that CISA copies from CPEs ("12.0\\(24\\)s"), and without
// the dots that are there twice: in all records that have them they are slips ("10.0.20348..2762" of Microsoft), and
// people are to read such a bound as the version to update to. Three dots stay: they mean a range.
func plain(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, `\`, ""))
	if strings.Contains(text, "...") {
		return text
	}
	return strings.ReplaceAll(text, "..", ".")
}

// cutWildcard removes the parts of a branch that mean any number ("5.10.*", "4.4.x.x").
func cutWildcard(text string) (branch string, wild bool) {
	branch = text
	for {
		cut := strings.TrimSuffix(strings.TrimSuffix(branch, ".*"), ".x")
		if cut == branch {
			return branch, branch != text
		}
		branch = cut
	}
}

// distinct appends ranges to a list that were not seen before.
func distinct(seen map[intel.Range]bool, list, ranges []intel.Range) []intel.Range {
	for _, r := range ranges {
		if !seen[r] {
			seen[r] = true
			list = append(list, r)
		}
	}
	return list
}
