package facts

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// truth says whether a Match block is about a connection.
type truth uint8

const (
	never truth = iota
	some        // some connections, or some that root makes
	always
)

// block is where a line of sshd_config stands.
type block struct {
	inner bool  // in a Match block
	holds truth // for connections of anybody
	root  truth // for connections of root
}

// account is who asks for a connection.
type account struct {
	name   string
	groups []string
	left   int // comparisons of a name with a pattern that may still be made
}

// maxComparisons bounds the comparisons of names with patterns in all conditions.
const maxComparisons = 1_000_000

var errComparisons = fmt.Errorf("conditions of Match need more than %d comparisons", maxComparisons)

// matchesAny reports whether a list of patterns holds for one of the names.
func (who *account) matchesAny(names, patterns []string) bool {
	if who.left -= len(names) * len(patterns); who.left < 0 {
		return false
	}
	return matchesAny(names, patterns)
}

// rootAccount returns root with the groups that /etc/group says; they are only those of its id if that cannot be read.
func (m *Machine) rootAccount() account {
	who := account{"root", []string{"root"}, maxComparisons}
	data, err := m.Read("etc/group")
	if err != nil {
		return who
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) == 4 && (fields[2] == "0" || slices.Contains(strings.Split(fields[3], ","), "root")) {
			who.groups = append(who.groups, fields[0])
		}
	}
	return who
}

// match returns for whom the conditions of a Match line hold. Newer releases also allow "User=root".
func (who *account) match(arguments []string) block {
	b := block{holds: always, root: always}
	for len(arguments) > 0 {
		name, value, joined := strings.Cut(arguments[0], "=")
		arguments = arguments[1:]
		name = strings.ToLower(name)
		if name == "all" && !joined {
			continue
		}
		if name != "invalid-user" && !joined {
			if len(arguments) == 0 {
				return block{} // sshd would not start
			}
			value, arguments = arguments[0], arguments[1:]
		}
		anybody, root := who.condition(name, value)
		b.holds, b.root = min(b.holds, anybody), min(b.root, root)
	}
	return b
}

// condition returns for whom one condition holds.
func (who *account) condition(name, value string) (anybody, root truth) {
	patterns := strings.Split(value, ",")
	switch name {
	case "user":
		return generally(patterns), certain(who.matchesAny([]string{who.name}, patterns))
	case "group":
		return generally(patterns), certain(who.matchesAny(who.groups, patterns))
	case "invalid-user":
		return some, never
	case "address":
		if slices.Contains(patterns, "0.0.0.0/0") && slices.Contains(patterns, "::/0") && !negates(patterns) {
			return always, always
		}
		return generally(patterns), generally(patterns)
	}
	return generally(patterns), generally(patterns)
}

// generally returns for whom a list of patterns holds, of which no name is known.
func generally(patterns []string) truth {
	if slices.Contains(patterns, "*") && !negates(patterns) {
		return always
	}
	return some
}

func certain(holds bool) truth {
	if holds {
		return always
	}
	return never
}

func negates(patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return strings.HasPrefix(pattern, "!") })
}

// matchesAny reports whether a list of patterns holds for one of names: at least one matches, and none that is negated.
func matchesAny(names, patterns []string) bool {
	matched := false
	for _, pattern := range patterns {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if matched && !negated {
			continue
		}
		pattern = patternEscape.Replace(pattern)
		for _, name := range names {
			if match, err := path.Match(pattern, name); err == nil && match {
				if negated {
					return false
				}
				matched = true
			}
		}
	}
	return matched
}

// patternEscape makes a pattern of "*" and "?" one of package path.
var patternEscape = strings.NewReplacer("[", `\[`, `\`, `\\`)
