package browsertest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
)

// Pages that come of a form, or of a caller who may see less, hold what all pages promise: a form that lacks something,
// a secret, a form that was sent before, one whose session has ended, and what is refused.
func TestPagesBehindForms(t *testing.T) {
	s := shared(t)
	axe := axeScript(t)
	b, session := as(t, s)
	const enrol = "/access/enrollments/add?name=of+a+browser&then=setup"
	b.open(enrol, 200)
	b.shows("Make an enrolment", "What will happen")
	mark := eval[string](b, `document.querySelector("main input[name=mark]").value`)
	cookies := call(b, func(ctx context.Context, p network.GetCookiesParams) (network.GetCookiesResult, error) {
		return chromedp.Call(ctx, network.GetCookies, p)
	}, network.GetCookiesParams{})
	if len(cookies.Cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies.Cookies))
	}
	browsers, secret := s.Node.Store.Access.Sessions(), auth.HashSecret(cookies.Cookies[0].Value)
	if _, _, err := browsers.BeginForm(t.Context(), secret, mark, time.Now()); err != nil {
		t.Fatal(err)
	}
	b.open("/sent/"+mark, 200)
	b.shows("This form was sent before", "is being done")
	b.holds("a form that was sent before", axe)

	b.open(enrol, 200)
	b.click("main form button")
	b.shows("Make an enrolment", "muster collect --server "+s.URL+" --enroll ")
	b.holds("a secret", axe)

	b.open("/exceptions/add?cve=CVE-2024-7971", 200)
	b.run("choosing a day that is gone", chromedp.Evaluate[chromedp.Void](`document.querySelector("input[type=date]").value = "2020-01-01";
		document.querySelector("textarea").value = "a reason"`))
	b.lands("sending a form that lacks something", 400, chromedp.Click(chromedp.CSS("main form button")))
	b.shows("Make an exception", "2020-01-01")
	b.holds("a form that lacks something", axe)

	b.open("/access/groups/add", 200)
	b.run("typing a name", chromedp.SendKeys(chromedp.CSS("main input[name=name]"), "kept by the page"))
	if _, err := control.Do(t.Context(), session, supervise.EndSessions(supervise.SessionFilter{})); err != nil {
		t.Fatal(err)
	}
	b.lands("sending a form whose session has ended", 403, chromedp.Click(chromedp.CSS("main form button")))
	b.shows("You were signed out", "kept by the page")
	b.holds("a form whose session has ended", axe)

	_, less := s.Client(t, []auth.Permission{auth.ReadSoftware})
	reader := newTab(t, s).signIn(less)
	reader.open("/vulnerabilities", 403)
	reader.shows("You may not see this", "Vulnerability.Read.All")
	reader.holds("what is refused", axe)
	reader.open("/", 200)
	reader.shows("Overview", fmt.Sprintf("%d devices", len(s.Devices["Lisbon"])+len(s.Devices["Tokyo"])+1))
	reader.holds("the overview of who sees software alone", axe)

	_, none := s.Client(t, []auth.Permission{auth.ReadAudit})
	bare := newTab(t, s)
	link := s.Link(t, none)
	bare.open(strings.TrimPrefix(link, s.URL), 200)
	bare.lands("signing in without a permission of pages", 403, chromedp.Click(chromedp.CSS("main form button")))
	bare.holds("the overview of who may not see it", axe)
}
