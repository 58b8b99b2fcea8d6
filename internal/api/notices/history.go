package notices

import (
	"net/http"
	"strconv"

	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/notified"
)

// history is GET /v1/notices/history. A page begins before the id in after.
func (x *calls) history(w *edge.Response, r *edge.Request) error {
	n, err := r.Query.Number(limit)
	if err != nil {
		return err
	}
	f := notified.Filter{Rule: r.Query.Text(byRule)}
	if name := r.Query.Text(state); name != "" {
		if f.State, err = stateNamed(name); err != nil {
			return err
		}
	}
	if text := r.Query.Text(after); text != "" {
		if f.Before, err = strconv.ParseInt(text, 10, 64); err != nil || f.Before <= 0 {
			return edge.Invalid("after %q is not the next of a page of this list", edge.Clip(text))
		}
	}
	all, err := x.Store.Notified.History(r.Context(), r.Caller.Organization, f, int(n)+1)
	if err != nil {
		return err
	}
	reply := notices.History{Notices: []notices.Told{}}
	for i := range all {
		if i == int(n) {
			reply.Next = strconv.FormatInt(all[i-1].ID, 10)
			break
		}
		one := &all[i]
		reply.Notices = append(reply.Notices, notices.Told{ID: one.ID, Rule: one.Rule, State: string(one.State),
			MadeTime: one.Made,
			DueTime:  one.Due, EndedTime: timeOrNil(one.Ended), Tries: one.Tries, Error: one.Error, Notice: one.Notice})
	}
	return w.JSON(http.StatusOK, reply)
}
