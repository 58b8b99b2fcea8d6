package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// danger is a CVE of a product, with what decides its urgency.
type danger struct {
	cve, product, exploit string
	score                 float64
	devices               int
	// last is the last device counted; rows come device by device.
	last string
}

// worse orders dangers: first by the certainty of an exploit, then by score, then by the
// number of devices.
func worse(a, b *danger) int {
	return cmp.Or(cmp.Compare(exploitRank(b.exploit), exploitRank(a.exploit)), cmp.Compare(b.score, a.score),
		cmp.Compare(b.devices, a.devices), cmp.Compare(a.cve, b.cve), cmp.Compare(a.product, b.product))
}

func exploitRank(level string) int {
	return slices.Index([]string{defender.NoExploit, defender.ExploitIsPublic, defender.ExploitIsVerified,
		defender.ExploitIsInKit}, level)
}

// showWorst prints the most urgent findings, and how many of them this machine has.
func (d *demonstration) showWorst(ctx context.Context) error {
	const shown = 5
	found := map[string]*danger{}
	here := 0
	address := d.url + "/api/machines/SoftwareVulnerabilitiesByMachine?" + url.Values{"pageSize": {"10000"}}.Encode()
	err := eachPage(ctx, address, d.token, func(rows []defender.AssetVulnerability) error {
		for i := range rows {
			if add(found, &rows[i]); rows[i].DeviceID == d.here {
				here++
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("finding the most urgent findings: %w", err)
	}
	all := slices.SortedFunc(maps.Values(found), worse)
	var rows [][]string
	for _, one := range all[:min(shown, len(all))] {
		rows = append(rows, []string{one.cve, strconv.FormatFloat(one.score, 'f', 1, 64), one.exploit, one.product,
			strconv.Itoa(one.devices)})
	}
	d.say("\nThe most urgent of %d different findings:\n", len(all))
	if err := d.terminal.Table([]string{"cve", "score", "exploit", "software", "devices"}, rows); err != nil {
		return err
	}
	return d.showHere(ctx, here)
}

// showHere prints how many findings this machine has, and how far it was assessed: without that, few
// findings say nothing.
func (d *demonstration) showHere(ctx context.Context, findings int) error {
	if d.here == "" {
		return nil
	}
	var device control.Device
	err := get(ctx, d.url+"/v1/devices/"+url.PathEscape(d.here), d.token,
		func(body io.Reader) error { return json.NewDecoder(body).Decode(&device) })
	if err != nil {
		return fmt.Errorf("showing this machine: %w", err)
	}
	d.say("\n%s", aboutHere(findings, device.Coverage))
	for _, row := range coverages.DeviceRows(device.Coverage, nil)[1:] {
		d.say("  %s: %s", row[0], row[1])
	}
	return nil
}

// aboutHere says what is known of this machine.
func aboutHere(findings int, c *control.DeviceCoverage) string {
	if c == nil {
		return "This machine is in no snapshot yet."
	}
	if findings == 0 && c.State == coverage.NotAssessed.String() {
		return "This machine is " + coverages.State(c.State, c.Reason) + "."
	}
	if findings == 0 && c.State != coverage.Assessed.String() {
		return "This machine is " + coverages.State(c.State, c.Reason) + ". What was assessed of it has no findings."
	}
	return fmt.Sprintf("This machine has %d findings. It is %s.", findings, coverages.State(c.State, c.Reason))
}

// add adds a row to its danger.
func add(found map[string]*danger, row *defender.AssetVulnerability) {
	if row.CVEID == nil {
		return
	}
	product := row.SoftwareVendor + " " + row.SoftwareName
	key := *row.CVEID + " " + product
	if found[key] == nil {
		found[key] = &danger{cve: *row.CVEID, product: product, exploit: row.ExploitabilityLevel, score: row.CVSSScore}
	}
	if one := found[key]; one.last != row.DeviceID {
		one.devices++
		one.last = row.DeviceID
	}
}
