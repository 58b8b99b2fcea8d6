package merge

import (
	"fmt"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// opened counts when the findings of the device in w.output were first seen, and, if it was in this group
// before, those that it had then.
func (w *Worker) opened(of *snapshot.Delta, before bool) {
	if of.Opened.New == nil {
		of.Opened.New = trend.Ages{}
	}
	of.Opened.New.Add(w.output.Opened, 1)
	if before {
		if of.Opened.Gone == nil {
			of.Opened.Gone = trend.Ages{}
		}
		of.Opened.Gone.Add(w.output.Before, 1)
	}
}

// closed counts when the findings of a device that left were first seen.
func closed(of *snapshot.Delta, rows *assess.Rows) (err error) {
	if of.Opened.Gone == nil {
		of.Opened.Gone = trend.Ages{}
	}
	shape := row.ShapeOf(defender.Vulnerabilities, false)
	var r row.Row
	for rest := rows[defender.Vulnerabilities]; len(rest) > 0; {
		if rest, err = shape.Skim(&r, rest); err != nil {
			return fmt.Errorf("reading findings of a device that left: %w", err)
		}
		first, _ := r.FirstSeen()
		of.Opened.Gone[first.Day()]++
	}
	return nil
}
