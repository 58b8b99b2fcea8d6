package answers

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
)

// Software is `muster software`.
type Software struct {
	cveFlags
	deviceFlags
	outputFlags
	connect.Flags
}

// Help is the long part of the command's help.
func (Software) Help() string {
	return `Lists software, with the number of its CVEs and of the devices that have it. Software that is not assessed has no such number: nobody looked.

Examples:

    muster software --server http://127.0.0.1:8800
    muster software --exploited --tag prod
    muster software --software google/chrome --json` + listExits
}

// Run lists software.
func (c *Software) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	of, err := c.deviceFlags.filter(&c.cveFlags, time.Now())
	if err != nil {
		return err
	}
	return softwareList().run(ctx, k, t, &c.Flags, c.outputFlags, &of)
}

// softwareList is how software is printed.
func softwareList() *listing[control.SoftwareRow] {
	return &listing[control.SoftwareRow]{name: control.ListOfSoftware, what: "products",
		columns: []console.Column{{Name: "software", Cut: true, Tail: true, Least: 20}, {Name: "version", Cut: true, Least: 10, Rank: 2},
			{Name: "devices", Right: true}, {Name: "cves", Right: true}, {Name: "critical", Right: true, Rank: 3},
			{Name: "exploited", Right: true, Rank: 1}, {Name: "support", Rank: 4}},
		cells: func(s *control.SoftwareRow) []string {
			cells := []string{s.Vendor + "/" + s.Name, versionOf(s.Versions), number(s.Devices), number(s.Weaknesses),
				number(s.Severities.Critical), number(s.Exploited), s.EndOfSupport}
			if !s.Assessed {
				cells[3], cells[4], cells[5] = "not assessed", "", ""
			}
			return cells
		},
		fields: append([]string{"softwareVendor", "softwareName", "softwareVersions", "devices", "assessed", "weaknesses",
			"findings", "exploited", "endOfSupportStatus"}, severityFields()...),
		values: func(s *control.SoftwareRow) []string {
			return append([]string{s.Vendor, s.Name, strings.Join(s.Versions, "; "), number(s.Devices),
				strconv.FormatBool(s.Assessed), number(s.Weaknesses), number(s.Findings), number(s.Exploited), s.EndOfSupport},
				severityValues(&s.Severities)...)
		},
	}
}

// versionOf is the version, or how many there are.
func versionOf(all []string) string {
	if len(all) == 1 {
		return all[0]
	}
	return fmt.Sprintf("%d versions", len(all))
}

// Devices is `muster devices`.
type Devices struct {
	cveFlags
	deviceFlags
	outputFlags
	connect.Flags
}

// Help is the long part of the command's help.
func (Devices) Help() string {
	return `Lists devices of the newest snapshot, those with the worst exploited findings first. --since is when they were seen, and --q is in their names; the other filters ask for devices that have such a finding. Counts are of the whole device. muster device list lists also devices that no snapshot has.

Examples:

    muster devices --cve CVE-2024-7971 --server http://127.0.0.1:8800
    muster devices --software openssl --severity critical --csv
    muster devices --group Web --since 24h` + listExits
}

// Run lists devices.
func (c *Devices) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	of, err := c.deviceFlags.filter(&c.cveFlags, time.Now())
	if err != nil {
		return err
	}
	return fleetList().run(ctx, k, t, &c.Flags, c.outputFlags, &of)
}

// fleetList is how devices are printed.
func fleetList() *listing[control.FleetRow] {
	return &listing[control.FleetRow]{name: control.ListOfDevices, what: "devices",
		columns: []console.Column{{Name: "device", Cut: true, Least: 16}, {Name: "group", Cut: true, Least: 8, Rank: 2},
			{Name: "critical", Right: true}, {Name: "high", Right: true}, {Name: "exploited", Right: true}, {Name: "assessed"},
			{Name: "failing", Right: true, Rank: 4}, {Name: "last seen", Rank: 3}, {Name: "version", Rank: 5, Cut: true, Least: 10},
			{Name: "id", Rank: 6}},
		cells: func(d *control.FleetRow) []string {
			return []string{d.Name, d.Group, number(d.Findings.Critical), number(d.Findings.High), number(d.Exploited),
				coverages.State(d.State, ""), number(d.NonCompliant), console.Instant(d.LastSeen), d.OSVersion, d.ID}
		},
		fields: append([]string{"id", "name", "osPlatform", "osVersion", "tags", "rbacGroupName", "lastSeenTime", "state", "reason",
			"exploited", "software", "nonCompliant"}, severityFields()...),
		values: func(d *control.FleetRow) []string {
			return append([]string{d.ID, d.Name, d.OSPlatform, d.OSVersion, strings.Join(d.Tags, "; "), d.Group, timeOf(&d.LastSeen),
				d.State, d.Reason, number(d.Exploited), number(d.Software), number(d.NonCompliant)}, severityValues(&d.Findings)...)
		},
	}
}
