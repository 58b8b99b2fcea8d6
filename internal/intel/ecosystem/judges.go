package ecosystem

import (
	"slices"
	"strings"
)

// Judges reports whether any release of any distribution of the table is judged by an ecosystem of
// that name ("Debian:12"; "Red Hat:openshift:4" is none).
func Judges(name string) bool {
	for i := range distributions {
		d := &distributions[i]
		if slices.ContainsFunc(slices.Concat(d.Channels, d.Paid, d.Instead), func(p string) bool { return fits(p, name) }) {
			return true
		}
	}
	return false
}

// fits reports whether a channel's pattern may stand for a name: its fixed texts are in it, in order,
// and something is in the place of each placeholder and each *.
func fits(pattern, name string) bool {
	fixed, rest, open := cutMark(pattern)
	name, ok := strings.CutPrefix(name, fixed)
	if !ok || !open {
		return ok && name == ""
	}
	for i := 1; i <= len(name); i++ {
		if fits(rest, name[i:]) {
			return true
		}
	}
	return false
}

// cutMark cuts a pattern around its first placeholder or *.
func cutMark(pattern string) (before, after string, found bool) {
	i := strings.IndexAny(pattern, "{*")
	if i < 0 {
		return pattern, "", false
	}
	if pattern[i] == '{' {
		_, after, _ = strings.Cut(pattern[i:], "}")
		return pattern[:i], after, true
	}
	return pattern[:i], pattern[i+1:], true
}
