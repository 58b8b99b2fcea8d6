package scanning

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/scan"
)

// reports collects the machine, or reads the document.
func (c *Scan) reports(ctx context.Context, t *console.Terminal, now time.Time) ([]*inventory.Report, error) {
	if c.Document != "" {
		return c.read(t, now)
	}
	machine := collect.Config{Root: c.Root, Name: c.Name, Fallback: c.fallback(), OS: c.OS, Time: c.TimeLimit,
		Mac:     collect.MacDisks(),
		Version: c.version, Now: now}
	c.Into(&machine)
	report, err := agent.Collect(ctx, t, machine)
	if err != nil {
		return nil, err
	}
	return []*inventory.Report{report}, report.Normalize(now)
}

// fallback names a root folder in which no name is, as an image has none: by the folder.
func (c *Scan) fallback() string {
	if c.Root == "" {
		return ""
	}
	path, err := filepath.Abs(c.Root)
	if name := filepath.Base(path); err == nil && name != string(filepath.Separator) {
		return name
	}
	return "root"
}

// read reads the document.
func (c *Scan) read(t *console.Terminal, now time.Time) ([]*inventory.Report, error) {
	id, err := c.identity()
	if err != nil {
		return nil, err
	}
	in, fallback := t.In, "document"
	if c.Document != "-" {
		file, err := os.Open(c.Document)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", control.ErrInput, err)
		}
		defer file.Close()
		in, fallback = file, filepath.Base(c.Document)
	}
	list, err := scan.Documents(in, id, fallback, now)
	if err != nil {
		return nil, hinted(fmt.Errorf("reading %q: %w", c.Document, err))
	}
	return list, nil
}

// hinted adds the flag that says what a document leaves out.
func hinted(err error) error {
	var field *parse.FieldError
	if errors.As(err, &field) && field.Field == "osArchitecture" {
		return plain.Hinted(err, "--os-architecture NAME says which")
	}
	return err
}

// identity is what the flags say of the machine of a document.
func (c *Scan) identity() (id sbom.Identity, err error) {
	id.DeviceName, id.OSArchitecture = c.Name, c.Arch
	if c.OS != "" {
		id.OSPlatform = "Linux"
		id.OSVersion, err = collect.OSVersion(c.OS)
	}
	return id, console.AsUsage(err)
}
