package api

import (
	_ "embed" // the pages
	"net/http"
	"strings"

	"github.com/muster-project/muster/internal/edge"
)

// The pages at the root tell people who open the server's address what it is. They are the same on
// every server: whoever reads them need not have a token.
var (
	//go:embed welcome.html
	welcomeHTML []byte
	//go:embed welcome.txt
	welcomeText []byte
)

var welcomes = edge.Description{
	Summary: "What this server is, for people",
	Gives: []edge.Payload{edge.OtherBody(http.StatusOK, "text/plain", "a few lines"),
		edge.OtherBody(http.StatusOK, "text/html", "the same for browsers, which accept text/html")},
}

// welcome is GET /: for browsers the dashboard, if there is one.
func welcome(home edge.Handler) edge.Handler {
	return func(w *edge.Response, r *edge.Request) error {
		w.Header().Set("Vary", "Accept")
		switch {
		case !strings.Contains(strings.ToLower(r.Header.Get("Accept")), "text/html"):
			return w.Send(http.StatusOK, "text/plain; charset=utf-8", welcomeText)
		case home != nil:
			return home(w, r)
		}
		return w.Send(http.StatusOK, "text/html; charset=utf-8", welcomeHTML)
	}
}
