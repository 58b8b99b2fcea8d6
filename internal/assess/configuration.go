package assess

import (
	"bytes"
	"slices"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
)

// maxConfigurations bounds the memory for rendered configurations, in bytes: reports may contain
// names of their own.
const maxConfigurations = 16 << 20

// configuration writes the rows of secure configuration. A check that could not decide has no row;
// it is a problem of the output, not an error.
func (a *Assessor) configuration(r *inventory.Report, w *writer) {
	results, said, err := a.benchmark.Count(r)
	w.out.Problem, w.out.Coverage.Checks = err, said
	a.judged = a.judged[:0]
	for _, result := range results {
		a.judged = append(a.judged, judged{a.configurationPiece(result.Definition), result.Applicable, result.Compliant})
	}
	slices.SortStableFunc(a.judged, func(x, y judged) int { return bytes.Compare(x.piece.Key(), y.piece.Key()) })
	rows := w.out.Rows[defender.Configurations]
	for i, j := range a.judged {
		if i > 0 && bytes.Equal(j.piece.Key(), a.judged[i-1].piece.Key()) { // ids that only differ in invalid bytes
			continue
		}
		if w.room(defender.Configurations) {
			w.out.Made.Judged = append(w.out.Made.Judged, MadeJudged{j.piece, len(rows), j.applicable, j.compliant})
			rows = row.AppendConfiguration(rows, &w.device, j.piece, w.seen, j.compliant, j.applicable)
		}
	}
	w.out.Rows[defender.Configurations] = rows
}

func (a *Assessor) configurationPiece(d *benchmark.Definition) *row.ConfigurationPiece {
	c := row.Configuration{ID: d.ID, Name: d.Name, Category: d.Category, Subcategory: d.Subcategory,
		Impact: d.Impact, UserImpact: d.UserImpact}
	if p, ok := a.configurations[c]; ok {
		return p
	}
	const piece, names = 500, 4 // bytes of a piece without its names, and how often it has these
	size := piece + names*(len(c.ID)+len(c.Name)+len(c.Category)+len(c.Subcategory))
	if a.configured += size; a.configured > maxConfigurations {
		clear(a.configurations)
		a.configured = size
	}
	p := c.Piece()
	a.configurations[c] = &p
	return &p
}
