package facts

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Limits of sshd's Include.
const (
	maxIncludeDepth = 16
	maxIncludeFiles = 256
)

var errIncludes = fmt.Errorf("more than %d included files, or more than %d levels", maxIncludeFiles, maxIncludeDepth)

// sshdRepeated are the options whose values are joined when they are repeated; for all others the
// first value counts (sshd_config(5)).
var sshdRepeated = [...]string{
	"AcceptEnv", "AllowGroups", "AllowUsers", "DenyGroups", "DenyUsers", "HostCertificate", "HostKey",
	"ListenAddress", "Port", "SetEnv",
}

// matchKey begins the key that has the values of an option that connections get in the place of the common one.
const matchKey = "Match "

// sshdConfig resolves the options of sshd as it does itself: first those of its command line, then sshd_config and the
// files that it includes.
type sshdConfig struct {
	*Machine
	who   account // as whom PermitRootLogin is asked
	found *Found
	// decided are the options that a Match block which is always true has set: they come before all else.
	decided map[string]bool
	// fixed are the options that the command line replaces altogether, repeated ones too.
	fixed map[string]bool
	files int
	lost  bool // a file could not be read, which may have set anything that is not set yet
}

// sshd reads the options that hold for a connection that no condition is about and, as "Match OPTION", the values
// that others get. PermitRootLogin is asked as root.
func sshd(m *Machine) (*Found, error) {
	line := m.sshdCommand()
	file := line.file
	if file == "" {
		file = m.etc("ssh/sshd_config")
	}
	if file == "" {
		return nil, nil
	}
	c := &sshdConfig{Machine: m, who: m.rootAccount(), found: NewFound(),
		decided: map[string]bool{}, fixed: map[string]bool{}}
	for _, o := range line.options {
		c.line(o.text, o.origin)
	}
	for option := range c.found.Values {
		c.fixed[option] = option == "Port" && line.port
	}
	if line.err != nil {
		c.Lose(c.found, Any, line.unread, line.err)
		c.lost = true
	}
	if err := c.read(file, 0, block{holds: always}); err != nil {
		return nil, err
	}
	if c.who.left < 0 {
		return nil, errComparisons
	}
	return c.found, nil
}

// line sets the option of a line of the command line.
func (c *sshdConfig) line(text, origin string) {
	option, arguments := sshdLine(text)
	if option != "" && option != "Match" && option != "Include" && len(arguments) > 0 {
		c.add(option, strings.Join(arguments, " "), origin)
	}
}

// read adds the options of one file. A Match block ends with its file.
func (c *sshdConfig) read(file string, depth int, in block) error {
	if c.files++; c.files > maxIncludeFiles || depth > maxIncludeDepth {
		return errIncludes
	}
	data, err := c.Tree.Read(file)
	if err != nil {
		c.Lose(c.found, Any, file, err)
		c.lost = true
		return nil
	}
	number, outer := 0, in
	for line := range strings.Lines(string(data)) {
		number++
		option, arguments := sshdLine(line)
		switch {
		case option == "" || len(arguments) == 0:
		case option == "Match":
			in = c.who.match(arguments)
			if in.inner = true; outer.inner {
				in.holds, in.root = min(in.holds, outer.holds), min(in.root, outer.root)
			}
		case option == "Include":
			if err := c.include(arguments, depth+1, in); err != nil {
				return fmt.Errorf("%q: %w", file, err)
			}
		case in.inner:
			c.addMatch(in, option, strings.Join(arguments, " "), At(file, number))
		default:
			c.add(option, strings.Join(arguments, " "), At(file, number))
		}
	}
	return nil
}

// include reads the files of an Include; a relative pattern is below /etc/ssh.
func (c *sshdConfig) include(patterns []string, depth int, in block) error {
	for _, pattern := range patterns {
		if !path.IsAbs(pattern) {
			pattern = "/etc/ssh/" + pattern
		}
		files, err := c.glob(pattern)
		if err != nil {
			c.Lose(c.found, Any, pattern, err)
			c.lost = true
			continue
		}
		for _, file := range files {
			if info, err := c.Stat(file); err == nil && info.IsDir() {
				continue // sshd reads nothing from a folder
			}
			if err := c.read(file, depth, in); err != nil {
				return err
			}
		}
	}
	return nil
}

// add sets an option for all connections, unless an earlier line did. After a file that could not be read nothing more
// is certain.
func (c *sshdConfig) add(option, value, origin string) {
	_, have := c.found.Values[option]
	switch {
	case c.lost, c.decided[option], c.fixed[option]:
	case have && slices.Contains(sshdRepeated[:], option):
		c.found.Extend(option, " ", value, origin)
	case !have:
		c.found.Set(option, value, origin)
	}
}

// addMatch sets an option in a Match block. For every connection the first block counts that is about it.
func (c *sshdConfig) addMatch(in block, option, value, origin string) {
	holds := in.holds
	if option == "PermitRootLogin" {
		holds = in.root
	}
	if holds == never || c.lost || c.decided[option] {
		return
	}
	if holds == always {
		c.decided[option] = true
		c.found.Set(option, value, origin)
		return
	}
	key := matchKey + option
	switch earlier, have := c.found.Values[key]; {
	case !have:
		c.found.Set(key, value, origin)
	case len(earlier) <= maxFact && !strings.Contains("; "+earlier+"; ", "; "+value+"; "):
		c.found.Extend(key, "; ", value, origin)
	}
}

// sshdLine splits a line into its option, spelled as in sshd_config(5), and its arguments. The
// option is "" if the line has none, or an unclosed quote: sshd would not start.
func sshdLine(line string) (option string, args []string) {
	line = strings.TrimRight(line, " \t\r\n\f")
	option, rest := sshdKeyword(strings.TrimLeft(line, " \t"))
	if option == "" || option[0] == '#' {
		return "", nil
	}
	args, closed := splitArguments(rest)
	if !closed {
		return "", nil
	}
	return spellSSHD(option), args
}

// sshdKeyword splits off the first word of a line, which may be quoted and be followed by "=" (strdelim of OpenSSH).
func sshdKeyword(line string) (word, rest string) {
	end := strings.IndexAny(line, " \t\"=")
	switch {
	case end < 0:
		return line, ""
	case line[end] == '"':
		word, rest, closed := strings.Cut(line[end+1:], "\"")
		if !closed {
			return "", ""
		}
		return line[:end] + word, strings.TrimLeft(rest, " \t")
	}
	word, equals := line[:end], line[end] == '='
	rest = strings.TrimLeft(line[end+1:], " \t")
	if !equals && strings.HasPrefix(rest, "=") {
		rest = strings.TrimLeft(rest[1:], " \t")
	}
	return word, rest
}

// splitArguments splits words as OpenSSH does (argv_split): they may be quoted, in parts too, and "#" at the beginning
// of a word ends the line. closed is false if a quote is not closed.
func splitArguments(s string) (words []string, closed bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' || s[i] == '\t' {
			continue
		}
		if s[i] == '#' {
			return words, true
		}
		var word strings.Builder
		quote := byte(0)
		for ; i < len(s) && (quote != 0 || s[i] != ' ' && s[i] != '\t'); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s) && (strings.IndexByte(`'"\`, s[i+1]) >= 0 || quote == 0 && s[i+1] == ' '):
				i++
				word.WriteByte(s[i])
			case quote == 0 && (s[i] == '"' || s[i] == '\''):
				quote = s[i]
			case quote != 0 && s[i] == quote:
				quote = 0
			default:
				word.WriteByte(s[i])
			}
		}
		if words = append(words, word.String()); quote != 0 {
			return nil, false
		}
	}
	return words, true
}
