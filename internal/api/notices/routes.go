package notices

import (
	"net/http"

	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/edge"
)

var (
	lists = edge.Description{
		Summary: "Rules of notices, without their secrets, and how they do",
		Gives:   []edge.Payload{edge.JSONOf[notices.Rules](http.StatusOK, "by name")},
	}
	sets = edge.Description{
		Summary: "Makes or replaces a rule: who is told what changed, after a snapshot",
		Takes:   []edge.Payload{edge.JSONOf[notices.Set](0, "the rule")},
		Gives:   []edge.Payload{edge.JSONOf[notices.Rule](http.StatusOK, "it is stored")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	removes = edge.Description{
		Summary: "Removes a rule, with what is owed by it",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "it is removed")},
		Fails:   []int{http.StatusNotFound},
	}
	tests = edge.Description{
		Summary: "Sends a test to the receiver of a rule, at once",
		Gives:   []edge.Payload{edge.JSONOf[notices.Tested](http.StatusOK, "whether the receiver took it")},
		Fails:   []int{http.StatusNotFound},
	}
	previews = edge.Description{
		Summary: "What a rule would have told of the newest snapshot; nothing is sent",
		Gives:   []edge.Payload{edge.JSONOf[notices.Preview](http.StatusOK, "the notices")},
		Fails:   []int{http.StatusNotFound},
	}
	rehearses = edge.Description{
		Summary: "What a rule would have told of the newest snapshot, before it is set; nothing is stored or sent",
		Takes:   []edge.Payload{edge.JSONOf[notices.Set](0, "the rule, without a destination")},
		Gives:   []edge.Payload{edge.JSONOf[notices.Preview](http.StatusOK, "the notices")},
		Fails:   []int{http.StatusNotFound},
	}
	listsHistory = edge.Description{
		Summary: "Notices of the last 30 days, and what became of them",
		Query:   []edge.Parameter{byRule, state, limit, after},
		Gives:   []edge.Payload{edge.JSONOf[notices.History](http.StatusOK, "newest first")},
		Fails:   []int{http.StatusNotFound},
	}
)

// Routes returns the routes of notices.
func Routes(c Config) []edge.Route {
	x := &calls{c, edge.NewGate(places, c.MaxWait)}
	return []edge.Route{
		edge.At("noticerules", "/v1/notices/rules", edge.Methods{
			http.MethodGet: edge.Manages(x.list).As(lists)}),
		edge.At("noticerule", "/v1/notices/rules/{name}", edge.Methods{
			http.MethodPut:    edge.Manages(x.set).As(sets).Told("set notice rule"),
			http.MethodDelete: edge.Manages(x.remove).As(removes).Told("remove notice rule")}),
		edge.At("noticetest", "/v1/notices/rules/{name}/test", edge.Methods{
			http.MethodPost: edge.Manages(x.test).As(tests).Told("test notice rule").Reading()}),
		edge.At("noticepreview", "/v1/notices/rules/{name}/preview", edge.Methods{
			http.MethodGet: edge.Manages(x.preview).As(previews)}),
		edge.At("noticerehearsal", "/v1/notices/rehearsal", edge.Methods{
			http.MethodPost: edge.Manages(x.rehearse).As(rehearses).Told("rehearse notice rule").Reading()}),
		edge.At("noticehistory", "/v1/notices/history", edge.Methods{
			http.MethodGet: edge.Manages(x.history).As(listsHistory)}),
	}
}
