package answers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
)

// listedRows is how many rows of a list a device is shown with.
const listedRows = 10

// portrait prints a device.
type portrait struct {
	ctx context.Context
	s   *connect.State
	t   *console.Terminal
	d   *control.DeviceReport
}

// refused tells what a part lacks, since the caller may not ask or the snapshot cannot answer. Other failures
// are returned.
func (p *portrait) refused(what string, err error) error {
	var said *control.Error
	if err == nil || !errors.As(err, &said) || said.Status >= 500 {
		if err != nil {
			err = fmt.Errorf("showing %s: %w", what, p.s.Explain(err))
		}
		return err
	}
	p.t.Warn("%s not shown: %s", what, err)
	return nil
}

// begin prints what is known of the device itself. A device in no snapshot was asked of no feed.
func (p *portrait) begin() error {
	var feeds []control.CoveringFeed
	if p.d.Coverage != nil {
		known, err := control.Do(p.ctx, p.s.Session, control.ShowCoverage(""))
		if err := p.refused("the days of feeds are", err); err != nil {
			return err
		}
		feeds = known.Value.Feeds
	}
	return p.t.Table([]string{"id", p.d.ID}, append(deviceRows(p.d), coverages.DeviceRows(p.d.Coverage, feeds)...))
}

// listed asks for a list about the device.
func listed[T any](p *portrait, list string, limit int) (rows []T, head control.ListHead, err error) {
	head, err = control.EachListed(p.ctx, p.s.Session, list, &control.ListFilter{Device: p.d.ID}, limit,
		func(row control.Reply[T]) error {
			rows = append(rows, row.Value)
			return nil
		})
	return rows, head, err
}

// table prints rows below an empty line, without the column of devices: there is one.
func table[T any](p *portrait, l *listing[T], rows []T) error {
	columns, at := l.columns, slices.IndexFunc(l.columns, func(c console.Column) bool { return c.Name == "devices" })
	if at >= 0 {
		columns = slices.Delete(slices.Clone(columns), at, at+1)
	}
	cells := make([][]string, len(rows))
	for i := range rows {
		if cells[i] = l.cells(&rows[i]); at >= 0 {
			cells[i] = slices.Delete(cells[i], at, at+1)
		}
	}
	if err := p.t.Lines([]string{""}); err != nil {
		return err
	}
	return p.t.Fit(columns, cells)
}

// missing prints the updates that a Windows device lacks, the newest of those that replace each other. Without a feed
// of updates nobody knows, and coverage says so.
func (p *portrait) missing() error {
	if p.d.Coverage == nil || !strings.HasPrefix(p.d.OSPlatform, "Windows") {
		return nil
	}
	reply, err := control.Do(p.ctx, p.s.Session, control.MissingKBs(p.d.ID))
	var said *control.Error
	if errors.As(err, &said) && said.Status == http.StatusNotImplemented {
		return nil
	}
	if err != nil || len(reply.Value.Value) == 0 {
		return p.refused("missing updates are", err)
	}
	var cells [][]string
	for _, kb := range reply.Value.Value {
		cells = append(cells, []string{"KB" + kb.ID, kb.Name, strconv.FormatInt(kb.CVEAddressed, 10)})
	}
	if err := p.t.Lines([]string{""}); err != nil {
		return err
	}
	return p.t.Fit([]console.Column{{Name: "missing update"}, {Name: "title", Cut: true, Least: 24, Rank: 1},
		{Name: "fixes", Right: true}}, cells)
}

// worst prints the findings of the highest risk.
func (p *portrait) worst() error {
	if p.d.Coverage == nil {
		return nil
	}
	rows, head, err := listed[control.FindingRow](p, control.ListOfFindings, listedRows)
	if err != nil || len(rows) == 0 {
		return p.refused("findings are", err)
	}
	if err := table(p, findingList(), rows); err != nil {
		return err
	}
	return p.more(head.Total, len(rows), "findings", "muster findings --device "+p.d.ID)
}

// advice prints what to update first, and to what.
func (p *portrait) advice() error {
	if p.d.Coverage == nil {
		return nil
	}
	rows, head, err := listed[control.RecommendationRow](p, control.ListOfRecommendations, listedRows)
	if err != nil || len(rows) == 0 {
		return p.refused("recommendations are", err)
	}
	if err := table(p, adviceList(), rows); err != nil {
		return err
	}
	return p.more(head.Total, len(rows), "recommendations", "muster recommendations --device "+p.d.ID)
}

// more says how to see the rows that are not shown.
func (p *portrait) more(total int64, shown int, what, command string) error {
	if total <= int64(shown) {
		return nil
	}
	return p.t.Lines([]string{fmt.Sprintf("%d of %d %s; all: %s", shown, total, what, command)})
}

// failing counts the checks of settings by outcome, and prints those that fail, with what was measured and what to do.
func (p *portrait) failing() error {
	reply, err := control.Do(p.ctx, p.s.Session, control.ShowDeviceChecks(p.d.ID))
	if err != nil || reply.Value.Counts.Asked == 0 {
		return p.refused("checks of settings are", err)
	}
	c := &reply.Value.Counts
	if c.Judged == 0 {
		return p.t.Lines([]string{"", fmt.Sprintf("configurations: all %d checks are silent", c.Silent)})
	}
	lines := []string{"", fmt.Sprintf("configurations: %d failing, %d passing, %d not applicable, %d silent",
		c.NonCompliant, c.Compliant, c.NotApplicable, c.Silent)}
	lines = append(lines, silences(c.Silences)...)
	if err := p.t.Lines(lines); err != nil {
		return err
	}
	shown := reply.Value.Rows[:min(c.NonCompliant, listedRows)]
	for i := range shown {
		if err := p.t.Lines([]string{""}); err != nil {
			return err
		}
		if err := printCheck(p.t, &shown[i]); err != nil {
			return err
		}
	}
	return p.more(int64(c.NonCompliant), len(shown), "failing checks", "muster device show "+p.d.ID+" --json")
}

// withChecks adds what checks say of the device to its JSON.
func (p *portrait) withChecks(device []byte) ([]byte, error) {
	reply, err := control.Do(p.ctx, p.s.Session, control.ShowDeviceChecks(p.d.ID))
	before, isObject := bytes.CutSuffix(bytes.TrimSpace(device), []byte("}"))
	if err != nil || !isObject {
		return device, p.refused("checks of settings are", err)
	}
	return slices.Concat(before, []byte(`,"checks":`), reply.JSON, []byte("}")), nil
}

// history prints what changed in the findings of the device; nothing for the zero time.
func (p *portrait) history(since time.Time) error {
	if since.IsZero() {
		return nil
	}
	call, err := exportCall(defender.Vulnerabilities.String(), true, false)
	if err != nil {
		return err
	}
	shown := p.t.Begin("reading changes")
	all, err := (&Changes{Device: p.d.ID}).read(p.ctx, p.s.Session, call, since)
	shown.End()
	if err != nil {
		return p.refused("changes are", err)
	}
	if len(all) == 0 {
		return p.t.Lines([]string{"", "no finding changed since " + console.Instant(since)})
	}
	rows := make([]change, min(len(all), listedRows))
	for i := range rows {
		rows[i] = *all[i]
	}
	if err := table(p, changeList(), rows); err != nil {
		return err
	}
	return p.more(int64(len(all)), len(rows), "changes",
		"muster changes --device "+p.d.ID+" --since "+since.UTC().Format(time.RFC3339))
}
