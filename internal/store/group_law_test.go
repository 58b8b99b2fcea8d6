package store_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// grouped is the model of an organization's groups: its rules, and each device with the group it
// named and the time of its last report.
type grouped struct {
	t       *testing.T
	s       *store.Store
	org     string
	now     time.Time
	rules   *rbac.Rules
	numbers map[string]int64 // the first number of each name
	devices map[string]*groupedDevice
}

type groupedDevice struct {
	inventory.Device
	named    string
	received time.Time
}

// drawRules draws from few groups and patterns, so that groups come, go, return and change places.
func drawRules(t *rapid.T) *rbac.Rules {
	name := rapid.SampledFrom([]string{"One", "Two", "Three", "Four"})
	rules, err := rbac.New(
		rapid.SliceOfN(name, 0, 1).Draw(t, "groups"),
		rapid.SliceOfN(rapid.Custom(func(t *rapid.T) rbac.Rule {
			rule := rapid.SampledFrom([]rbac.Rule{
				{Name: "a*"}, {Name: "*1"}, {Name: "*"}, {Tag: "x"}, {Tag: "?", Platform: "linux"},
				{Platform: "*o*"}, {Device: "b1"},
			}).Draw(t, "conditions")
			rule.Group = name.Draw(t, "group")
			return rule
		}), 0, 4).Draw(t, "rules"))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// report sends a device's report and records it in the model.
func (g *grouped) report(t *rapid.T) {
	in := reports.Incoming{
		Device: inventory.Device{
			ID:         strings.Repeat(rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "id"), inventory.DeviceIDLength),
			Name:       rapid.SampledFrom([]string{"a1", "A2", "b1"}).Draw(t, "name"),
			OSPlatform: rapid.SampledFrom([]string{"", "Linux", "macOS"}).Draw(t, "platform"),
			Tags:       rapid.SampledFrom([][]string{nil, {}, {"x"}, {"y"}}).Draw(t, "tags"),
		},
		Group: rapid.SampledFrom([]string{"", "one", "Two", "None", "Elsewhere"}).Draw(t, "named"),
	}
	_, err := g.s.Reports.Receive(g.t.Context(), g.org, manager, []reports.Incoming{in}, g.now)
	must(g.t, err)
	d := g.devices[in.Device.ID]
	if d == nil {
		d = &groupedDevice{}
		g.devices[in.Device.ID] = d
	}
	d.ID, d.Name, d.received = in.Device.ID, in.Device.Name, g.now
	d.OSPlatform, d.named = cmp.Or(in.Device.OSPlatform, d.OSPlatform), cmp.Or(in.Group, d.named)
	if in.Device.Tags != nil {
		d.Tags = in.Device.Tags
	}
}

// setRules changes the rules; no number may get another name.
func (g *grouped) setRules(t *rapid.T) {
	g.rules = drawRules(t)
	groups, err := g.s.Organizations.SetRules(g.t.Context(), g.org, g.rules)
	must(g.t, err)
	for _, group := range groups[1:] {
		if known, ok := g.numbers[group.Name]; ok && known != group.ID {
			t.Fatalf("group %q was %d and is %d", group.Name, known, group.ID)
		}
		g.numbers[group.Name] = group.ID
	}
	if len(groups) != len(g.numbers)+1 {
		t.Fatalf("%d groups, want 0 and %d", len(groups), len(g.numbers))
	}
}

// publish begins a generation, which must pin every visible device in the group given by the
// rules, and seals it.
func (g *grouped) publish(t *rapid.T) {
	unseen := g.now.AddDate(0, 0, -30)
	generation, _, err := g.s.Publication.Begin(g.t.Context(), g.org, g.now, terms(unseen, time.Time{}))
	must(g.t, err)
	_, err = g.s.Publication.Plan(g.t.Context(), g.org, generation.Number,
		func(*publication.Planning) ([]byte, error) { return nil, nil })
	must(g.t, err)
	for id, d := range g.devices {
		name, err := g.rules.Group(d.Device, d.named)
		must(g.t, err)
		want := g.numbers[name]
		if d.received.Before(unseen) {
			want = rbac.HiddenGroup
		}
		device, _, err := g.s.Reports.Load(g.t.Context(), g.org, id)
		must(g.t, err)
		if device.Group != want || !device.Assigned {
			t.Fatalf("%+v naming %q is in group %d, want %d", d.Device, d.named, device.Group, want)
		}
	}
	lease, err := g.s.Publication.TakeLease(g.t.Context(), g.org, "owner")
	must(g.t, err)
	_, err = lease.Seal(g.t.Context(), generation.Number, manifest(generation.Number), g.now)
	must(g.t, err)
}

// TestDevicesAreInTheGroupThatTheRulesSay runs random histories of reports, rules and generations,
// each in an organization of its own.
func TestDevicesAreInTheGroupThatTheRulesSay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		history := 0
		rapid.Check(t, func(rt *rapid.T) {
			history++
			g := &grouped{
				t: t, s: s, org: fmt.Sprint("organization ", history), now: noon,
				rules: new(rbac.Rules), numbers: map[string]int64{}, devices: map[string]*groupedDevice{},
			}
			must(t, s.Organizations.Ensure(t.Context(), g.org, ""))
			for range rapid.IntRange(1, 10).Draw(rt, "steps") {
				switch rapid.SampledFrom([]string{"report", "report", "rules", "generation", "weeks"}).Draw(rt, "step") {
				case "report":
					g.report(rt)
				case "rules":
					g.setRules(rt)
				case "generation":
					g.publish(rt)
				case "weeks":
					g.now = g.now.AddDate(0, 0, 20)
				}
			}
			g.publish(rt)
		})
	})
}
