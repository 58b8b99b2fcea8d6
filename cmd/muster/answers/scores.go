package answers

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// Scores is `muster scores`.
type Scores struct {
	Device  string `placeholder:"DEVICE" help:"Only the device with this id or whole name."`
	Group   string `placeholder:"GROUP" help:"Only devices of this RBAC group, by name or number."`
	Tag     string `placeholder:"TAG" help:"Only devices with this tag."`
	History int    `placeholder:"N" default:"10" help:"Show the scores of N earlier snapshots (${default}), as far as they are kept; of a device or a tag there are none."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (Scores) Help() string {
	return `Shows how well devices are configured in the newest snapshot: the share of the applicable weight of settings that is compliant, from 0 to 100, where a check weighs its impact on each device to which it applies. By category, by RBAC group, and of earlier snapshots. Silent checks have no part in it: muster coverage counts them. muster configurations --failing lists what would raise the score.

Examples:

    muster scores --server http://127.0.0.1:8800
    muster scores --group Web --history 30
    muster scores --device web1.example.com --json

Exit statuses: 0 shown, 1 failed, 3 data folder in use, 5 no such device or group, not allowed, or no snapshot, 6 server not reached.`
}

// Run shows the scores.
func (c *Scores) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.History < 0 || c.History > 1000 {
		return console.Usage("--history is %d, must be 0 to 1000 snapshots", c.History)
	}
	of := control.ListFilter{Device: c.Device, Group: c.Group, Tag: c.Tag}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, control.ShowScores(&of, c.History), "showing scores")
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(all control.Scores) error { return printScores(t, &all) })
	})
}

// printScores prints scores: by category, by group and by snapshot.
func printScores(t *console.Terminal, s *control.Scores) error {
	if s.Compliance.Score == nil {
		return t.Lines([]string{"no score: no check of settings applies to these devices, or none could decide (muster coverage)"})
	}
	rows := [][]string{shareRow("all", s.Compliance.Score, s.Compliance.Weight)}
	for _, c := range s.Compliance.Categories {
		rows = append(rows, shareRow(c.Category, c.Score, c.Weight))
	}
	if err := t.Fit(shareColumns("category"), rows); err != nil {
		return err
	}
	if len(s.Groups) > 1 {
		rows = nil
		for i := range s.Groups {
			g := &s.Groups[i]
			rows = append(rows, shareRow(g.Group, g.Score, g.Weight))
		}
		if err := fitBelow(t, shareColumns("group"), rows); err != nil {
			return err
		}
	}
	if len(s.History) == 0 {
		return nil
	}
	rows = nil
	for i := range s.History {
		p := &s.History[i]
		row := shareRow(number(p.Number), p.Score, p.Weight)
		rows = append(rows, append([]string{row[0], console.Instant(p.GeneratedTime)}, row[1:]...))
	}
	columns := shareColumns("snapshot")
	columns[0].Right = true
	return fitBelow(t, append([]console.Column{columns[0], {Name: "published"}}, columns[1:]...), rows)
}

// fitBelow prints a table below an empty line.
func fitBelow(t *console.Terminal, columns []console.Column, rows [][]string) error {
	if err := t.Lines([]string{""}); err != nil {
		return err
	}
	return t.Fit(columns, rows)
}

// shareColumns are the columns of scores of something.
func shareColumns(of string) []console.Column {
	return []console.Column{{Name: of, Cut: true, Least: 12}, {Name: "score", Right: true},
		{Name: "compliant", Right: true, Rank: 2}, {Name: "of", Right: true, Rank: 1}}
}

// shareRow is a row of shareColumns.
func shareRow(of string, score *float64, w counts.Weight) []string {
	text := "none"
	if score != nil {
		text = fmt.Sprintf("%.1f", *score)
	}
	return []string{of, text, fmt.Sprintf("%.0f", w.Compliant), fmt.Sprintf("%.0f", w.Applicable)}
}
