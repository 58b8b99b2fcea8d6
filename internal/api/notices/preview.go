package notices

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/notified"
)

// preview is GET /v1/notices/rules/{name}/preview.
func (x *calls) preview(w *edge.Response, r *edge.Request) error {
	return x.tell(w, r, func() (notified.Rule, error) {
		rule, _, err := x.rule(r)
		return rule, err
	})
}

// rehearse is POST /v1/notices/rehearsal.
func (x *calls) rehearse(w *edge.Response, r *edge.Request) error {
	var asked notices.Set
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	if asked.Destination != nil {
		return edge.Invalid("destination: nothing is sent: leave it out")
	}
	asked.Name = cmp.Or(asked.Name, "rehearsal")
	if err := x.check(r.Context(), r.Caller.Organization, &asked); err != nil {
		return err
	}
	return x.tell(w, r, func() (notified.Rule, error) { return notified.Rule{Rule: asked.Rule}, nil })
}

// tell replies with what a rule would have told of the newest snapshot.
func (x *calls) tell(w *edge.Response, r *edge.Request, find func() (notified.Rule, error)) error {
	leave, err := x.gate.Enter(r.Context(), w, r.Caller.Key())
	if err != nil {
		return err
	}
	defer leave()
	rule, err := find()
	if err != nil {
		return err
	}
	p, err := x.Notifier.Preview(r.Context(), r.Caller.Organization, &rule)
	if errors.Is(err, database.ErrNotFound) {
		return edge.NotFound("no snapshot was published yet")
	}
	if err != nil {
		return err
	}
	return w.JSON(http.StatusOK, notices.Preview{Snapshot: p.Snapshot, Previous: p.Previous, Silent: p.Silent,
		Notices: append([]notice.Notice{}, p.Notices...)})
}
