package page

import (
	"net/http"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/access"
)

// showSent is GET /sent/{mark}: it leads to what the form has done, or says that nobody knows yet.
func showSent(v *Visit) error {
	ctx, cancel := v.Within()
	defer cancel()
	mark := v.PathValue("mark")
	f, err := v.site.Sessions.Form(ctx, v.secret, mark)
	switch {
	case err != nil:
		return err
	case f.State == access.FormDone:
		return Redirect(v.W, withDone(f.Leads, mark))
	case f.State == "":
		return edge.NotFound("this session has sent no such form")
	}
	p := sentPage{Refused: f.Told}
	if f.State == access.FormBegun {
		p.Refused = ""
	}
	return v.Send(http.StatusOK, "sent", &Frame{Title: "This form was sent before", Content: p})
}

// sentPage says what came of a form that has not done anything, yet.
type sentPage struct{ Refused string }
