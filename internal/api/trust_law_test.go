package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/trust/trusttest"
	"github.com/muster-project/muster/internal/testneed"
)

// TestTrustLaw runs random histories: everybody sends reports of everything, in every form,
// enrols, manages. After each step the program replies and has what the model has, which only
// knows the table of design.md, section 2.1.1.
func TestTrustLaw(t *testing.T) {
	c := newCourt(t)
	c.limit = 2_000
	switch {
	case testneed.Soak():
		c.limit = 100_000
	case testing.Short():
		c.limit = 300
	}
	for c.steps < c.limit && !c.differs {
		rapid.Check(t, c.live)
	}
}

// live runs one history, unless enough were run; after a difference rapid looks for a shorter one.
func (c *court) live(t *rapid.T) {
	if c.steps >= c.limit && !c.differs {
		return
	}
	l := &life{court: c, t: t}
	for i := range l.orgs {
		l.orgs[i] = c.found()
	}
	for range rapid.IntRange(1, 60).Draw(t, "steps") {
		c.steps++
		c.advance(5 * time.Second)
		o := pick(l, "organization", l.orgs[0], l.orgs[0], l.orgs[0], l.orgs[1])
		c.login(o, o.admin)
		step := pick(l, "step", "report", "report", "report", "report", "report", "report", "enrol", "enrol",
			"invite", "manage", "manage",
			"publish", "wait", "reorder", "list", "scene", "scene", "scene")
		switch step {
		case "report":
			l.report(o)
		case "enrol":
			l.enrol(o)
		case "invite":
			l.invite(o)
		case "manage":
			l.manage(o)
		case "publish":
			l.publish(o)
		case "wait":
			l.wait(o, pick(l, "wait", time.Hour, 8*24*time.Hour, 31*24*time.Hour))
		case "reorder":
			l.reorder(o)
		case "list":
			l.list(o)
		case "scene":
			l.scene(o)
		}
	}
	for _, o := range l.orgs {
		c.login(o, o.admin)
		for id := range o.Devices {
			l.look(o, id)
		}
		l.list(o)
	}
}

// wait advances the clock. New tokens are requested.
func (l *life) wait(o *judged, d time.Duration) {
	l.tell(o, "wait %v", d)
	l.advance(d)
	l.login(o, o.admin)
}

// publish begins a generation.
func (l *life) publish(o *judged) {
	status, said := l.request(o.admin, http.MethodPost, "/v1/generations?wait=true&allowShrink=true", "", "",
		nil) // lives leap in time
	l.judge("publish", status, said, http.StatusOK, "")
	l.tell(o, "publish")
	o.Publish(l.clock())
	for id := range o.Devices {
		l.look(o, id)
	}
}

// variable matches the parts of a text that repeat the request, not what exists.
var variable = regexp.MustCompile(`"target":"[^"]*"|\\"[^"]*\\"|\b[0-9a-f]{40}\b|line \d+: |storing \d+ reports|report \d+`)

// judge compares a status with the model's, and the text of a refusal with earlier texts for the
// same reason, if one is given.
func (l *life) judge(what string, status int, said string, want int, reason string) {
	l.Helper()
	if status != want {
		l.fail("%s: status %d, the model has %d %q: %s", what, status, want, reason, said)
	}
	if status < 300 || reason == "" {
		return
	}
	said = variable.ReplaceAllString(said, "…")
	if before, known := l.wordings[reason]; known && before != said {
		l.fail("%s: %q is said as %s and was said as %s", what, reason, said, before)
	}
	l.wordings[reason] = said
}

// claimed are claims on the wire.
type claimed struct {
	Name       *string  `json:"name,omitempty"`
	OSPlatform *string  `json:"osPlatform,omitempty"`
	Tags       []string `json:"tags,omitzero"`
}

func claimsOf(c trusttest.Claims) claimed { return claimed{c.Name, c.Platform, c.Tags} }

// Claims are the model's claims.
func (c claimed) Claims() trusttest.Claims {
	return trusttest.Claims{Name: c.Name, Platform: c.OSPlatform, Tags: c.Tags}
}

// shown is what the API shows of a device.
type shown struct {
	ID, Name, Platform, Version, Arch string
	Tags                              string
	Group                             int64
	Hidden                            bool
	Claims                            string
	Admitted                          time.Time
	Sources                           string
	Software                          string
}

// onWire is a device as the API shows it.
type onWire struct {
	ID, Name, OSPlatform, OSVersion, OSArchitecture string
	Tags                                            []string
	RBACGroupID                                     int64
	Hidden                                          bool
	Claims                                          *claimed
	AdmittedUntil                                   time.Time
	Sources                                         []struct {
		Name     string
		Sections []string
	}
	Report struct{ Software []entry }
}

// shown is a device as the program has it.
func (w *onWire) shown() shown {
	s := shown{ID: w.ID, Name: w.Name, Platform: w.OSPlatform, Version: w.OSVersion,
		Arch: w.OSArchitecture, Tags: text(w.Tags),
		Group: w.RBACGroupID, Hidden: w.Hidden, Claims: "{}", Admitted: w.AdmittedUntil.UTC()}
	if w.Claims != nil {
		s.Claims = text(w.Claims)
	}
	var sources []string
	for _, source := range w.Sources {
		sources = append(sources, source.Name+strings.Join(source.Sections, "+"))
	}
	s.Sources, s.Software = sorted(sources), software2(w.Report.Software)
	return s
}

// expected is a device as the model has it.
func expected(d *trusttest.Device) shown {
	s := shown{ID: d.ID, Name: d.Name, Platform: d.Platform, Version: d.Version, Arch: d.Arch,
		Tags:  text(append([]string(nil), d.Tags...)),
		Group: d.Group(), Hidden: d.Hidden, Claims: text(claimsOf(d.Claims)), Admitted: d.Admitted.UTC()}
	if d.Hidden {
		s.Group = 0
	}
	var sources []string
	var all []entry
	for name, source := range d.Sources {
		if source.Content != "" {
			sources = append(sources, name+"software")
			all = append(all, software(name, source.Content)...)
		}
	}
	s.Sources, s.Software = sorted(sources), software2(all)
	return s
}

func sorted(list []string) string {
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func software2(list []entry) string {
	var names []string
	for _, e := range list {
		names = append(names, e.Name)
	}
	return sorted(names)
}

func text(value any) string {
	said, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(said)
}

// look compares a device with the model's.
func (l *life) look(o *judged, id string) {
	l.Helper()
	var got onWire
	status, said := l.request(o.admin, http.MethodGet, "/v1/devices/"+id, "", "", &got)
	d := o.Devices[id]
	switch {
	case d == nil && status == http.StatusNotFound:
	case d == nil || status != http.StatusOK:
		l.fail("device %s: status %d %s, the model has %+v", id, status, said, d)
	default:
		if g, want := got.shown(), expected(d); g != want {
			l.fail("device %s of rank %d is\n%+v, the model has\n%+v", id, d.Rank, g, want)
		}
	}
}

// list compares the devices that a party sees with those it should see.
func (l *life) list(o *judged) {
	who := pick(l, "who looks", o.parties...)
	l.login(o, who)
	var got struct{ Devices []onWire }
	status, said := l.request(who, http.MethodGet, "/v1/devices?limit=1000", "", "", &got)
	if !who.sees {
		l.judge("list by "+who.name, status, said, http.StatusForbidden, "may not look")
		return
	}
	l.judge("list by "+who.name, status, said, http.StatusOK, "")
	seen := map[string]bool{}
	for _, d := range got.Devices {
		seen[d.ID] = true
	}
	for id, d := range o.Devices {
		sees := who.sender.Role != trusttest.Scoped || slices.Contains(who.sender.Groups, d.Group()) && !d.Hidden
		if sees != seen[id] {
			l.fail("%s: device %s is seen: %v, the model has %v", who.name, fmt.Sprintf("%+v", d), seen[id], sees)
		}
		delete(seen, id)
	}
	if len(seen) > 0 {
		l.fail("%s sees %v, of which the model knows nothing", who.name, seen)
	}
}
