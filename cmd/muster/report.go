package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/plain"
)

// reportCmd is `muster report`.
type reportCmd struct {
	Files []string `arg:"" name:"file" help:"Reports to send: JSON, NDJSON, CycloneDX, SPDX, the JSON of Syft or Trivy, hosts of Fleet, results of osquery, replies of Wazuh, tables (CSV) of Intune or Configuration Manager, or results of OpenSCAP (XCCDF or ARF), also compressed by gzip or zip; - is standard input."`

	Name         string `placeholder:"NAME" help:"Name of the device, in place of the one that the file names. Not with a file of several reports."`
	ID           string `name:"id" placeholder:"HEX" help:"Id of the device, 40 hex digits, likewise."`
	Platform     string `name:"os-platform" placeholder:"NAME" help:"Platform of the device, likewise, such as Linux or Windows11."`
	Version      string `name:"os-version" placeholder:"VERSION" help:"Version of the operating system, likewise, such as enterprise_linux_9.4."`
	Architecture string `name:"os-architecture" placeholder:"NAME" help:"Architecture of the device, likewise, such as x86_64. It selects the packages of an SPDX document for several architectures."`

	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (reportCmd) Help() string {
	return `Sends each file as one request, which is stored completely or not at all, and prints the ids of the stored reports. A file of more than 10,000 reports in lines, or more than 256 MiB, is sent in several requests, each of which is stored or refused by itself. The format of a file is recognized by its content. A report that was acknowledged is kept, and is in the next snapshot; sending it again does no harm.

Examples:

    muster report web1.json web2.json.gz --server http://127.0.0.1:8800
    muster collect | muster report - --data muster-data
    muster report ubi9.spdx.json --name ubi9 --os-platform Linux --os-version enterprise_linux_9.4 --os-architecture x86_64 --data muster-data

Exit statuses: 0 all were stored, 1 failed, 2 wrong usage, 3 data folder in use, 5 some were refused, 6 server not reached or busy.`
}

// sent is the outcome for one report.
type sent struct {
	File string `json:"file"`
	control.ReceivedEntry
}

// silent lists the results of rules that judge nothing, of which no configuration was made; those that were not
// selected are not meant to.
func (s *sent) silent() string {
	var all []string
	for _, word := range slices.Sorted(maps.Keys(s.Results)) {
		if !slices.Contains([]string{"pass", "fixed", "fail", "notapplicable", "notselected"}, word) {
			all = append(all, fmt.Sprintf("%d %s", s.Results[word], word))
		}
	}
	return strings.Join(all, ", ")
}

// Run sends the files. A refused file does not stop the others.
func (c *reportCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		all, failed := c.sendAll(ctx, s, t)
		for _, one := range all {
			if silent := one.silent(); silent != "" {
				t.Warn("%s: device %s: no configuration was made of rules without a judgement: %s", one.File, one.DeviceID, silent)
			}
			if len(one.NotCounted) > 0 {
				t.Warn("%s: device %s: ignored %s: this sender may not set them", one.File, one.DeviceID,
					strings.Join(one.NotCounted, ", "))
			}
		}
		return errors.Join(append(failed, c.print(t, all))...)
	})
}

// sendAll sends the files, and stops at an error that the next file would meet, too.
func (c *reportCmd) sendAll(ctx context.Context, s *connect.State, t *console.Terminal) (all []sent, failed []error) {
	shown := t.Begin("sending reports")
	defer shown.End()
	for _, name := range c.Files {
		shown.Say("sending %s", name)
		taken, err := c.send(ctx, s, t, name, func(taken int) { shown.Say("sending %s: %d reports stored", name, taken) })
		for _, one := range taken {
			all = append(all, sent{name, one})
		}
		if err == nil {
			continue
		}
		var opening *fs.PathError
		if !errors.As(err, &opening) || opening.Path != name { // which names the file
			err = fmt.Errorf("%s: %w", name, err)
		}
		failed = append(failed, err)
		if console.Status(err, nil) != console.StatusInput {
			break
		}
	}
	return all, failed
}

func (c *reportCmd) print(t *console.Terminal, all []sent) error {
	if c.JSON {
		return t.JSON(struct {
			Accepted int    `json:"accepted"`
			Reports  []sent `json:"reports"`
		}{len(all), append([]sent{}, all...)})
	}
	if len(all) == 0 {
		return nil
	}
	var rows [][]string
	for _, one := range all {
		rows = append(rows, []string{one.ID, one.DeviceID, one.File})
	}
	return t.Table([]string{"report", "device", "file"}, rows)
}

// send sends one file, and returns the reports that were stored.
func (c *reportCmd) send(ctx context.Context, s *connect.State, t *console.Terminal, name string,
	said func(taken int)) ([]control.ReceivedEntry, error) {
	open, err := connect.DocumentOpener(t, name)
	if err != nil {
		return nil, err
	}
	device := inventory.Device{Name: c.Name, ID: c.ID, OSPlatform: c.Platform, OSVersion: c.Version,
		OSArchitecture: c.Architecture}
	taken, err := control.Input{Open: open, Device: device}.Send(ctx, s.Session, said)
	if control.HasCode(err, control.CodeDeviceNeeded) {
		err = plain.Hinted(err, "--name names the device of a document")
	}
	return taken, s.Explain(err)
}
