package manual

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
)

// Man is `muster man`.
type Man struct {
	Dir string `arg:"" help:"Folder for the pages, such as /usr/local/share/man/man1; made if it is absent."`
}

// Help is the long part of the command's help.
func (Man) Help() string {
	return `Writes a manual page for each command: muster.1, muster-serve.1, muster-client-add.1 and so on. Files of the same names are replaced.

Examples:

    muster man /usr/local/share/man/man1
    muster man man1 && man man1/muster-serve.1

Exit statuses: 0 written, 1 failed, 2 wrong usage.`
}

// Run writes the pages.
func (m *Man) Run(k *kong.Context, t *console.Terminal) error {
	if err := os.MkdirAll(m.Dir, 0o755); err != nil {
		return fmt.Errorf("making a folder for manual pages: %w", err)
	}
	written := 0
	var failed error
	root := read(k.Model)
	root.all(func(c *command) {
		if failed != nil {
			return
		}
		failed = os.WriteFile(filepath.Join(m.Dir, c.page()+".1"), roff(c, root, t.Version), 0o644)
		written++
	})
	if failed != nil {
		return fmt.Errorf("writing manual pages: %w", failed)
	}
	_, err := fmt.Fprintf(t.Out, "%d pages in %s\n", written, m.Dir)
	return err
}

// page is the name of a command's page.
func (c *command) page() string { return strings.Join(append([]string{"muster"}, c.path...), "-") }

// line is the command as it is typed.
func (c *command) line() string { return strings.Join(append([]string{"muster"}, c.path...), " ") }

// roff returns the manual page of a command, in the macros of man(7). The same program gives the
// same bytes: there is no date.
func roff(c, root *command, version string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH %s 1 \"\" %s %s\n", upper(c.page()), quotedRoff("muster "+version), quotedRoff("muster manual"))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", escape(c.page()), escape(summary(c)))
	b.WriteString(".SH SYNOPSIS\n.B " + escape(c.line()) + "\n")
	rest := "[FLAGS]"
	for i := range c.flags {
		if f := &c.flags[i]; f.required {
			rest = "--" + f.long + "=" + f.holder + " " + rest
		}
	}
	switch {
	case len(c.commands) > 0:
		rest = "COMMAND " + rest
	case len(c.arguments) > 0:
		rest = strings.Join(c.arguments, " ") + " " + rest
	}
	b.WriteString(escape(rest) + "\n")
	describe(&b, c)
	if len(c.commands) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, one := range c.commands {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\nSee\n.BR %s (1).\n", escape(one.line()), escape(one.help), escape(one.page()))
		}
	}
	b.WriteString(".SH OPTIONS\n")
	for i := range c.flags {
		option(&b, &c.flags[i])
	}
	related(&b, c, root)
	return b.Bytes()
}

// summary is the first sentence on a command, without its full stop.
func summary(c *command) string {
	text := c.help
	if text == "" {
		text = c.detail
	}
	first, _, _ := strings.Cut(text, ". ")
	first, _, _ = strings.Cut(first, "\n")
	return strings.TrimSuffix(first, ".")
}

// describe writes the paragraphs of a command's help. Lines that are indented by four spaces are
// examples; the paragraph "Examples:" and one that begins with "Exit statuses:" get headings.
func describe(b *bytes.Buffer, c *command) {
	b.WriteString(".SH DESCRIPTION\n")
	text := c.detail
	if text == "" || len(c.path) == 0 {
		text = c.help + "\n\n" + text
	}
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		statuses, isStatus := strings.CutPrefix(paragraph, "Exit statuses: ")
		switch {
		case paragraph == "Examples:":
			b.WriteString(".SH EXAMPLES\n")
		case isStatus:
			b.WriteString(".SH EXIT STATUS\n" + escape(upperFirst(statuses)) + "\n")
		case strings.HasPrefix(paragraph, "    "):
			b.WriteString(".PP\n.nf\n.RS 4\n")
			for line := range strings.SplitSeq(paragraph, "\n") {
				b.WriteString(escape(strings.TrimPrefix(line, "    ")) + "\n")
			}
			b.WriteString(".RE\n.fi\n")
		default:
			b.WriteString(".PP\n" + escape(strings.ReplaceAll(paragraph, "\n", " ")) + "\n")
		}
	}
}

// option writes one flag.
func option(b *bytes.Buffer, f *flag) {
	b.WriteString(".TP\n")
	for i, spelling := range slices.Backward(f.spellings()) {
		b.WriteString("\\fB" + escape(spelling) + "\\fR")
		if i > 0 {
			b.WriteString(", ")
		}
	}
	if f.takes {
		b.WriteString("=\\fI" + escape(f.holder) + "\\fR")
	}
	b.WriteString("\n" + escape(f.help) + "\n")
	if f.standard != "" {
		fmt.Fprintf(b, "Default: %s.\n", escape(f.standard))
	}
	if len(f.variables) > 0 {
		fmt.Fprintf(b, "Variable: %s.\n", escape(strings.Join(f.variables, ", ")))
	}
}

// related writes which pages to read next: those of the command above and of its other commands.
func related(b *bytes.Buffer, c, root *command) {
	if len(c.path) == 0 {
		return
	}
	above := root
	for _, name := range c.path[:len(c.path)-1] {
		is := func(o *command) bool { return o.path[len(o.path)-1] == name }
		above = above.commands[slices.IndexFunc(above.commands, is)]
	}
	pages := []string{above.page()}
	if above != root {
		for _, one := range above.commands {
			if one != c {
				pages = append(pages, one.page())
			}
		}
	}
	b.WriteString(".SH SEE ALSO\n")
	for i, page := range pages {
		end := ","
		if i == len(pages)-1 {
			end = ""
		}
		fmt.Fprintf(b, ".BR %s (1)%s\n", escape(page), end)
	}
}

func upper(name string) string { return strings.ToUpper(name) }

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// quotedRoff quotes an argument of a macro.
func quotedRoff(text string) string { return `"` + strings.ReplaceAll(escape(text), `"`, `\(dq`) + `"` }

// escape makes roff print a text as it is: a line does not begin as a request, and dashes are
// those of the keyboard, so that examples can be copied.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "\\(ga", "^", `\(ha`, "~", `\(ti`, "'", `\(aq`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
