package page

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/publication"
)

// Routes are those of this room: what pages load, and the setup of an empty server.
func (p *Site) Routes() (all []edge.Route) {
	for _, a := range []asset{p.renderer.sheet, p.renderer.script, p.renderer.icon} {
		all = append(all, p.Get("asset", "/assets/"+a.name, a.send))
	}
	all = append(all, p.Get("asset", "/favicon.ico", func(w *edge.Response, _ *edge.Request) error {
		return Redirect(w, "/assets/"+p.renderer.icon.name) // browsers ask for it where no page names another
	}))
	return append(all, p.Route("/setup", showSetup), p.Route(sentPath+"{mark}", showSent))
}

// setupPage is what a server shows in place of every list until a snapshot has a device: how far it is.
type setupPage struct {
	Origin  string
	Manages bool
	// Begun: the newest snapshot has a device that the caller sees.
	Begun bool
	// Lead says how far the caller's devices are.
	Lead string
	// Feeds and Reported say how many there are, "" for none.
	Feeds, Reported string
	Running         string
	Failure         string
	// Snapshot says which is the newest, and what it has; Next when one is made.
	Snapshot, Next string
}

// OrSetup shows how to begin if an error only means that no snapshot has a device yet; else it returns the error.
func (v *Visit) OrSetup(err error) error {
	if e := Refused(err); !errors.Is(err, ErrBare) && (e == nil || e.Status != http.StatusNotFound) {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	all, listErr := Ask(ctx, v.API, control.ListGenerations())
	if listErr != nil {
		return listErr
	}
	if !errors.Is(err, ErrBare) && newestOf(&all) != nil {
		return err
	}
	return v.setup(ctx, all)
}

// newestOf returns the newest snapshot of a list; nil if there is none.
func newestOf(all *control.GenerationList) (newest *control.Generation) {
	for i := range all.Generations {
		g := &all.Generations[i]
		if g.State == string(publication.Sealed) && (newest == nil || g.Number > newest.Number) {
			newest = g
		}
	}
	return newest
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
	p := &setupPage{Origin: v.Origin(), Next: v.nextSnapshot(),
		Manages: v.Manages()}
	newest := newestOf(&all)
	if newest != nil {
		known, err := v.Coverage(ctx)
		if err != nil {
			return err
		}
		p.made(newest, Assessed(&known.Coverage).All())
	}
	p.works(&all, newest)
	if p.Manages {
		if err := p.counts(ctx, v); err != nil {
			return err
		}
	}
	p.Lead = p.lead(v.Caller.AllGroups)
	return v.Page("setup", &Frame{Title: "Setup", Content: p})
}

// made says what the newest snapshot has.
func (p *setupPage) made(newest *control.Generation, devices int64) {
	p.Begun = devices > 0
	p.Snapshot = "Snapshot " + Number(newest.Number)
	if newest.GeneratedTime != nil {
		p.Snapshot += " of " + Instant(*newest.GeneratedTime)
	}
	if p.Snapshot += " has " + Count(devices, "device", "devices") + "."; !p.Begun {
		p.Snapshot = strings.Replace(p.Snapshot, "0 devices", "no device", 1)
	}
}

// works says what the newest generation does, or why it failed.
func (p *setupPage) works(all *control.GenerationList, newest *control.Generation) {
	for _, g := range all.Generations {
		switch {
		case newest != nil && g.Number <= newest.Number: // what was before does not matter any more
		case g.State == string(publication.Running):
			p.Running = "A snapshot is being made."
			if at := g.Progress; at != nil && at.TotalRanges > 0 {
				p.Running = "A snapshot is being made: range " + Number(int64(at.Ranges)) + " of " +
					Number(int64(at.TotalRanges)) + ", " + Count(at.Devices, "device", "devices") + " done."
			}
		default:
			p.Failure = First(p.Failure, g.Failure, "the server's log says why")
		}
	}
}

// manyDevices is how many devices are counted at most.
const manyDevices = 100

// counts counts what there is: feeds, and devices that have reported.
func (p *setupPage) counts(ctx context.Context, v *Visit) error {
	feeds, err := Ask(ctx, v.API, control.ListFeeds(false))
	if e := Refused(err); err != nil && (e == nil || e.Status != http.StatusForbidden) {
		return err
	}
	if n := len(feeds.Feeds); n > 0 {
		p.Feeds = Count(int64(n), "feed is", "feeds are") + " imported"
	}
	known, err := Ask(ctx, v.API, control.SomeDevices(manyDevices))
	if err != nil {
		return err
	}
	n := int64(len(known.Devices))
	switch {
	case known.Next != "":
		p.Reported = "more than " + Count(n, "device", "devices") + " have reported"
	case n > 0:
		p.Reported = Count(n, "device has", "devices have") + " reported"
	}
	return nil
}

// lead says how far the devices are, and for what they wait.
func (p *setupPage) lead(all bool) string {
	switch {
	case p.Begun:
		return ""
	case p.Manages && p.Reported != "":
		return strings.ToUpper(p.Reported[:1]) + p.Reported[1:] + ", and no snapshot shows that yet. " + First(p.Running, p.Next)
	case p.Manages:
		return "Three steps; this page shows how far you are."
	case p.Snapshot == "":
		return "No snapshot was published yet. Whoever manages this server publishes one."
	case !all:
		return p.Snapshot[:len(p.Snapshot)-1] + " of your groups."
	}
	return p.Snapshot + " Whoever manages this server adds devices."
}

// nextSnapshot says when the next snapshot is made.
func (v *Visit) nextSnapshot() string {
	var every time.Duration
	var due time.Time
	if v.site.Snapshots != nil {
		every, due = v.site.Snapshots(v.Now())
	}
	switch {
	case every <= 0:
		return "This server makes no snapshot by itself: publish one."
	case due.IsZero():
		return "A snapshot is made every " + span(every) + "."
	}
	return "The next snapshot is made at " + Instant(due) + ", then every " + span(every) + "; or publish one now."
}

// span writes a duration without parts that are 0.
func span(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
