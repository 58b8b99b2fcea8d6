package access

import (
	"net/http"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/edge"
	stored "github.com/muster-project/muster/internal/store/access"
)

var (
	everybody = edge.TakesFlag("all", "of everybody in the organization; for managers")
	whose     = edge.TakesText("caller", "of the client or person with an id; for managers, unless it is the caller's own")
)

var (
	listsSessions = edge.Description{
		Summary: "Browsers that are signed in as the caller",
		Query:   []edge.Parameter{everybody, whose},
		Gives:   []edge.Payload{edge.JSONOf[supervise.SessionList](http.StatusOK, "the one that was used last first")},
	}
	endsSessions = edge.Description{
		Summary: "Signs the browsers of the caller out, at once",
		Query:   []edge.Parameter{everybody, whose},
		Gives:   []edge.Payload{edge.JSONOf[control.EndedSessions](http.StatusOK, "how many there were")},
	}
	endsSession = edge.Description{
		Summary: "Signs one browser out, at once",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "its next request is sent to sign in")},
		Fails:   []int{http.StatusNotFound},
	}
)

// managesSessions tells whether a caller may see and end the sessions of others.
func managesSessions(c *auth.Caller) bool { return c.May(auth.Manage) && c.AllGroups }

// asked returns whose sessions a request is about; "" is everybody.
func (s *signIns) asked(r *edge.Request) (client string, err error) {
	all, err := r.Query.Flag(everybody)
	if err != nil {
		return "", err
	}
	client = r.Query.Text(whose)
	switch {
	case all && client != "":
		return "", edge.Invalid("all and caller exclude each other")
	case !all && (client == "" || client == r.Caller.ID):
		return r.Caller.ID, nil
	case !managesSessions(&r.Caller):
		return "", edge.Refuse(http.StatusForbidden, defender.CodeForbidden,
			"only managers (%s) see and end the sessions of others", auth.Manage)
	}
	return client, nil
}

// listSessions is GET /v1/sessions.
func (s *signIns) listSessions(w *edge.Response, r *edge.Request) error {
	client, err := s.asked(r)
	if err != nil {
		return err
	}
	found, err := s.sessions.Of(r.Context(), r.Caller.Organization, client)
	if err != nil {
		return err
	}
	list := supervise.SessionList{Sessions: []supervise.BrowserSession{}}
	for i := range found {
		one, err := s.describeSession(r, &found[i])
		if err != nil {
			return err
		}
		list.Sessions = append(list.Sessions, one)
	}
	return w.JSON(http.StatusOK, list)
}

// describeSession says who a session is now.
func (s *signIns) describeSession(r *edge.Request, found *stored.Session) (supervise.BrowserSession, error) {
	one := supervise.BrowserSession{ID: found.ID(), CallerID: found.Client, Name: found.Name, Issuer: found.Issuer,
		Subject: people.SubjectOf(found), Permissions: []string{}, BegunTime: found.Begun, UsedTime: found.Used,
		ExpiresTime: found.Expires}
	now, err := s.sessions.Now(r.Context(), found)
	if auth.IsNobody(err) {
		return one, nil
	}
	for _, p := range now.Permissions {
		one.Permissions = append(one.Permissions, string(p))
	}
	return one, err
}

// endSessions is DELETE /v1/sessions.
func (s *signIns) endSessions(w *edge.Response, r *edge.Request) error {
	client, err := s.asked(r)
	if err != nil {
		return err
	}
	ended, err := s.store.Sessions().EndSessions(r.Context(), r.Caller.Organization, client)
	if err != nil {
		return err
	}
	return w.JSON(http.StatusOK, control.EndedSessions{Ended: ended})
}

// endSession is DELETE /v1/sessions/{id}. To others than managers the sessions of others do not exist.
func (s *signIns) endSession(w *edge.Response, r *edge.Request) error {
	client := r.Caller.ID
	if managesSessions(&r.Caller) {
		client = ""
	}
	err := s.store.Sessions().EndOne(r.Context(), r.Caller.Organization, client, r.PathValue("id"))
	if auth.IsNobody(err) {
		return edge.NotFound("no session %q", edge.Clip(r.PathValue("id")))
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
