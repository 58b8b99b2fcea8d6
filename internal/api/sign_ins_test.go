package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
)

// A link to sign in has a code of its own each time, and ending sessions counts those that there were. What becomes of
// the code is tried with pages, in package web.
func TestLinksToSignIn(t *testing.T) {
	l := newLab(t)
	var first, second control.SignIn
	l.decode(l.send(http.MethodPost, "/v1/sign-ins", ""), http.StatusCreated, &first)
	l.decode(l.send(http.MethodPost, "/v1/sign-ins", ""), http.StatusCreated, &second)
	if !strings.Contains(first.URL, "/sign-in?code=") || first.URL == second.URL || !first.ExpiresTime.After(l.clock()) {
		t.Errorf("%+v, %+v", first, second)
	}
	var ended control.EndedSessions
	l.decode(l.send(http.MethodDelete, "/v1/sessions", ""), http.StatusOK, &ended)
	l.equal("sessions", ended.Ended, int64(0))
	list := func() (all supervise.SessionList) {
		l.decode(l.send(http.MethodGet, "/v1/sessions?all=true", ""), http.StatusOK, &all)
		return all
	}
	l.equal("listed", list().Sessions, []supervise.BrowserSession{})
	now := l.clock()
	err := l.store.Access.Sessions().AddSession(t.Context(), access.Session{Hash: auth.HashSecret("a browser's"),
		Organization: organization.Default, Client: "a person", Name: "A Person", Begun: now, Used: now,
		Expires: now.Add(time.Hour)}, now.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	signedIn := list().Sessions
	l.equal("signed in", len(signedIn), 1)
	l.equal("ending it", l.send(http.MethodDelete, "/v1/sessions/"+signedIn[0].ID, "").StatusCode, http.StatusNoContent)
	l.equal("then", list().Sessions, []supervise.BrowserSession{})
	for _, id := range []string{"17", strings.Repeat("0", 32), strings.Repeat("%2e", 32)} {
		l.equal(id, l.send(http.MethodDelete, "/v1/sessions/"+id, "").StatusCode, http.StatusNotFound)
	}
}
