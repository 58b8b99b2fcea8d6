package answers

import (
	"log/slog"
	"net/http"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// affected is GET /v1/affected. Its rows are in the order of the snapshot, so that a page costs what it holds.
func (ls *lists) affected(w *edge.Response, r *edge.Request) error {
	q, leave, err := ls.ask(w, r, control.ListOfAffected)
	if err != nil {
		return err
	}
	defer leave()
	all, err := q.affected(r)
	if err != nil {
		return unavailable(err)
	}
	reply := control.AffectedRows{Number: q.snapshot.Number, GeneratedTime: q.snapshot.Generated, Coverage: q.coverage(),
		Rows: []control.AffectedRow{}}
	for i := range all.Rows {
		reply.Rows = append(reply.Rows, q.affectedRow(&all.Rows[i]))
	}
	if all.Next >= 0 {
		if reply.Next, err = ls.tokenAt(q, all.Next); err != nil {
			return err
		}
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// affected reads a page of devices.
func (q *question) affected(r *edge.Request) (answer.List[answer.Affected], error) {
	of := answer.Filter{CVE: q.filter.cve, Key: q.know.catalog.ID() + string(q.binding),
		Software: func(key *row.SoftwareKey) bool { return q.filter.product(key.Vendor, key.Name) },
		Pair: func(key *row.SoftwareKey, f *projection.Finding) bool {
			return q.filter.matches(f, q.know.of(f.CVE), key.Vendor, key.Name)
		}}
	return q.view.Affected(r.Context(), answer.Affecting{Filter: of, Among: q.devices},
		answer.Page{Skip: q.skip, Limit: q.limit})
}

// affectedRow is a device as it is shown.
func (q *question) affectedRow(a *answer.Affected) control.AffectedRow {
	one := control.AffectedRow{ID: a.ID, Name: a.Name, OSPlatform: a.OSPlatform, OSVersion: a.OSVersion,
		Group: q.groups[a.Group], Software: []control.AffectedSoftware{}}
	for _, s := range a.Software {
		one.Software = append(one.Software, control.AffectedSoftware{Vendor: s.Vendor, Name: s.Name, Version: s.Version,
			CVEIDs: s.CVEs})
	}
	return one
}
