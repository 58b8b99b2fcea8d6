package web

import (
	"context"
	"net/url"
	"strconv"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// settingRows is how many checks of a device a page shows: each has what was measured.
const settingRows = 50

// settingsPart is the part of a device's page about settings.
type settingsPart struct {
	// Says are the outcomes of checks that can be chosen, Judged the checks of the chosen one on this page, of N, and
	// Next leads to more.
	Says           []page.Entry
	Judged         []control.DeviceCheck
	First, Last, N int64
	Previous, Next string
}

// fill makes the part, which is of now: the checks of one outcome, a page of them.
func (p *settingsPart) fill(ctx context.Context, v *page.Visit, device string) error {
	checks, err := page.Ask(ctx, v.API, control.ShowDeviceChecks(device))
	if err != nil {
		return err
	}
	n, says := &checks.Counts, v.URL.Query().Get("says")
	outcomes := []struct {
		says, verdict, text string
		count               int64
	}{{"fails", control.CheckNonCompliant, "fail", int64(n.NonCompliant)}, {"complies", control.CheckCompliant, "comply", int64(n.Compliant)},
		{"silent", control.CheckSilent, "are silent", int64(n.Silent)}, {"other", control.CheckNotApplicable, "do not apply", int64(n.NotApplicable)}}
	verdict := ""
	for _, o := range outcomes {
		if says == "" && (o.count > 0 || o.says == "other") {
			says = o.says // the first of which there is any
		}
		if o.says == says {
			verdict = o.verdict
		}
	}
	if verdict == "" {
		return edge.Invalid("says is %q, must be fails, complies, silent or other", edge.Clip(says))
	}
	path := "/devices/" + url.PathEscape(device)
	for _, o := range outcomes {
		p.Says = append(p.Says, page.Entry{Name: page.Number(o.count) + " " + o.text, Here: o.says == says,
			Path: page.Link(path, "view", "settings", "says", o.says)})
	}
	var all []control.DeviceCheck
	for _, c := range checks.Rows {
		if c.Verdict == verdict {
			all = append(all, c)
		}
	}
	at := int64(1)
	if text := v.URL.Query().Get("page"); text != "" {
		if at, err = page.Whole("page", text, 1000); err != nil {
			return err
		}
	}
	p.N = int64(len(all))
	p.First, p.Last = min((at-1)*settingRows, p.N), min(at*settingRows, p.N)
	p.Judged = all[p.First:p.Last]
	to := func(n int64) string {
		return page.Link(path, "view", "settings", "says", says, "page", strconv.FormatInt(n, 10))
	}
	if p.Last < p.N {
		p.Next = to(at + 1)
	}
	if at > 1 {
		p.Previous = to(at - 1)
	}
	p.First++
	return nil
}
