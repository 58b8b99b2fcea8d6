package policy

import (
	"cmp"
	"errors"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// nft reads files of nft(8). It understands what decides about other packets: chains, their hooks and policies, rules
// without a condition, includes and "flush ruleset".
type nft struct {
	m      *facts.Machine
	chains ruleset
	files  int
	lost   string
	err    error
}

// maxNftFiles bounds the files that one includes.
const maxNftFiles = 200

var errNft = errors.New("rules of nft include too many files, or have too many blocks in blocks")

// add adds a file.
func (n *nft) add(file string, data []byte, depth int) {
	if n.files++; n.files > maxNftFiles || depth > maxIncludes {
		n.lost, n.err = file, errNft
		return
	}
	var open []string // the blocks around a statement: "table inet filter", "chain input"
	for _, s := range nftStatements(data) {
		words := strings.Fields(s.text)
		switch {
		case s.end == '}':
			n.statement(open, words)
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		case s.end == '{':
			if len(open) == maxIncludes {
				n.lost, n.err = file, errNft
				return
			}
			open = append(open, strings.Join(n.block(open, words), " "))
		case len(words) > 1 && words[0] == "include":
			n.include(strings.Trim(words[1], `"'`), file, depth)
		default:
			n.statement(open, words)
		}
		if n.err != nil {
			return
		}
	}
}

// include adds the files of an include, which may have wildcards.
func (n *nft) include(name, from string, depth int) {
	if !strings.HasPrefix(name, "/") {
		name = "/etc/" + strings.TrimPrefix(name, "./")
	}
	files, err := n.m.Glob(strings.TrimPrefix(path.Clean(name), "/"))
	if err != nil {
		n.lost, n.err = from, err
		return
	}
	for _, file := range files {
		data, err := n.m.Read(file)
		if err != nil {
			n.lost, n.err = file, err
			return
		}
		n.add(file, data, depth+1)
	}
}

// block returns the words of a block that opens, and knows its chain.
func (n *nft) block(open, words []string) []string {
	if len(words) > 0 && (words[0] == "add" || words[0] == "create") {
		words = words[1:]
	}
	if len(words) > 1 && words[0] == "table" && len(words) == 2 {
		words = []string{"table", "ip", words[1]}
	}
	n.chainOf(append(open[:len(open):len(open)], strings.Join(words, " ")))
	return words
}

// chainOf returns the chain in whose block a statement stands, or nil.
func (n *nft) chainOf(open []string) *chain {
	if len(open) == 0 {
		return nil
	}
	last := strings.Fields(open[len(open)-1])
	if len(last) < 2 || last[0] != "chain" {
		return nil
	}
	key := strings.Join(last[1:], " ") // "chain inet filter input {" of one command
	if len(last) == 2 && len(open) > 1 {
		key = strings.TrimPrefix(open[len(open)-2], "table ") + " " + last[1]
	}
	if n.chains[key] == nil && len(n.chains) < maxModules {
		n.chains[key] = &chain{table: key[:max(0, strings.LastIndexByte(key, ' '))]}
	}
	return n.chains[key]
}

// statement does a statement.
func (n *nft) statement(open, words []string) {
	if len(words) > 1 && words[0] == "flush" && words[1] == "ruleset" {
		n.chains = ruleset{}
		return
	}
	if len(words) > 5 && (words[0] == "add" || words[0] == "insert") && words[1] == "rule" {
		n.chainOf([]string{"chain " + strings.Join(words[2:5], " ")}).rule(words[5:])
		return
	}
	c := n.chainOf(open)
	switch {
	case c == nil || len(words) == 0:
	case words[0] == "type":
		c.policy = cmp.Or(c.policy, "accept")
		for i := range len(words) - 1 {
			c.input = c.input || words[i] == "hook" && words[i+1] == "input"
		}
		if words[1] != "filter" {
			c.input = false
		}
	case words[0] == "policy" && len(words) > 1:
		c.policy = words[1]
	default:
		c.rule(words)
	}
}

// rule adds a rule, if it has no condition and decides: it ends with a verdict before which only counters stand.
func (c *chain) rule(words []string) {
	if c == nil {
		return
	}
	for i, word := range words {
		switch word {
		case "jump", "goto":
			if i+1 < len(words) {
				c.rules = append(c.rules, word+" "+c.table+" "+words[i+1])
			}
			return
		case "accept", "drop", "reject", "return":
			if i+1 == len(words) || word == "reject" && words[i+1] == "with" || words[i+1] == "comment" {
				c.rules = append(c.rules, word)
			}
			return
		case "counter":
		default:
			return
		}
	}
}

// nftStatement is a text up to ";", a line's end, "{" or "}".
type nftStatement struct {
	text string
	end  byte
}

// nftStatements splits a file. A "{" that belongs to a set, as in "tcp dport { 22, 80 } accept", stays where it is.
func nftStatements(data []byte) []nftStatement {
	var all []nftStatement
	var text strings.Builder
	inRule := false // a "{" of this statement belongs to a set
	end := func(c byte) {
		if s := strings.TrimSpace(text.String()); s != "" || c == '}' {
			all = append(all, nftStatement{s, c})
		}
		text.Reset()
		inRule = false
	}
	sets, quoted := 0, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quoted || c == '"':
			if c == '"' {
				quoted = !quoted
			}
			text.WriteByte(c)
		case c == '#':
			for i+1 < len(data) && data[i+1] != '\n' {
				i++
			}
		case c == '\\' && i+1 < len(data) && data[i+1] == '\n':
			i++
			text.WriteByte(' ')
		case c == '{' && !inRule && opensBlock(text.String()):
			end(c)
		case c == '{':
			inRule = true
			sets++
			text.WriteByte(c)
		case c == '}' && sets > 0:
			sets--
			text.WriteByte(c)
		case c == '}':
			end(c)
		case (c == ';' || c == '\n') && sets == 0:
			end(c)
		default:
			text.WriteByte(c)
		}
	}
	end('\n')
	return all
}

// blockWords are the words that may stand between the kind of a block and its "{", at least and at most: a family, a
// table, a name. Of a kind that is also a condition or an action of a rule they are only a name.
var blockWords = map[string][2]int{
	"table": {1, 2}, "chain": {1, 3}, "set": {1, 3}, "map": {1, 3}, "flowtable": {1, 3}, "counter": {1, 1}, "quota": {1, 1},
	"limit": {1, 1}, "secmark": {1, 1}, "synproxy": {1, 1}, "ct helper": {1, 1}, "ct timeout": {1, 1}, "ct expectation": {1, 1},
}

// opensBlock reports whether a "{" after a text opens a block of statements.
func opensBlock(text string) bool {
	var words []string
	for word := range strings.FieldsSeq(text) {
		if words = append(words, word); len(words) > 6 {
			return false
		}
	}
	if len(words) > 0 && (words[0] == "add" || words[0] == "create") {
		words = words[1:]
	}
	kind := 1
	if len(words) > 1 && words[0] == "ct" {
		kind = 2
	}
	if len(words) < kind {
		return false
	}
	bounds, known := blockWords[strings.Join(words[:kind], " ")]
	return known && len(words)-kind >= bounds[0] && len(words)-kind <= bounds[1]
}
