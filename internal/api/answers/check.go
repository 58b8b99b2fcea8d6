package answers

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// outcomes are those that a verdict stands for.
var outcomes = map[string][]projection.Outcome{
	control.CheckNonCompliant:  {projection.NonCompliant},
	control.CheckCompliant:     {projection.Compliant},
	control.CheckNotApplicable: {projection.NotApplicable, projection.NotApplicableNonCompliant},
}

// configuration is GET /v1/configurations/{id}.
func (ls *lists) configuration(w *edge.Response, r *edge.Request) error {
	id := r.PathValue("id")
	q, leave, err := ls.ask(w, r, control.ListOfConfigurations+"/"+id)
	if err != nil {
		return err
	}
	defer leave()
	reply := control.ConfigurationDetail{ID: id, Number: q.snapshot.Number, GeneratedTime: q.snapshot.Generated,
		Verdict: cmp.Or(r.Query.Text(verdict), control.CheckNonCompliant)}
	if outcomes[reply.Verdict] == nil {
		return edge.Invalid("verdict is %q, must be nonCompliant, compliant or notApplicable", edge.Clip(reply.Verdict))
	}
	reply.Definition = ls.definition(q, id)
	all, err := q.checks(r.Context())
	if err != nil {
		return unavailable(err)
	}
	reply.Rows = slices.DeleteFunc(all, func(c control.ConfigurationRow) bool { return c.ID != id })
	if reply.Definition == nil && len(reply.Rows) == 0 {
		return edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "no check %q", edge.Clip(id))
	}
	slices.SortFunc(reply.Rows, worstCheckFirst)
	found, err := q.devicesBy(r.Context(), id, outcomes[reply.Verdict])
	if err != nil {
		return unavailable(err)
	}
	reply.Devices = q.describeDevices(found.Rows)
	reply.Total = found.Total
	if reply.Next, err = ls.next(q, len(reply.Devices), reply.Total); err != nil {
		return err
	}
	return w.JSON(http.StatusOK, reply)
}

// devicesBy lists the devices that are asked for with an outcome of a check: those of the page.
func (q *question) devicesBy(ctx context.Context, id string,
	wanted []projection.Outcome) (answer.List[answer.Device], error) {
	if q.devices == nil {
		return q.view.DevicesOf(ctx, answer.Of{Configuration: id, Outcomes: wanted},
			answer.Page{Skip: q.skip, Limit: q.limit})
	}
	var all []answer.Device
	err := q.settings(ctx, func(d *answer.Device, settings []answer.Setting) {
		if slices.ContainsFunc(settings, func(s answer.Setting) bool {
			return s.ID == id && slices.ContainsFunc(wanted, func(o projection.Outcome) bool {
				return o.Applicable() == s.Applicable && o.IsCompliant() == s.Compliant
			})
		}) {
			all = append(all, *d)
		}
	})
	return answer.List[answer.Device]{Rows: page(q, all), Total: int64(len(all))}, err
}

// describeDevices describes devices of the snapshot.
func (q *question) describeDevices(all []answer.Device) []control.CheckedDevice {
	described := make([]control.CheckedDevice, len(all))
	for i, d := range all {
		described[i] = control.CheckedDevice{ID: d.ID, Name: d.Name, OSPlatform: d.OSPlatform, OSVersion: d.OSVersion,
			Group: q.groups[d.Group]}
	}
	return described
}

// definition returns that of a check by which devices are judged now; nil if there is none with the id.
func (ls *lists) definition(q *question, id string) *control.CheckDefinition {
	all := ls.Publisher.Benchmark(q.know.catalog).Definitions()
	at := slices.IndexFunc(all, func(d *benchmark.Definition) bool { return d.ID == id })
	if at < 0 {
		return nil
	}
	d := all[at]
	return &control.CheckDefinition{Name: d.Name, Category: d.Category, Subcategory: d.Subcategory, Impact: d.Impact,
		UserImpact: d.UserImpact, Platforms: d.Platforms, Facts: d.Facts, Software: d.Software, Judges: string(d.Judges),
		Applies: d.Applies, Expected: d.Compliant, Remediation: d.Remediation, Command: d.Command,
		References: d.References}
}
