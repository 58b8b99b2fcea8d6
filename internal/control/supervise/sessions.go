package supervise

import (
	"net/http"
	"net/url"
	"time"

	"github.com/muster-project/muster/internal/control"
)

// BrowserSession is a browser that is signed in.
type BrowserSession struct {
	ID string `json:"id"`
	// CallerID is the client's id, or that of the person, as the audit log has it; Name is for people.
	CallerID string `json:"callerId"`
	Name     string `json:"name"`
	// Issuer and Subject are of a person: the provider that signed them in, and who they are there. Both are absent if
	// a client's link signed the browser in.
	Issuer  string `json:"issuer,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Permissions are those of now; without any the session does nothing until it ends.
	Permissions []string `json:"permissions"`
	// UsedTime is to the minute. ExpiresTime is when it ends at the latest.
	BegunTime   time.Time `json:"begunTime"`
	UsedTime    time.Time `json:"usedTime"`
	ExpiresTime time.Time `json:"expiresTime"`
}

// SessionList is the reply to GET /v1/sessions, the one that was used last first.
type SessionList struct {
	Sessions []BrowserSession `json:"sessions"`
}

// SessionFilter says whose sessions are meant: the caller's own; with All, those of everybody; with Caller, those of a
// client or person.
type SessionFilter struct {
	All    bool
	Caller string
}

func (f SessionFilter) query() url.Values {
	q := url.Values{}
	if f.All {
		q.Set("all", "true")
	}
	if f.Caller != "" {
		q.Set("caller", f.Caller)
	}
	return q
}

const sessionsPath = "/v1/sessions"

// ListSessions lists browsers that are signed in.
func ListSessions(f SessionFilter) control.Request[SessionList] {
	return control.Request[SessionList]{Call: control.Call{Method: http.MethodGet, Path: sessionsPath, Query: f.query()}}
}

// EndSessions signs browsers out.
func EndSessions(f SessionFilter) control.Request[control.EndedSessions] {
	return control.Request[control.EndedSessions]{Call: control.Call{Method: http.MethodDelete, Path: sessionsPath,
		Query: f.query()}}
}

// EndSession signs one browser out.
func EndSession(id string) control.Request[control.Nothing] {
	return control.Request[control.Nothing]{Call: control.Call{Method: http.MethodDelete,
		Path: sessionsPath + "/" + url.PathEscape(id)}}
}
