package console

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/plain"
)

// Program is a program with a command line.
type Program struct {
	Name, About, Version string
	// Line points to the struct of flags and commands, for kong. Commands have a method
	// Run, which may take a context.Context, the *kong.Context and the *Terminal.
	Line any
	// Words are texts that the line's tags name, as ${word}.
	Words kong.Vars
	// Meanings are the exit statuses of errors that package console does not know.
	Meanings []Meaning
}

// Run runs one command line and returns the exit status. When ctx ends the command stops
// and leaves its data consistent.
func (p *Program) Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	t := NewTerminal(p.Name, stdin, stdout, stderr)
	t.Version = p.Version
	err := p.execute(ctx, args, t)
	t.Close()
	if gone := t.raw.failure(); gone != nil && (err == nil || errors.Is(err, ErrHelp)) {
		err = fmt.Errorf("writing the output: %w", gone)
	}
	switch {
	case errors.Is(err, errReaderGone):
		return StatusPipe
	case err == nil, errors.Is(err, ErrHelp):
		return StatusDone
	case ctx.Err() != nil:
		t.Complain(fmt.Errorf("interrupted: %w", context.Cause(ctx)))
		return StatusInterrupted
	}
	t.Complain(err)
	return Status(err, p.Meanings)
}

// execute parses a command line and runs its command.
func (p *Program) execute(ctx context.Context, args []string, t *Terminal) error {
	parser, err := p.Parser(t.Out, t.Err)
	if err != nil {
		return fmt.Errorf("building the command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return p.misread(err)
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(t)
}

// Parser returns the parser of the command line. It writes help to out.
func (p *Program) Parser(out, err io.Writer) (*kong.Kong, error) {
	return kong.New(p.Line,
		kong.Name(p.Name),
		kong.Description(p.About),
		p.Words.CloneWith(kong.Vars{"version": p.Version}),
		kong.Writers(out, err),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, NoExpandSubcommands: true}),
	)
}

// misread marks errors of the parser as wrong usage; a request for help is not an error.
func (p *Program) misread(err error) error {
	if errors.Is(err, ErrHelp) {
		return err
	}
	var parsing *kong.ParseError
	if !errors.As(err, &parsing) {
		return AsUsage(err)
	}
	command := p.Name
	if parsing.Context != nil && parsing.Context.Selected() != nil {
		command = parsing.Context.Selected().FullPath()
	}
	return plain.Hinted(AsUsage(err), "%s --help", command)
}

// ErrHelp ends a command line that asked for help or for the version.
var ErrHelp = errors.New("help was shown")

// GlobalFlags are the flags of every command.
type GlobalFlags struct {
	Help    helpFlag    `short:"h" help:"Show this help."`
	Version versionFlag `help:"Print the version."`
	Config  configFlag  `placeholder:"FILE" env:"MUSTER_CONFIG" help:"Read settings from a JSON file: an object with the names of flags. Flags and variables take precedence."`
}

// helpFlag shows the help of the command before it.
type helpFlag bool

// BeforeReset shows the help, even if the rest of the command line is wrong.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	return ErrHelp
}

// versionFlag prints the version.
type versionFlag bool

// BeforeReset prints the version.
func (versionFlag) BeforeReset(ctx *kong.Context, vars kong.Vars) error {
	fmt.Fprintln(ctx.Stdout, ctx.Model.Name, vars["version"])
	return ErrHelp
}

// OnLine tells whether a flag was given on the command line itself.
func OnLine(k *kong.Context, name string) bool {
	for _, p := range k.Path {
		if p.Flag != nil && p.Flag.Name == name && !p.Resolved {
			return true
		}
	}
	return false
}
