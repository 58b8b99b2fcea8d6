package web

import (
	"context"
	"net/http"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/store/publication"
)

// setupPage is what an empty server shows in place of every page: how far it is.
type setupPage struct {
	Origin  string
	Manages bool
	// Feeds and Devices are how many there are; Running says how far the first snapshot is.
	Feeds, Devices int
	More           bool // there are more devices than were counted
	Running        string
	Failure        string
	Published      bool
}

// orSetup shows how to begin if an error only means that there is no snapshot yet; else it returns the error.
func (v *visit) orSetup(err error) error {
	if e := refused(err); e == nil || e.Status != http.StatusNotFound {
		return err
	}
	ctx, cancel := v.within()
	defer cancel()
	all, listErr := ask(ctx, v.api, control.ListGenerations())
	if listErr != nil {
		return listErr
	}
	for _, g := range all.Generations {
		if g.State == string(publication.Sealed) {
			return err
		}
	}
	return v.setup(ctx, all)
}

// showSetup is GET /setup.
func showSetup(v *visit) error {
	ctx, cancel := v.within()
	defer cancel()
	all, err := ask(ctx, v.api, control.ListGenerations())
	if err != nil {
		return err
	}
	return v.setup(ctx, all)
}

// setup shows how far a server is.
func (v *visit) setup(ctx context.Context, all control.GenerationList) error {
	p := setupPage{Origin: v.pages.server.Origins.Of(v.Request.Request),
		Manages: v.Caller.May(auth.Manage) && v.Caller.AllGroups}
	for _, g := range all.Generations {
		switch g.State {
		case string(publication.Sealed):
			p.Published = true
		case string(publication.Running):
			p.Running = "The snapshot is being made."
			if at := g.Progress; at != nil && at.TotalRanges > 0 {
				p.Running = "Range " + number(int64(at.Ranges)) + " of " + number(int64(at.TotalRanges)) + ", " +
					count(at.Devices, "device", "devices") + " done."
			}
		default:
			p.Failure = first(p.Failure, g.Failure, "the last one failed")
		}
	}
	if p.Manages {
		feeds, err := ask(ctx, v.api, control.ListFeeds(false))
		if e := refused(err); err != nil && (e == nil || e.Status != http.StatusForbidden) {
			return err
		}
		known, err := ask(ctx, v.api, control.SomeDevices(100))
		if err != nil {
			return err
		}
		p.Feeds, p.Devices, p.More = len(feeds.Feeds), len(known.Devices), known.Next != ""
	}
	return v.page("setup", &frame{Title: "Setup", Content: p})
}
