package publication

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// nowhere is the group of a device that no generation has placed; gone that of a device that does
// not exist.
const nowhere, gone = -2, -3

// slowPlacing is an organization with slow placing of devices, and the model of its state.
type slowPlacing struct {
	*ruled
	rt *rapid.T
	// may lists the groups that each device may be in once all are placed: the one from the rules
	// at the beginning, and those it got since.
	may map[string][]int64
	// force are the rules at the beginning.
	force     *organization.Grouping
	forced    string
	published map[string]int64
	now       *placing   // nil: no generation is placing
	rivals    []*placing // placings begun by others, which died or are late
	planning  bool       // inside Plan
	planned   bool       // by a rival
	set       *rbac.Rules
}

func (p *slowPlacing) wants(d reports.Device) int64 {
	group, err := p.force.Of(d.Device, d.NamedGroup, d.Rank)
	p.must(err)
	return group
}

// begins begins a generation and records where each device must be afterwards.
func (p *slowPlacing) begins() {
	hide, forget := p.ruled.now.AddDate(0, 0, -30), p.ruled.now.AddDate(0, 0, -60)
	g := p.ruled.begin(Terms{HideBefore: hide, ForgetBefore: forget})
	p.force, p.forced, p.may = p.grouping(), p.inForce(), map[string][]int64{}
	for id, d := range p.devices() {
		group := p.wants(d)
		switch {
		case d.Received.Before(forget):
			group = gone
		case d.Received.Before(hide):
			group = rbac.HiddenGroup
		}
		p.may[id] = []int64{group}
	}
	p.resume(g.Number)
}

func (p *slowPlacing) resume(number int64) {
	var err error
	p.now, err = newPlacing(p.t.Context(), p.Store, p.org, number, rapid.IntRange(1, 3).Draw(p.rt, "at once"), 1)
	p.must(err)
}

// someReport sends a report; its device may be where the rules put it from then on.
func (p *slowPlacing) someReport() {
	before := p.devices()
	p.ruled.report(p.rt)
	for id, d := range p.devices() {
		was, known := before[id]
		if known && was.Received.Equal(d.Received) && was.Hash == d.Hash && was.WantedGroup == d.WantedGroup &&
			was.NamedGroup == d.NamedGroup {
			continue
		}
		if p.now == nil {
			continue
		}
		if !known {
			p.may[id] = []int64{nowhere}
		}
		p.may[id] = slices.DeleteFunc(append(p.may[id], p.wants(d)), func(group int64) bool {
			return group == gone || group == rbac.HiddenGroup && d.Group != rbac.HiddenGroup // no longer hidden for silence
		})
	}
}

func (p *slowPlacing) removes() {
	devices := slices.Sorted(maps.Keys(p.devices()))
	if len(devices) == 0 {
		return
	}
	id := rapid.SampledFrom(devices).Draw(p.rt, "removed")
	p.must(p.fleet.RemoveDevice(p.t.Context(), p.org, id))
	delete(p.may, id)
	delete(p.published, id)
}

// sets sets rules. They are shown at once, and count when all devices are placed.
func (p *slowPlacing) sets() {
	p.ruled.drawRules(p.rt)
	var err error
	p.set, err = p.organizations.Rules(p.t.Context(), p.org)
	p.must(err)
	if p.now != nil && p.inForce() != p.forced {
		p.rt.Fatal("rules count while devices are placed by others")
	}
}

// dies drops the state of the process, or leaves it to a rival that still believes it is placing.
func (p *slowPlacing) dies() {
	if rapid.Bool().Draw(p.rt, "is only late") {
		p.rivals = append(p.rivals, p.now)
	}
	p.resume(p.now.number)
}

// rivalSteps lets a rival go on; in the end it makes a plan, too.
func (p *slowPlacing) rivalSteps() {
	if len(p.rivals) == 0 || p.planned && p.planning {
		return
	}
	rival := p.rivals[rapid.IntRange(0, len(p.rivals)-1).Draw(p.rt, "rival")]
	var g Generation
	var err error
	if !rival.done {
		err = rival.next(p.t.Context())
	} else if g, err = p.Store.plan(p.t.Context(), p.org, rival.number, rival.rules, p.plan); err == nil && g.Planned &&
		p.now != nil && p.now.number == g.Number {
		p.rivals = append(p.rivals, p.now)
		p.planned = true
		if !p.planning {
			p.ended(g)
		}
	}
	if err != nil && !errors.Is(err, ErrNotRunning) {
		p.rt.Fatal(err)
	}
}

// plan records where all devices are.
func (p *slowPlacing) plan(*Planning) ([]byte, error) { return json.Marshal(p.pinned()) }

func (p *slowPlacing) pinned() map[string]int64 {
	pinned := map[string]int64{}
	for id, d := range p.devices() {
		if pinned[id] = d.Group; !d.Assigned {
			pinned[id] = nowhere
		}
	}
	return pinned
}

// ends plans the generation while other things happen.
func (p *slowPlacing) ends() {
	p.planning, p.planned = true, false
	var g Generation
	for !g.Planned { // as Plan does, once devices are placed
		var err error
		g, err = p.Store.plan(p.t.Context(), p.org, p.now.number, p.now.rules, func(*Planning) ([]byte, error) {
			pin, err := p.plan(nil)
			for range rapid.IntRange(0, 5).Draw(p.rt, "while it is planned") {
				if !p.planned {
					p.any()
				}
			}
			return pin, err
		})
		p.must(err)
	}
	p.planning = false
	p.ended(g)
}

// ended checks every device against the model. The plan has all of them, none is placed any more,
// and the groups shown in a snapshot stay known.
func (p *slowPlacing) ended(g Generation) {
	p.now, p.planned = nil, false
	pinned := map[string]int64{}
	p.must(json.Unmarshal(g.Pin, &pinned))
	for id, group := range p.pinned() {
		if planned, known := pinned[id]; group != nowhere && (!known || planned != group) {
			p.rt.Fatalf("device %s is in %d, planned in %d (%t)", id, group, planned, known)
		}
	}
	for _, d := range p.devices() {
		if d.WantedGroup != p.wants(d) {
			p.rt.Fatalf("%q, named %q, tags %q: wanted in %d, want %d", d.Name, d.NamedGroup, d.Tags, d.WantedGroup, p.wants(d))
		}
	}
	pinned = p.pinned()
	for id, group := range pinned {
		if !slices.Contains(p.may[id], group) {
			p.rt.Fatalf("device %s is in %d, may be in %d", id, group, p.may[id])
		}
	}
	for id, may := range p.may {
		if _, known := pinned[id]; !known && !slices.Contains(may, gone) {
			p.rt.Fatalf("device %s is gone, may be in %d", id, may)
		}
	}
	for range rapid.IntRange(0, 5).Draw(p.rt, "afterwards") {
		p.any()
	}
	for id, d := range p.devices() {
		before, known := pinned[id]
		if now, placed := d.Group, d.Assigned; known && placed && now != before && before != nowhere || placed &&
			(!known || before == nowhere) {
			p.rt.Fatalf("%q was placed in %d when all were, and is in %d", d.Name, before, d.Group)
		}
	}
	if rapid.IntRange(0, 3).Draw(p.rt, "fails") == 0 {
		p.must(p.owner().Fail(p.t.Context(), g.Number, "test"))
		return
	}
	p.ruled.seal(g.Number)
	p.published = map[string]int64{}
	for id, d := range p.devices() {
		if d.Assigned {
			p.published[id] = d.Group
		}
	}
}

// any does one of the things that may happen at any time.
func (p *slowPlacing) any() {
	switch rapid.SampledFrom([]string{"report", "report", "report", "remove", "rules", "rival", "rival",
		"weeks"}).Draw(p.rt, "meanwhile") {
	case "report":
		p.someReport()
	case "remove":
		p.removes()
	case "rules":
		p.sets()
	case "rival":
		for range rapid.IntRange(1, 6).Draw(p.rt, "rival steps") {
			p.rivalSteps()
		}
	case "weeks":
		p.ruled.now = p.ruled.now.AddDate(0, 0, 25)
	}
	p.check()
}

// check checks what must hold at any time.
func (p *slowPlacing) check() {
	devices := p.devices()
	maps.DeleteFunc(p.published, func(id string, _ int64) bool { return devices[id].ID == "" }) // removed, or forgotten
	for id, d := range devices {
		want, shown := p.published[id]
		if d.Published != shown || shown && d.PublishedGroup != want {
			p.rt.Fatalf("%q is shown in %d (%t), want %d (%t)", d.Name, d.PublishedGroup, d.Published, want, shown)
		}
	}
	shown, err := p.organizations.Rules(p.t.Context(), p.org)
	p.must(err)
	if fmt.Sprint(shown.Names()) != fmt.Sprint(p.set.Names()) {
		p.rt.Fatalf("rules mention %q, were set to mention %q", shown.Names(), p.set.Names())
	}
	if p.now == nil {
		text, err := p.set.MarshalJSON()
		if len(p.set.Names()) == 0 {
			text = nil
		}
		if err != nil || string(text) != p.inForce() {
			p.rt.Fatalf("the rules in force are %s, set were %s, %v", p.inForce(), text, err)
		}
	}
}

func (p *slowPlacing) inForce() (text string) {
	p.must(p.db.Reader().QueryRowContext(p.t.Context(),
		`SELECT rules FROM organization WHERE id = $1`, p.org).Scan(&text))
	return text
}

// TestPlacingLaw runs reports, removals, new rules, crashes and rivals between any two steps of
// placing and planning. Each device is where the rules of the beginning put it or, if it reported
// since, where the rules of such a moment put it. The plan has all devices; none is lost or placed
// again afterwards; and the groups shown in snapshots are not forgotten.
func TestPlacingLaw(t *testing.T) {
	s, histories := openRooms(t, database.Config{}), 0
	rapid.Check(t, func(rt *rapid.T) {
		histories++
		p := &slowPlacing{ruled: newRuled(t, s, fmt.Sprint("organization ", histories)), rt: rt,
			published: map[string]int64{}}
		p.setRules([]string{"One", "Two"})
		p.set = must(p.organizations.Rules(t.Context(), p.org))(t)
		for range rapid.IntRange(1, 100).Draw(rt, "steps") {
			switch step := rapid.IntRange(0, 9).Draw(rt, "step"); {
			case step < 5:
				p.any()
			case step == 5 && p.now != nil:
				p.dies()
			default:
				p.goesOn()
			}
			p.check()
		}
		for p.now != nil {
			p.goesOn()
			p.check()
		}
	})
}

// goesOn begins a generation, or takes a step of the one that is placing.
func (p *slowPlacing) goesOn() {
	if p.now == nil {
		p.begins()
		return
	}
	if p.now.done {
		p.ends()
		return
	}
	p.must(p.now.next(p.t.Context()))
}

func must[T any](value T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// A crash in the middle of a slice that removes devices leaves all of them, and the next start
// goes on.
func TestCrashWithinASlice(t *testing.T) {
	folder := t.TempDir()
	p := newRuled(t, openRooms(t, database.Config{}), organization.Default)
	for _, name := range []string{"a1", "b1"} {
		p.must(p.receive(trust.Sender{Role: trust.Manager},
			reports.Incoming{Device: inventory.Device{Name: name}, Source: "s"}))
	}
	g := p.begin(Terms{ForgetBefore: p.now.Add(time.Hour), HideBefore: p.now.Add(time.Hour)})
	dying, err := newPlacing(t.Context(), p.Store, p.org, g.Number, placedAtOnce, silentAtOnce)
	for p.must(err); len(dying.ids) == 0; {
		p.must(dying.next(t.Context()))
	}
	path := filepath.Join(folder, "muster.db")
	p.must(dying.slice(t.Context(), dying.moving, func(tx *sql.Tx) error {
		if err := dying.assign(t.Context(), tx, dying.ids); err != nil {
			return err
		}
		for _, suffix := range []string{"", "-wal", "-open", "-moving"} {
			data, err := os.ReadFile(p.path + suffix)
			if err == nil {
				err = os.WriteFile(path+suffix, data, 0o600)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
	after := openRooms(t, database.Config{Path: path})
	if n, err := after.fleet.CountDevices(t.Context(), p.org); err != nil || n != 2 {
		t.Errorf("%d devices, %v: half a slice is there", n, err)
	}
	again, resumed, err := after.Begin(t.Context(), p.org, p.now,
		func(*Pinning) (Terms, error) { return Terms{}, errors.New("pinned again") })
	if err != nil || !resumed || again.Number != g.Number {
		t.Fatalf("generation %d, resumed %t, %v", again.Number, resumed, err)
	}
	_, err = after.Plan(t.Context(), p.org, g.Number, func(*Planning) ([]byte, error) { return nil, nil })
	p.must(err)
	if n, err := after.fleet.CountDevices(t.Context(), p.org); err != nil || n != 0 {
		t.Errorf("%d devices, %v: the next start did not go on", n, err)
	}
}

// The first plan counts, even if another process makes another.
func TestAGenerationIsPlannedOnce(t *testing.T) {
	p := newRuled(t, openRooms(t, database.Config{}), organization.Default)
	g := p.begin(Terms{Pin: []byte("terms")})
	plan := func(text string) func(*Planning) ([]byte, error) {
		return func(*Planning) ([]byte, error) { return []byte(text), nil }
	}
	late, err := p.Plan(t.Context(), p.org, g.Number, func(*Planning) ([]byte, error) {
		first, err := p.Plan(t.Context(), p.org, g.Number, plan("first"))
		if string(first.Pin) != "first" || !first.Planned {
			t.Errorf("pinned %q", first.Pin)
		}
		return []byte("late"), err
	})
	p.must(err)
	again, err := p.Plan(t.Context(), p.org, g.Number, plan("again"))
	p.must(err)
	if string(late.Pin) != "first" || string(again.Pin) != "first" {
		t.Errorf("pinned %q and %q", late.Pin, again.Pin)
	}
	p.seal(g.Number)
	if _, err := p.Plan(t.Context(), p.org, g.Number, plan("x")); !errors.Is(err, ErrNotRunning) {
		t.Errorf("planning a sealed generation: %v", err)
	}
}

// If several processes place devices, a plan that misses the last slice is made again: otherwise a
// device could be in a group without a range.
func TestAPlanKnowsOfEverySlice(t *testing.T) {
	p := newRuled(t, openRooms(t, database.Config{}), organization.Default)
	p.setRules([]string{"One", "Two"})
	manager := trust.Sender{Role: trust.Manager}
	p.must(p.receive(manager, reports.Incoming{Device: inventory.Device{Name: "a1"}, Source: "s", Group: "One"}))
	g := p.begin(Terms{})
	late, err := newPlacing(t.Context(), p.Store, p.org, g.Number, placedAtOnce, silentAtOnce)
	p.must(err)
	rules, err := place(t.Context(), p.Store, p.org, g.Number)
	p.must(err)
	p.must(p.receive(manager, reports.Incoming{Device: inventory.Device{Name: "a1"}, Source: "s", Group: "Two"}))
	for len(late.ids) == 0 {
		p.must(late.next(t.Context()))
	}
	id, plans := inventory.DeriveID("", "a1"), 0
	for !g.Planned {
		g, err = p.Store.plan(t.Context(), p.org, g.Number, rules, func(*Planning) ([]byte, error) {
			group, err := p.fleet.DeviceGroup(t.Context(), p.org, id)
			if plans++; plans == 1 {
				p.must(late.next(t.Context()))
			}
			return fmt.Append(nil, group), err
		})
		p.must(err)
	}
	if group, err := p.fleet.DeviceGroup(t.Context(), p.org, id); err != nil || group != 2 ||
		string(g.Pin) != "2" || plans != 2 {
		t.Errorf("the device is in %d, planned in %s by plan %d: %v", group, g.Pin, plans, err)
	}
}
