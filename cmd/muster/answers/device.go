package answers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
)

// deviceListCmd is `muster device list`.
type deviceListCmd struct {
	Name string `placeholder:"TEXT" help:"Only devices whose name contains this text."`
	connect.Flags
	JSON bool `help:"Print JSON: one device a line."`
}

// Help is the long part of the command's help.
func (deviceListCmd) Help() string {
	return `Lists devices by name; --json lists them by id.

Examples:

    muster device list --server http://127.0.0.1:8800
    muster device list --name web --data muster-data --json

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 6 server not reached.`
}

// Run lists devices.
func (c *deviceListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		var listed []control.Device
		err := control.EachDevice(ctx, s.Session, c.Name, func(d control.Reply[control.Device]) error {
			if c.JSON {
				_, err := fmt.Fprintf(t.Out, "%s\n", d.JSON)
				return err
			}
			listed = append(listed, d.Value)
			return nil
		})
		if err != nil {
			return fmt.Errorf("listing devices: %w", s.Explain(err))
		}
		if c.JSON {
			return nil
		}
		return t.Fit(deviceColumns(), deviceTable(listed))
	})
}

// deviceColumns are the columns of the table of devices.
func deviceColumns() []console.Column {
	return []console.Column{{Name: "name", Cut: true, Least: 26}, {Name: "group", Rank: 2, Cut: true, Least: 8},
		{Name: "findings", Cut: true, Least: 20}, {Name: "last seen", Rank: 1}, {Name: "version", Rank: 4, Cut: true, Least: 10},
		{Name: "agent", Rank: 5}, {Name: "coverage", Rank: 3}, {Name: "", Rank: 3}, {Name: "device", Rank: 6}}
}

// deviceTable returns devices as rows of a table, by name.
func deviceTable(listed []control.Device) (rows [][]string) {
	slices.SortStableFunc(listed, func(a, b control.Device) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	for i := range listed {
		rows = append(rows, deviceRow(&listed[i]))
	}
	return rows
}

// deviceRow returns a device as a row of a table.
func deviceRow(d *control.Device) []string {
	var notes []string
	if d.Hidden {
		notes = append(notes, "hidden")
	}
	if len(claimRows(d.Claims)) > 0 {
		notes = append(notes, "claims another identity")
	}
	covered := ""
	if d.Coverage != nil {
		covered = coverages.State(d.Coverage.State, "")
	}
	return []string{d.Name, d.RBACGroupName, coverages.Findings(d), console.Instant(d.LastSeen),
		strings.TrimSpace(d.OSPlatform + " " + d.OSVersion), agentOf(d), covered, strings.Join(notes, ", "), d.ID}
}

// agentOf returns the version of a device's agent, and whether it is behind. Of several
// agents it returns the one that is behind.
func agentOf(d *control.Device) string {
	text := ""
	for _, c := range d.Collectors {
		if c.Behind {
			return c.Version + " (behind)"
		}
		if c.Name == inventory.OwnCollector {
			text = c.Version
		}
	}
	return text
}

// showDevice asks what is known about a device, and returns its id, too.
func showDevice(ctx context.Context, s *connect.State,
	idOrName string) (id string, reply control.Reply[control.DeviceReport], err error) {
	if id, err = control.FindDevice(ctx, s.Session, idOrName); err != nil {
		return "", reply, s.Explain(err)
	}
	reply, err = connect.Ask(ctx, s, control.ShowDevice(id), "showing device %q", idOrName)
	return id, reply, err
}

// deviceRows returns a device as rows of a table, for people.
func deviceRows(d *control.DeviceReport) [][]string {
	rows := [][]string{
		{"name", d.Name}, {"group", d.RBACGroupName}, {"platform", d.OSPlatform}, {"version", d.OSVersion}, {"architecture", d.OSArchitecture},
		{"tags", strings.Join(d.Tags, ", ")}, {"hidden", strconv.FormatBool(d.Hidden)},
		{"first seen", console.Instant(d.FirstSeen)}, {"last seen", console.Instant(d.LastSeen)},
		{"software", strconv.Itoa(len(d.Report.Software))}, {"hotfixes", strconv.Itoa(len(d.Report.Hotfixes))},
		{"fact families", strconv.Itoa(len(d.Report.Facts))}, {"reported checks", strconv.Itoa(len(d.Report.Configurations))},
	}
	if text := coverages.Findings(&d.Device); text != "" {
		rows = append(rows, []string{"findings", text})
	}
	if d.AdmittedUntil != nil {
		rows = append(rows, []string{"may enrol until", console.Instant(*d.AdmittedUntil)})
	}
	rows = append(rows, claimRows(d.Claims)...)
	for _, source := range d.Sources {
		rows = append(rows, []string{"source " + source.Name, strings.Join(source.Sections, ", ")})
	}
	for _, c := range d.Collectors {
		made := strings.TrimSpace(c.Name + " " + c.Version)
		if c.Behind {
			made += ", older than the server"
		}
		rows = append(rows, []string{"collector of " + c.Source, made})
	}
	return rows
}

// claimRows returns the claims of a device as rows of a table, none if it claims nothing.
func claimRows(c *control.Claims) (rows [][]string) {
	if c == nil {
		return nil
	}
	if c.Name != "" {
		rows = append(rows, []string{"claims the name", c.Name})
	}
	if c.OSPlatform != "" {
		rows = append(rows, []string{"claims the platform", c.OSPlatform})
	}
	if c.Tags != nil {
		rows = append(rows, []string{"claims the tags", strings.Join(c.Tags, ", ")})
	}
	return rows
}

// deviceRemoveCmd is `muster device remove`.
type deviceRemoveCmd struct {
	Devices []string `arg:"" name:"device" help:"Ids or whole names of devices."`
	connect.Flags
}

// Help is the long part of the command's help.
func (deviceRemoveCmd) Help() string {
	return `Removes devices with their reports and first-seen times. Their rows become Fixed in the next snapshot. A device that reports again is a new device.

Examples:

    muster device remove web1.example.com --data muster-data

Exit statuses: 0 removed, 1 failed, 3 data folder in use, 5 no such device, 6 server not reached.`
}

// Run removes devices, and stops at the first one that is not found.
func (c *deviceRemoveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		return s.ForEach(ctx, t, connect.Errand{Doing: "removing device", Done: "removed",
			Find: control.FindDevice, Request: control.RemoveDevice}, c.Devices)
	})
}
