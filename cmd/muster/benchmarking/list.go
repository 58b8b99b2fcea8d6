package benchmarking

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// listCmd is `muster benchmark list`.
type listCmd struct {
	Layers
	Platform string `placeholder:"NAME" help:"List only checks for this platform, such as Linux, Windows11 or macOS."`
}

// Help is the long part of the command's help.
func (listCmd) Help() string {
	return `Lists the checks that come with muster, and those of folders, in order of their ids. With --json each has its expressions, remediation, command and references.

Examples:

    muster benchmark list
    muster benchmark list checks --platform Linux --json

Exit statuses: 0 listed, 1 failed, 2 wrong usage, 5 a folder cannot be read, or something is wrong in it: muster benchmark lint says what.`
}

// listed is the form of a check for programs.
type listed struct {
	*benchmark.Definition
	Remediation string   `json:"remediation"`
	Command     string   `json:"command,omitempty"`
	References  []string `json:"references"`
}

// Run lists the checks.
func (c *listCmd) Run(t *console.Terminal) error {
	b, wrong, err := c.load()
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		all := []error{control.ErrInput}
		for _, f := range wrong {
			all = append(all, f)
		}
		return errors.Join(all...)
	}
	all := []listed{}
	var rows [][]string
	for _, d := range b.Definitions() {
		if c.Platform != "" && !slices.Contains(d.Platforms, c.Platform) {
			continue
		}
		all = append(all, listed{d, d.Remediation, d.Command, append([]string{}, d.References...)})
		rows = append(rows, []string{d.ID, strconv.FormatFloat(d.Impact, 'f', -1, 64),
			strings.Join(d.Platforms, ","), d.Subcategory, d.Name})
	}
	if c.JSON {
		return t.JSON(map[string]any{"checks": all})
	}
	return t.Table([]string{"id", "impact", "platforms", "subcategory", "name"}, rows)
}
