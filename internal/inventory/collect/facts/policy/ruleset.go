package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// chain is a list of rules of nftables or iptables.
type chain struct {
	table string // its family and table, before the name
	// input says that packets from outside meet it, other than by a jump.
	input bool
	// policy is what happens to packets that reach the end; "" if they go back to where they came from.
	policy string
	// rules are those without a condition: accept, drop, reject, return, or jump and goto with a chain's key.
	rules []string
}

// ruleset has chains by key: family, table and name.
type ruleset map[string]*chain

// decide returns what a chain does with packets that no rule is about; "" if they go back. Chains on the way there are
// in known, so that each is asked once, and one that jumps to itself decides nothing.
func (s ruleset) decide(key string, known map[string]string) string {
	c := s[key]
	if decided, asked := known[key]; asked || c == nil {
		return decided
	}
	known[key] = ""
	known[key] = func() string {
		for _, rule := range c.rules {
			verb, to, _ := strings.Cut(rule, " ")
			switch verb {
			case "accept", "drop", "reject":
				return verb
			case "jump", "goto":
				if decided := s.decide(to, known); decided != "" {
					return decided
				}
			}
			if verb != "jump" {
				break
			}
		}
		return c.policy
	}()
	return known[key]
}

// input returns what happens to packets from outside that no rule is about, by the chains of some families; "" if none
// is for them. One chain that refuses them is enough.
func (s ruleset) input(families ...string) string {
	policy := ""
	for key, c := range s {
		if family, _, _ := strings.Cut(key, " "); !c.input || !slices.Contains(families, family) {
			continue
		}
		own := s.decide(key, map[string]string{})
		if policy == "" || policy == "accept" || own == "drop" {
			policy = own
		}
	}
	return policy
}

// together tells what happens to packets of IPv4 and of IPv6. A firewall of which rules are about one of them alone
// accepts the other, if the machine has both.
func together(m *facts.Machine, v4, v6 string) string {
	if v4 == "" && v6 == "" {
		return ""
	}
	v4, v6 = cmp.Or(v4, "accept"), cmp.Or(v6, "accept")
	if (v4 == "accept") == (v6 == "accept") || v4 != "accept" && facts.WithoutIPv6(m) {
		return v4
	}
	return "IPv4 " + v4 + ", IPv6 " + v6
}

// iptables adds the rules of the table filter of a file of iptables-save(8).
func (s ruleset) iptables(family string, data []byte) {
	table := family
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(withoutComment(line))
		switch {
		case len(words) == 0:
		case words[0][0] == '*':
			table = family + " " + words[0][1:]
		case table != family+" filter":
		case words[0][0] == ':' && len(words) > 1:
			c := &chain{table: table, input: words[0] == ":INPUT"}
			if c.input {
				c.policy = strings.ToLower(words[1])
			}
			s[table+" "+words[0][1:]] = c
		case len(words) >= 4 && words[0] == "-A" && s[table+" "+words[1]] != nil:
			s[table+" "+words[1]].target(words[2], words[3])
		}
	}
}

// target adds a rule of iptables that has no condition.
func (c *chain) target(option, name string) {
	switch {
	case option == "-g":
		c.rules = append(c.rules, "goto "+c.table+" "+name)
	case option != "-j":
	case name == "ACCEPT" || name == "DROP" || name == "REJECT" || name == "RETURN":
		c.rules = append(c.rules, strings.ToLower(name))
	default: // a chain, or what is no verdict, such as LOG
		c.rules = append(c.rules, "jump "+c.table+" "+name)
	}
}

// withoutComment removes the comment of a rule of iptables, which is no condition.
func withoutComment(line string) string {
	before, rest, found := strings.Cut(line, " -m comment --comment ")
	if !found {
		return line
	}
	if strings.HasPrefix(rest, `"`) {
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return before + rest[i+1:]
			}
		}
		return before
	}
	_, after, _ := strings.Cut(rest, " ")
	return before + " " + after
}
