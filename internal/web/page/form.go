package page

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/store/access"
)

// Form is a page with a form that changes something. GET shows what will happen, in numbers, and POST does it. The
// values are in the address when it is shown, so that a page can link to a form that is filled in.
type Form struct {
	// Path is the pattern of its address, such as /exceptions/{id}/end.
	Path string
	// For says who may: the operation of the API by which the change is made, of which only the permissions count.
	For edge.Operation
	// Plan says what the form asks, and what will happen with its values. It is asked when the form is shown, and again
	// before anything is done: who was shown something else is shown the form again.
	Plan func(context.Context, *Visit, url.Values) (Plan, error)
	// Secrets are the names of inputs that are never shown again, whatever was typed.
	Secrets []string
	// Do makes the change, by the API.
	Do func(context.Context, *Visit, url.Values) (Done, error)
}

// Route is the address of the form.
func (f *Form) Route(p *Site) edge.Route {
	return edge.At("form", f.Path, edge.Methods{
		http.MethodGet:  edge.Open(p.Shows(f.get)),
		http.MethodPost: edge.Open(func(w *edge.Response, r *edge.Request) error { return f.post(p, w, r) })})
}

// formPage is what the page of a form shows.
type formPage struct {
	Plan
	Action, Mark, Seen, Typed string
	// Notice says why it is shown again, Alert that something failed.
	Notice, Alert string
}

// get shows the form with the values of its address.
func (f *Form) get(v *Visit) error {
	if err := v.Admitted(f.For); err != nil {
		return err
	}
	return f.show(v, v.URL.Query(), http.StatusOK, "", "")
}

// show shows the form with values.
func (f *Form) show(v *Visit, values url.Values, status int, notice, alert string) error {
	ctx, cancel := v.Within()
	defer cancel()
	plan, err := f.Plan(ctx, v, values)
	if err != nil {
		return err
	}
	return f.showPlan(v, plan, status, notice, alert)
}

func (f *Form) showPlan(v *Visit, plan Plan, status int, notice, alert string) error {
	// What cannot be sent does nothing. A form with secrets says it all the same: shown again, it would ask for them
	// again.
	if len(f.Secrets) == 0 && (plan.Problem != "" || plan.lacks(plan.shown()) != "") {
		plan.Will = nil
	}
	for i := range plan.Inputs {
		if slices.Contains(f.Secrets, plan.Inputs[i].Name) {
			plan.Inputs[i].Value = ""
		}
	}
	p := formPage{plan, v.URL.EscapedPath(), newMark(), digest(plan.Will), typed(plan.shown()), notice, alert}
	return v.Send(status, "form", &Frame{Title: plan.Title, Content: p})
}

// maxDoing is how long a change may take, whether or not its browser waits.
const maxDoing = 10 * time.Minute

// post does what the form says, once.
func (f *Form) post(p *Site, w *edge.Response, r *edge.Request) error {
	form, err := ReadForm(w, r)
	if err != nil {
		return p.Fail(w, r, nil, err)
	}
	secret := p.SecretOf(r)
	caller, err := p.Sessions.Caller(r.Context(), secret)
	if auth.IsNobody(err) {
		return f.keep(p, w, r, form)
	}
	if err != nil {
		return p.Fail(w, r, nil, err)
	}
	v := p.visit(w, r, caller, secret)
	if err := v.Admitted(f.For); err != nil {
		w.Identify(caller)
		return p.Fail(w, r, v, err)
	}
	if err := f.send(v, form); err != nil {
		return p.Fail(w, r, v, err)
	}
	return nil
}

// send shows the form again if it is not of this session, or if it would do something else than it said; else it does
// it.
func (f *Form) send(v *Visit, form url.Values) error {
	if !IsOfSession(form, v.secret) {
		v.W.Identify(v.Caller)
		return f.show(v, form, http.StatusForbidden, "", "This form is not of this session: you have signed in since, or it "+
			"was not made here. Nothing was changed. Look at it, and send it again.")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.Context()), maxDoing)
	defer cancel()
	mark := form.Get(markName)
	if before, err := v.site.Sessions.Form(ctx, v.secret, mark); err != nil {
		return err
	} else if before.State != "" && before.State != access.FormRefused {
		return Redirect(v.W, sentPath+mark)
	}
	plan, err := f.Plan(ctx, v, form)
	switch {
	case err != nil:
		return err
	case plan.lacks(form) != "":
		return f.showPlan(v, plan, http.StatusBadRequest, "", plan.lacks(form))
	case plan.Problem != "":
		return f.showPlan(v, plan, http.StatusBadRequest, "", "")
	case form.Get(seenName) == digest(plan.Will):
	case form.Get(typedName) != typed(form):
		return f.showPlan(v, plan, http.StatusOK, "This is what it would do now. Nothing was changed yet.", "")
	default:
		return f.showPlan(v, plan, http.StatusConflict, "", "What this would do has changed since the page was made. "+
			"Nothing was changed: this is what it would do now.")
	}
	if !isMark(mark) {
		return edge.Invalid("the form has no mark: load the page again")
	}
	_, begun, err := v.site.Sessions.BeginForm(ctx, v.secret, mark)
	if err != nil {
		return err
	}
	if !begun {
		return Redirect(v.W, sentPath+mark)
	}
	return f.do(ctx, v, plan, form, mark)
}

// do makes the change, and notes what came of it.
func (f *Form) do(ctx context.Context, v *Visit, plan Plan, form url.Values, mark string) error {
	v.changes.begin()
	done, err := f.Do(ctx, v, form)
	told := access.SentForm{State: access.FormDone, Told: done.Told, Leads: done.To,
		Audit: strings.Join(v.changes.ids(), " ")}
	status, message := explain(err)
	refused := err != nil && status < http.StatusInternalServerError
	switch {
	case refused:
		told.State, told.Told = access.FormRefused, message
	case err != nil:
		told.State, message = access.FormBegun, message+" It is not known whether this was done: look before you send it again."
	case done.Secret != nil:
		told.Told += " What is secret was shown once."
	}
	if failed := v.site.Sessions.EndForm(ctx, v.secret, mark, told); failed != nil {
		v.site.Server.Blame(v.W, v.Request, failed) // the change is made, or not, all the same
	}
	if err != nil {
		return f.showPlan(v, plan, status, "", message)
	}
	if done.Secret != nil {
		return v.Page("secret", &Frame{Title: plan.Title, Done: &Line{Text: done.Told, Audit: v.changes.ids()},
			Content: secretPage{*done.Secret, done.To}})
	}
	return Redirect(v.W, withDone(done.To, mark))
}

// secretPage shows a secret, once.
type secretPage struct {
	Secret
	To string
}

// explain returns what the API, or the form itself, has refused.
func explain(err error) (status int, message string) {
	if err == nil {
		return http.StatusOK, ""
	}
	if e := Refused(err); e != nil {
		return e.Status, plain.Inline(e.Error())
	}
	e := edge.Explain(err)
	_, message = e.Reason()
	return e.Status, message
}

// keep shows what a form holds whose session has ended, but for its secrets: nothing was changed, and it can be sent
// again.
func (f *Form) keep(p *Site, w *edge.Response, r *edge.Request, form url.Values) error {
	k := keptPage{Action: r.URL.EscapedPath()}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			switch {
			case slices.Contains(f.Secrets, name):
				k.Secret = k.Secret || value != ""
			case own(name):
				k.Values = append(k.Values, [2]string{name, value})
			}
		}
	}
	return p.Write(w, http.StatusForbidden, "kept", &Frame{Title: "You were signed out", Content: k})
}

// keptPage is what a form holds.
type keptPage struct {
	Action string
	Values [][2]string
	// Secret: it had secrets, which are not shown.
	Secret bool
}
