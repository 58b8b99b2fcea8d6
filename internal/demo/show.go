package demo

import (
	"strconv"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/counts"
)

// summarize prints what is in the snapshots.
func (d *demonstration) summarize(took time.Duration) error {
	before, err := d.folder.Publisher.Manifest(d.first)
	if err != nil {
		return err
	}
	after, err := d.folder.Publisher.Manifest(d.second)
	if err != nil {
		return err
	}
	d.say("\nall of it in %.1f s\n", took.Seconds())
	heading := []string{"", "snapshot " + strconv.FormatInt(d.first.Number, 10),
		"snapshot " + strconv.FormatInt(d.second.Number, 10), "new", "fixed", "updated"}
	totals := after.Totals(nil)
	if err := d.terminal.Table(heading, summaryRows(before.Totals(nil), totals)); err != nil {
		return err
	}
	d.say("")
	for _, line := range coverages.Lines(totals.Coverage) {
		d.say("%s", line)
	}
	return nil
}

// summaryRows compares two snapshots, one row a line.
func summaryRows(before, after counts.Snapshot) [][]string {
	line := func(name string, from, to int64) []string {
		return []string{name, strconv.FormatInt(from, 10), strconv.FormatInt(to, 10)}
	}
	dataset := func(name string, d defender.Dataset) []string {
		c := after.Changes[d.String()]
		return append(line(name, before.Rows[d.String()], after.Rows[d.String()]),
			strconv.FormatInt(c.New, 10), strconv.FormatInt(c.Fixed, 10), strconv.FormatInt(c.Updated, 10))
	}
	return [][]string{
		line("devices", before.Devices, after.Devices),
		dataset("software", defender.Software),
		dataset("software without a product code", defender.NoProductCode),
		dataset("findings", defender.Vulnerabilities),
		line("  critical", before.Severities.Critical, after.Severities.Critical),
		line("  high", before.Severities.High, after.Severities.High),
		line("  medium", before.Severities.Medium, after.Severities.Medium),
		line("  low", before.Severities.Low, after.Severities.Low),
		line("  unrated", before.Severities.Unrated, after.Severities.Unrated),
		dataset("configurations", defender.Configurations),
	}
}
