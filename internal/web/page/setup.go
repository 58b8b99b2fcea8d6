package page

import (
	"context"
	"net/http"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/publication"
)

// Routes are those of this room: what pages load, and the setup of an empty server.
func (p *Site) Routes() (all []edge.Route) {
	for _, a := range []asset{p.renderer.sheet, p.renderer.icon} {
		all = append(all, p.Get("asset", "/assets/"+a.name, a.send))
	}
	return append(all, p.Route("/setup", showSetup), p.Route(sentPath+"{mark}", showSent))
}

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

// OrSetup shows how to begin if an error only means that there is no snapshot yet; else it returns the error.
func (v *Visit) OrSetup(err error) error {
	if e := Refused(err); e == nil || e.Status != http.StatusNotFound {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	all, listErr := Ask(ctx, v.API, control.ListGenerations())
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
func showSetup(v *Visit) error {
	ctx, cancel := v.Within()
	defer cancel()
	all, err := Ask(ctx, v.API, control.ListGenerations())
	if err != nil {
		return err
	}
	return v.setup(ctx, all)
}

// setup shows how far a server is.
func (v *Visit) setup(ctx context.Context, all control.GenerationList) error {
	p := setupPage{Origin: v.Origin(),
		Manages: v.Caller.May(auth.Manage) && v.Caller.AllGroups}
	for _, g := range all.Generations {
		switch g.State {
		case string(publication.Sealed):
			p.Published = true
		case string(publication.Running):
			p.Running = "The snapshot is being made."
			if at := g.Progress; at != nil && at.TotalRanges > 0 {
				p.Running = "Range " + Number(int64(at.Ranges)) + " of " + Number(int64(at.TotalRanges)) + ", " +
					Count(at.Devices, "device", "devices") + " done."
			}
		default:
			p.Failure = First(p.Failure, g.Failure, "the last one failed")
		}
	}
	if p.Manages {
		feeds, err := Ask(ctx, v.API, control.ListFeeds(false))
		if e := Refused(err); err != nil && (e == nil || e.Status != http.StatusForbidden) {
			return err
		}
		known, err := Ask(ctx, v.API, control.SomeDevices(100))
		if err != nil {
			return err
		}
		p.Feeds, p.Devices, p.More = len(feeds.Feeds), len(known.Devices), known.Next != ""
	}
	return v.Page("setup", &Frame{Title: "Setup", Content: p})
}
