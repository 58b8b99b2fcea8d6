package answers

import (
	"context"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// Why is `muster why`.
type Why struct {
	Device string `arg:"" help:"Id or whole name of the device, or the id of a row of the vulnerability exports."`
	CVE    string `arg:"" optional:"" name:"cve" help:"The CVE, an advisory (GHSA-…), or the id of a check of settings. Without one every piece of software is told."`
	connect.Flags
	JSON bool `help:"Print JSON: every statement with its source, range and effect."`
}

// Help is the long part of the command's help.
func (Why) Help() string {
	return `Explains why a CVE affects a device, or why it does not: what the software was taken for and by which key, what each feed says, which statement decides, and which were overruled by whom. Without a CVE it tells what each piece of software was taken for, and whether it was assessed. With the id of a check: what it measured, where that was set, what it expects, and the remedy, or why it is silent.

The newest reports and the current catalog are asked, which may be newer than the published snapshot.

Examples:

    muster why web1.example.com CVE-2024-9143 --data muster-data
    muster why web1.example.com scid-900101 --data muster-data
    muster why pc1 --server http://127.0.0.1:8800 --json
    muster why 27517c035f2f146e6d6f86bba08664c5369017e7_google_chrome_127.0.6533.88_CVE-2024-7964

Exit statuses: 0 explained, 1 failed, 2 wrong usage, 3 data folder in use, 5 no such device or finding, 6 server not reached.`
}

// Run explains.
func (c *Why) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		question := control.WhyFinding(c.Device)
		if !isRow(c.Device) {
			id, err := control.FindDevice(ctx, s.Session, c.Device)
			if err != nil {
				return s.Explain(err)
			}
			if told, err := c.aboutCheck(ctx, s, t, id); told || err != nil {
				return err
			}
			question = control.WhyDevice(id, c.CVE)
		}
		reply, err := connect.Ask(ctx, s, question, "explaining %q", c.Device)
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(w control.Why) error { return printWhy(t, &w) })
	})
}

// aboutCheck tells what the check with the id says of a device; told is false if there is no such check for it.
func (c *Why) aboutCheck(ctx context.Context, s *connect.State, t *console.Terminal,
	device string) (told bool, err error) {
	if c.CVE == "" || strings.HasPrefix(strings.ToUpper(c.CVE), "CVE-") {
		return false, nil
	}
	reply, err := connect.Ask(ctx, s, control.ShowDeviceChecks(device), "explaining %q", c.Device)
	if err != nil {
		return false, err
	}
	for i := range reply.Value.Rows {
		one := &reply.Value.Rows[i]
		if one.ID != c.CVE {
			continue
		}
		if c.JSON {
			return true, t.JSON(one)
		}
		if err := t.Lines([]string{reply.Value.DeviceName + ": " + verdictOf(one)}); err != nil {
			return true, err
		}
		return true, printCheck(t, one)
	}
	if strings.HasPrefix(c.CVE, "scid-") {
		return false, fmt.Errorf("explaining %q: no check %q is for this device", c.Device, c.CVE)
	}
	return false, nil
}

// verdictOf says in words what a check says of a device.
func verdictOf(c *control.DeviceCheck) string {
	words := map[string]string{control.CheckCompliant: "passes", control.CheckNonCompliant: "fails",
		control.CheckNotApplicable: "does not apply"}
	if text, ok := words[c.Verdict]; ok {
		return text
	}
	return "silent: " + plain.Inline(c.Reason)
}

// isRow reports whether an argument is the id of a row: the id of a device and, after "_", of what.
func isRow(text string) bool {
	device, rest, ok := strings.Cut(text, "_")
	return ok && len(device) == 40 && strings.Trim(strings.ToLower(device), "0123456789abcdef") == "" && rest != ""
}

// printWhy prints an explanation as paragraphs.
func printWhy(t *console.Terminal, w *control.Why) error {
	if _, err := fmt.Fprintln(t.Out, strings.Join(w.Text, "\n")); err != nil {
		return err
	}
	for i := range w.Software {
		text := w.Software[i].Text
		if _, err := fmt.Fprintf(t.Out, "\n%s\n", strings.Join(text, "\n  ")); err != nil {
			return err
		}
	}
	return nil
}
