package manual

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/plain"
)

// Help is `muster help`.
type Help struct {
	Command []string `arg:"" optional:"" help:"The command, such as client add. Without one the help of the program is shown."`
}

// Help is the long part of the command's help.
func (Help) Help() string {
	return `Shows the same as --help.

Examples:

    muster help
    muster help client add

Exit statuses: 0 shown, 2 no such command.`
}

// Run shows the help of a command.
func (h *Help) Run(k *kong.Context) error {
	_, err := k.Parse(append(append([]string{}, h.Command...), "--help"))
	switch {
	case errors.Is(err, console.ErrHelp):
		return err
	case err == nil: // a flag ended the parsing before --help
		err = fmt.Errorf("no command %q", h.Command)
	}
	return plain.Hinted(console.AsUsage(err), "muster help lists the commands")
}

// Version is `muster version`.
type Version struct {
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (Version) Help() string {
	return `Prints the version of the program, of the Go that built it, and the platform. muster --version prints the first line only.

Examples:

    muster version
    muster version --json

Exit statuses: 0 printed, 2 wrong usage.`
}

// Run prints the version.
func (v *Version) Run(t *console.Terminal) error {
	told := struct {
		Version  string `json:"version"`
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}{t.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if v.JSON {
		return t.JSON(told)
	}
	_, err := fmt.Fprintf(t.Out, "muster %s\n%s %s\n", told.Version, told.Go, told.Platform)
	return err
}
