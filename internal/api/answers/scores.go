package answers

import (
	"maps"
	"net/http"
	"slices"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/publication"
)

// history is how many earlier snapshots scores are told of.
var history = edge.TakesNumber("history", 30, 0, 1000, "earlier snapshots")

// scores is GET /v1/scores.
func (ls *lists) scores(w *edge.Response, r *edge.Request) error {
	n, err := r.Query.Number(history)
	if err != nil {
		return err
	}
	q, leave, err := ls.ask(w, r, control.CallOfScores)
	if err != nil {
		return err
	}
	defer leave()
	reply := control.Scores{Number: q.snapshot.Number, GeneratedTime: q.snapshot.Generated.UTC()}
	if q.devices != nil {
		all := counts.Compliance{}
		if err := q.settings(r.Context(), func(_ *answer.Device, s []answer.Setting) { answer.Weigh(all, s) }); err != nil {
			return unavailable(err)
		}
		reply.Compliance = counts.SharesOf(all)
		return w.JSON(http.StatusOK, reply)
	}
	groups, err := answer.ComplianceOf(r.Context(), q.view)
	if err != nil {
		return unavailable(err)
	}
	reply.Compliance = counts.SharesOf(groups.Sum(nil))
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		reply.Groups = append(reply.Groups, control.GroupScore{GroupID: id, Group: q.groups[id],
			Shares: counts.SharesOf(groups[id])})
	}
	if reply.History, err = ls.pastScores(r, q, int(n)); err != nil {
		return err
	}
	return w.JSON(http.StatusOK, reply)
}

// pastScores returns the scores of at most n snapshots before that of the question, as far as their manifests
// are kept and have them.
func (ls *lists) pastScores(r *edge.Request, q *question, n int) (past []control.PastScore, err error) {
	all, err := ls.Store.Publication.Snapshots(r.Context(), r.Caller.Organization)
	if err != nil {
		return nil, err
	}
	about := func(group int64) bool { return r.Caller.Sees(group) && (q.only == AllGroups || q.only == group) }
	for i := len(all) - 1; i >= 0 && len(past) < n; i-- {
		s := &all[i]
		if s.Number >= q.snapshot.Number || s.Full == publication.Retired && s.Delta == publication.Retired {
			continue
		}
		m, err := ls.Publisher.Manifest(*s)
		if err != nil {
			return nil, err
		}
		if m.Compliance != nil {
			past = append(past, control.PastScore{Number: s.Number, GeneratedTime: s.Generated.UTC(),
				Shares: counts.SharesOf(m.Compliance.Sum(about))})
		}
	}
	return past, nil
}
