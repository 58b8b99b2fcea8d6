package manual

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// command is one command of the program with what a shell or a page says about it. The program
// itself is the command without a path.
type command struct {
	// path is the names from the program down: client, add.
	path []string
	help string
	// detail is the long help: paragraphs, with examples and exit statuses.
	detail   string
	commands []*command
	flags    []flag
	// arguments are the names of what follows, and values what the first may be, if few.
	arguments []string
	values    []string
}

// flag is one flag of a command, or one that all commands have.
type flag struct {
	long  string // without the dashes
	short string // "" if there is none
	help  string
	// takes: a value follows. holder says what it is, such as FILE.
	takes, required bool
	holder          string
	// values are what it may be, if few.
	values []string
	// variables give the value if the flag is absent.
	variables []string
	standard  string
}

// isFile tells whether the value names a file or folder.
func (f *flag) isFile() bool { return f.holder == "FILE" || f.holder == "DIR" }

// key names a command in scripts: "/client/add", "" for the program.
func (c *command) key() string {
	var b strings.Builder
	for _, name := range c.path {
		b.WriteString("/" + name)
	}
	return b.String()
}

// all calls yield with a command and all below it, parents first.
func (c *command) all(yield func(*command)) {
	yield(c)
	for _, one := range c.commands {
		one.all(yield)
	}
}

// read makes the commands of a model.
func read(app *kong.Application) *command { return readNode(app.Node, nil) }

func readNode(n *kong.Node, path []string) *command {
	c := &command{path: path, help: n.Help, detail: n.Detail}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			c.flags = append(c.flags, readFlag(f))
		}
	}
	slices.SortFunc(c.flags, func(a, b flag) int { return strings.Compare(a.long, b.long) })
	for i, argument := range n.Positional {
		name := strings.ToUpper(argument.Name)
		if argument.IsSlice() {
			name += "..."
		}
		if !argument.Required {
			name = "[" + name + "]"
		}
		c.arguments = append(c.arguments, name)
		if i == 0 {
			c.values = listed(argument.Enum)
		}
	}
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			c.commands = append(c.commands, readNode(child, append(slices.Clone(path), child.Name)))
		}
	}
	return c
}

func readFlag(f *kong.Flag) flag {
	one := flag{long: f.Name, help: f.Help, takes: !f.IsBool() && !f.IsCounter(), required: f.Required,
		values: listed(f.Enum), variables: f.Envs, standard: f.Default}
	if f.Short != 0 {
		one.short = string(f.Short)
	}
	if one.takes {
		one.holder = f.FormatPlaceHolder()
		if f.PlaceHolder != "" {
			one.holder = f.PlaceHolder
		} else if len(one.values) > 0 {
			one.holder = strings.Join(one.values, "|")
		} else {
			one.holder = "VALUE"
		}
	}
	return one
}

// listed splits the values of an enumeration; "" is none of them.
func listed(enum string) []string {
	if enum == "" {
		return nil
	}
	return slices.DeleteFunc(strings.Split(enum, ","), func(v string) bool { return v == "" })
}
