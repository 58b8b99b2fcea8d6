package answers

import (
	"context"
	"net/http"
	"slices"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
)

// configuration is GET /v1/configurations/{id}.
func (ls *lists) configuration(w *edge.Response, r *edge.Request) error {
	q, leave, err := ls.ask(w, r, control.ListOfConfigurations)
	if err != nil {
		return err
	}
	defer leave()
	reply := control.ConfigurationDetail{ID: r.PathValue("id"), Number: q.snapshot.Number,
		GeneratedTime: q.snapshot.Generated}
	if reply.Definition, err = ls.definition(r.Context(), reply.ID); err != nil {
		return err
	}
	all, err := q.checks(r.Context())
	if err != nil {
		return unavailable(err)
	}
	reply.Rows = slices.DeleteFunc(all, func(c control.ConfigurationRow) bool { return c.ID != reply.ID })
	if reply.Definition == nil && len(reply.Rows) == 0 {
		return edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "no check %q", edge.Clip(reply.ID))
	}
	slices.SortFunc(reply.Rows, worstCheckFirst)
	return w.JSON(http.StatusOK, reply)
}

// definition returns that of a check by which devices are judged now; nil if there is none with the id.
func (ls *lists) definition(ctx context.Context, id string) (*control.CheckDefinition, error) {
	c, err := ls.Library.Current(ctx)
	if err != nil {
		return nil, err
	}
	all := ls.Publisher.Benchmark(c).Definitions()
	at := slices.IndexFunc(all, func(d *benchmark.Definition) bool { return d.ID == id })
	if at < 0 {
		return nil, nil
	}
	d := all[at]
	return &control.CheckDefinition{Name: d.Name, Category: d.Category, Subcategory: d.Subcategory, Impact: d.Impact,
		UserImpact: d.UserImpact, Platforms: d.Platforms, Facts: d.Facts, Software: d.Software, Judges: string(d.Judges),
		Applies: d.Applies, Expected: d.Compliant, Remediation: d.Remediation, Command: d.Command,
		References: d.References}, nil
}
