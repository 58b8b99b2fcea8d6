package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/inventory"
)

// deviceCmd is `muster device`.
type deviceCmd struct {
	List   deviceListCmd   `cmd:"" help:"List devices."`
	Show   deviceShowCmd   `cmd:"" help:"Show what is known of a device."`
	Accept deviceAcceptCmd `cmd:"" help:"Accept the name, platform and tags that a device claims."`
	Remove deviceRemoveCmd `cmd:"" help:"Forget a device and its reports."`
}

// device is a device as the API tells of it.
type device struct {
	inventory.Device
	LastSeen      time.Time    `json:"lastSeenTime"`
	Hidden        bool         `json:"hidden"`
	Claims        deviceClaims `json:"claims"`
	AdmittedUntil *time.Time   `json:"admittedUntil"`
}

// deviceListCmd is `muster device list`.
type deviceListCmd struct {
	Name string `placeholder:"TEXT" help:"Only devices that have this in their name."`
	stateFlags
	JSON bool `help:"Print JSON: one device a line."`
}

// Help is the long part of the command's help.
func (deviceListCmd) Help() string {
	return `Examples:

    muster device list --server http://127.0.0.1:8800
    muster device list --name web --data muster-data --json

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 6 server not reached.`
}

// Run lists devices.
func (c *deviceListCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var rows [][]string
	err = s.devices(ctx, c.Name, func(raw json.RawMessage, d device) error {
		if c.JSON {
			_, err := fmt.Fprintf(t.out, "%s\n", raw)
			return err
		}
		rows = append(rows, d.row())
		return nil
	})
	if err != nil || c.JSON {
		return err
	}
	return t.table([]string{"device", "name", "platform", "version", "last seen", ""}, rows)
}

// row is the device as a line of a table.
func (d *device) row() []string {
	var notes []string
	if d.Hidden {
		notes = append(notes, "hidden")
	}
	if d.Claims.any() {
		notes = append(notes, "claims another identity")
	}
	return []string{d.ID, d.Name, d.OSPlatform, d.OSVersion, d.LastSeen.UTC().Format(time.RFC3339), strings.Join(notes, ", ")}
}

// devices calls yield with every device that has a text in its name, by id.
func (s *state) devices(ctx context.Context, name string, yield func(json.RawMessage, device) error) error {
	query := url.Values{"limit": {"1000"}, "name": {name}}
	for {
		var page struct {
			Devices []json.RawMessage `json:"devices"`
			Next    string            `json:"next"`
		}
		if err := s.do(ctx, call{method: http.MethodGet, path: "/v1/devices", query: query}, &page); err != nil {
			return fmt.Errorf("listing devices: %w", err)
		}
		for _, raw := range page.Devices {
			var d device
			if err := json.Unmarshal(raw, &d); err != nil {
				return fmt.Errorf("reading a device: %w", err)
			}
			if err := yield(raw, d); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		query.Set("after", page.Next)
	}
}

// deviceID is the form of a device's id: contract.md, section 4.
var deviceID = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)

// find returns the id of a device that is named by id or by its whole name.
func (s *state) find(ctx context.Context, idOrName string) (string, error) {
	if deviceID.MatchString(idOrName) {
		return strings.ToLower(idOrName), nil
	}
	var found []string
	err := s.devices(ctx, idOrName, func(_ json.RawMessage, d device) error {
		if strings.EqualFold(d.Name, idOrName) {
			found = append(found, d.ID)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return only(found, "devices", idOrName, hinted(fmt.Errorf("%w: there is no device %q", errInput, idOrName), "muster device list --name TEXT searches names"))
}

// deviceShowCmd is `muster device show`.
type deviceShowCmd struct {
	Device string `arg:"" help:"Id or whole name of the device."`
	stateFlags
	JSON bool `help:"Print JSON: all that is known, with the report that assessment reads."`
}

// Help is the long part of the command's help.
func (deviceShowCmd) Help() string {
	return `Examples:

    muster device show web1.example.com --data muster-data
    muster device show 27517c035f2f146e6d6f86bba08664c5369017e7 --server http://127.0.0.1:8800 --json

Exit statuses: 0 shown, 1 failed, 3 data folder in use, 5 no such device, 6 server not reached.`
}

// Run shows a device.
func (c *deviceShowCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var raw json.RawMessage
	if _, err := s.showDevice(ctx, c.Device, &raw); err != nil {
		return err
	}
	if c.JSON {
		return t.json(raw)
	}
	return printDevice(t, raw)
}

// showDevice reads what is known of a device into a value, and returns its id.
func (s *state) showDevice(ctx context.Context, idOrName string, into any) (id string, err error) {
	if id, err = s.find(ctx, idOrName); err != nil {
		return "", err
	}
	if err := s.do(ctx, call{method: http.MethodGet, path: "/v1/devices/" + id}, into); err != nil {
		return "", fmt.Errorf("showing device %q: %w", idOrName, err)
	}
	return id, nil
}

// printDevice prints what people want to know of a device.
func printDevice(t *terminal, raw json.RawMessage) error {
	var d struct {
		device
		FirstSeen time.Time `json:"firstSeenTime"`
		Sources   []struct {
			Name     string   `json:"name"`
			Sections []string `json:"sections"`
		} `json:"sources"`
		Report inventory.Report `json:"report"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return fmt.Errorf("reading the device: %w", err)
	}
	rows := [][]string{
		{"name", d.Name}, {"platform", d.OSPlatform}, {"version", d.OSVersion}, {"architecture", d.OSArchitecture},
		{"tags", strings.Join(d.Tags, ", ")}, {"hidden", strconv.FormatBool(d.Hidden)},
		{"first seen", d.FirstSeen.UTC().Format(time.RFC3339)}, {"last seen", d.LastSeen.UTC().Format(time.RFC3339)},
		{"software", strconv.Itoa(len(d.Report.Software))}, {"hotfixes", strconv.Itoa(len(d.Report.Hotfixes))},
		{"families of facts", strconv.Itoa(len(d.Report.Facts))}, {"configurations", strconv.Itoa(len(d.Report.Configurations))},
	}
	if d.AdmittedUntil != nil {
		rows = append(rows, []string{"may be enrolled until", d.AdmittedUntil.UTC().Format(time.RFC3339)})
	}
	rows = append(rows, d.Claims.rows()...)
	for _, source := range d.Sources {
		rows = append(rows, []string{"source " + source.Name, strings.Join(source.Sections, ", ")})
	}
	return t.table([]string{"id", d.ID}, rows)
}

// deviceRemoveCmd is `muster device remove`.
type deviceRemoveCmd struct {
	Devices []string `arg:"" name:"device" help:"Ids or whole names of devices."`
	stateFlags
}

// Help is the long part of the command's help.
func (deviceRemoveCmd) Help() string {
	return `Forgets devices with their reports and first-seen times. Their rows become Fixed in the next snapshot. A device that reports again is a new one.

Examples:

    muster device remove web1.example.com --data muster-data

Exit statuses: 0 removed, 1 failed, 3 data folder in use, 5 no such device, 6 server not reached.`
}

// Run removes devices, and stops at the first that there is not.
func (c *deviceRemoveCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	return s.forEach(ctx, t, errand{doing: "removing device", done: "removed", find: s.find, path: "/v1/devices/"}, c.Devices)
}
