package benchmark

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fileVersion is the version of a file of checks that this program reads.
const fileVersion = 1

// document is one file of checks.
type document struct {
	checks []*Definition
	// without are the ids of checks of earlier layers that are left out.
	without []entry
}

// entry is a text and where it stands.
type entry struct {
	text string
	line int
}

// decoder reads one file of checks, a YAML document without aliases. It goes on after a fault, so that
// people see all of them at once.
type decoder struct {
	file   string
	faults faults
	check  string // the id of the check that is read
}

// decode reads the text of a file.
func (d *decoder) decode(data []byte) *document {
	f := new(document)
	reader := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	if err := reader.Decode(&root); err == io.EOF {
		d.fault(0, "the file is empty")
		return f
	} else if err != nil {
		d.fault(0, "%v", err) // yaml's text has the line
		return f
	}
	var next yaml.Node
	if err := reader.Decode(&next); err != io.EOF {
		d.fault(next.Line, "a second document follows")
		return f
	}
	version := 0
	d.fields(root.Content[0], map[string]func(*yaml.Node){
		"version": func(n *yaml.Node) { d.into(n, &version, "a number") },
		"checks":  func(n *yaml.Node) { d.list(n, func(n *yaml.Node) { f.checks = append(f.checks, d.definition(n)) }) },
		"without": func(n *yaml.Node) { d.list(n, func(n *yaml.Node) { f.without = append(f.without, d.entry(n)) }) },
	})
	if version != fileVersion && len(d.faults) == 0 {
		d.fault(root.Content[0].Line, "version %d, but this program reads %d", version, fileVersion)
	}
	return f
}

// definition reads one check.
func (d *decoder) definition(n *yaml.Node) *Definition {
	c := &Definition{File: d.file, Line: n.Line}
	d.check = scalar(n, "id")
	texts := func(to *[]string) func(*yaml.Node) {
		return func(n *yaml.Node) { d.into(n, to, "a list of texts") }
	}
	text := func(to *string) func(*yaml.Node) { return func(n *yaml.Node) { d.into(n, to, "a text") } }
	d.fields(n, map[string]func(*yaml.Node){
		"id": text(&c.ID), "name": text(&c.Name), "category": text(&c.Category), "subcategory": text(&c.Subcategory),
		"impact":     func(n *yaml.Node) { d.into(n, &c.Impact, "a number") },
		"userImpact": func(n *yaml.Node) { d.into(n, &c.UserImpact, "true or false") },
		"judges":     func(n *yaml.Node) { d.into(n, &c.Judges, "running, configured or both") },
		"software":   texts(&c.Software),
		"platforms":  texts(&c.Platforms), "facts": texts(&c.Facts), "applies": text(&c.Applies), "compliant": text(&c.Compliant),
		"remediation": text(&c.Remediation), "command": text(&c.Command), "references": texts(&c.References),
		"cases": func(n *yaml.Node) { d.cases(n, &c.Cases) },
	})
	c.Applies, c.Compliant = strings.TrimSpace(c.Applies), strings.TrimSpace(c.Compliant)
	d.check = ""
	return c
}

// cases reads the cases of a check.
func (d *decoder) cases(n *yaml.Node, c *Cases) {
	const want = "a list of facts: by family and name, all values texts"
	d.fields(n, map[string]func(*yaml.Node){
		"compliant":     func(n *yaml.Node) { d.into(n, &c.Compliant, want) },
		"nonCompliant":  func(n *yaml.Node) { d.into(n, &c.NonCompliant, want) },
		"notApplicable": func(n *yaml.Node) { d.into(n, &c.NotApplicable, want) },
		"silent":        func(n *yaml.Node) { d.into(n, &c.Silent, want) },
	})
}

// fields reads the members of a mapping, each with its function.
func (d *decoder) fields(n *yaml.Node, read map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.fault(n.Line, "want members with names here")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		switch field := read[name.Value]; {
		case name.Kind != yaml.ScalarNode || field == nil:
			d.fault(name.Line, "%.40q is not known here", name.Value)
		case seen[name.Value]:
			d.fault(name.Line, "%q is repeated", name.Value)
		default:
			seen[name.Value] = true
			field(n.Content[i+1])
		}
	}
}

// list reads the entries of a list.
func (d *decoder) list(n *yaml.Node, read func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		d.fault(n.Line, "want a list here")
		return
	}
	for _, entry := range n.Content {
		read(entry)
	}
}

func (d *decoder) entry(n *yaml.Node) entry {
	e := entry{line: n.Line}
	d.into(n, &e.text, "a text")
	return e
}

// into decodes a value; want says what it should be.
func (d *decoder) into(n *yaml.Node, to any, want string) {
	if hasAlias(n) {
		d.fault(n.Line, "aliases of YAML are not read")
		return
	}
	if err := n.Decode(to); err != nil {
		d.fault(n.Line, "want %s here", want)
	}
}

func (d *decoder) fault(line int, format string, values ...any) {
	d.faults = append(d.faults, Fault{File: d.file, Line: line, Check: d.check, Text: fmt.Sprintf(format, values...)})
}

// hasAlias reports whether a value has an alias: a few lines of them can mean gigabytes.
func hasAlias(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return true
	}
	for _, child := range n.Content {
		if hasAlias(child) {
			return true
		}
	}
	return false
}

// scalar returns the text of a member of a mapping, "" if there is none.
func scalar(n *yaml.Node, name string) string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name && n.Content[i+1].Kind == yaml.ScalarNode {
			return n.Content[i+1].Value
		}
	}
	return ""
}
