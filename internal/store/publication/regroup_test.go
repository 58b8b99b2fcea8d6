package publication

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
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

// ruled is an organization whose rules change while devices report.
type ruled struct {
	*rooms
	t   *testing.T
	org string
	now time.Time
}

func newRuled(t *testing.T, s *rooms, org string) *ruled {
	p := &ruled{s, t, org, time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	p.must(s.organizations.Ensure(t.Context(), org, org))
	return p
}

func (p *ruled) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *ruled) setRules(groups []string, rules ...rbac.Rule) {
	p.t.Helper()
	compiled, err := rbac.New(groups, rules)
	p.must(err)
	_, err = p.organizations.SetRules(p.t.Context(), p.org, compiled)
	p.must(err)
}

func (p *ruled) receive(sender trust.Sender, in reports.Incoming) error {
	_, err := p.fleet.Receive(p.t.Context(), p.org, sender, []reports.Incoming{in}, p.now)
	return err
}

// begin begins a generation and places nothing.
func (p *ruled) begin(terms Terms) Generation {
	p.t.Helper()
	g, _, err := p.Begin(p.t.Context(), p.org, p.now, func(*Pinning) (Terms, error) { return terms, nil })
	p.must(err)
	return g
}

// look begins a generation and compares devices with the rules.
func (p *ruled) look() *placing {
	p.t.Helper()
	g := p.begin(Terms{})
	looked, err := newPlacing(p.t.Context(), p.Store, p.org, g.Number, placedAtOnce, silentAtOnce)
	p.must(err)
	p.must(looked.next(p.t.Context()))
	return looked
}

// publish places devices by an earlier comparison, and seals the generation.
func (p *ruled) publish(looked *placing) {
	p.t.Helper()
	for !looked.done {
		p.must(looked.next(p.t.Context()))
	}
	p.plan(looked.number, func() {})
	p.seal(looked.number)
}

// plan plans a generation, and runs meanwhile before the plan is stored.
func (p *ruled) plan(number int64, meanwhile func()) {
	p.t.Helper()
	_, err := p.Plan(p.t.Context(), p.org, number, func(*Planning) ([]byte, error) { meanwhile(); return nil, nil })
	p.must(err)
}

// owner has the lease on the organization.
func (p *ruled) owner() *Lease {
	p.t.Helper()
	lease, err := p.TakeLease(p.t.Context(), p.org, "owner")
	p.must(err)
	return lease
}

func (p *ruled) seal(number int64) {
	p.t.Helper()
	_, err := p.owner().Seal(p.t.Context(), number, ManifestRef{Path: fmt.Sprint("m/", number), Totals: "{}"}, p.now)
	p.must(err)
}

// devices returns all devices of the organization, by id.
func (p *ruled) devices() map[string]reports.Device {
	all, err := p.fleet.ListDevices(p.t.Context(), p.org, reports.DeviceFilter{AllGroups: true}, 1000)
	p.must(err)
	devices := make(map[string]reports.Device, len(all))
	for _, d := range all {
		devices[d.ID] = d
	}
	return devices
}

// grouping returns the rules that count now.
func (p *ruled) grouping() *organization.Grouping {
	tx, err := p.db.Reader().BeginTx(p.t.Context(), nil)
	p.must(err)
	defer tx.Rollback()
	g, err := organization.LoadGrouping(p.t.Context(), tx, p.org)
	p.must(err)
	return g
}

// check checks every device against the present rules.
func (p *ruled) check(t *rapid.T) {
	g := p.grouping()
	for _, d := range p.devices() {
		want, err := g.Of(d.Device, d.NamedGroup, d.Rank)
		p.must(err)
		if d.WantedGroup != want || d.Group != want {
			t.Fatalf("device %q, named %q by %d, tags %q: wanted in %d, in %d, want %d", d.Name, d.NamedGroup, d.Rank, d.Tags,
				d.WantedGroup, d.Group, want)
		}
	}
}

func (p *ruled) step(t *rapid.T) {
	if rapid.IntRange(0, 2).Draw(t, "rules change") == 0 {
		p.drawRules(t)
	} else {
		p.report(t)
	}
}

func (p *ruled) report(t *rapid.T) {
	name := rapid.SampledFrom([]string{"a1", "a2", "b1"}).Draw(t, "name")
	in := reports.Incoming{Device: inventory.Device{Name: name}, Source: "s",
		Group: rapid.SampledFrom([]string{"", "One", "Two", "None"}).Draw(t, "named")}
	switch rapid.SampledFrom([]string{"manager", "scoped", "promote"}).Draw(t, "sender") {
	case "manager":
		in.Device.ID = inventory.DeriveID("", name)
		in.Device.Tags = rapid.SampledFrom([][]string{nil, {}, {"x"}}).Draw(t, "tags")
		p.must(p.receive(trust.Sender{Role: trust.Manager, ID: "m"}, in))
	case "scoped": // refused if the device has moved to another group
		in.Group = "One"
		_ = p.receive(trust.Sender{Role: trust.Scoped, ID: "s", Groups: []int64{1}}, in)
	case "promote": // the rules now read the tags and name of a device that a scoped sender made
		in.Device.ID = inventory.DeriveGroupID(1, name)
		p.must(p.receive(trust.Sender{Role: trust.Manager, ID: "m"}, in))
	}
}

func (p *ruled) drawRules(t *rapid.T) {
	conditions := []rbac.Rule{{Name: "a*"}, {Name: "*1"}, {Tag: "x"}, {Device: inventory.DeriveGroupID(1, "a1")}}
	var rules []rbac.Rule
	for range rapid.IntRange(0, 3).Draw(t, "rules") {
		rule := rapid.SampledFrom(conditions).Draw(t, "conditions")
		rule.Group = rapid.SampledFrom([]string{"One", "Two", "Three"}).Draw(t, "group")
		rules = append(rules, rule)
	}
	p.setRules([]string{"One", "Two"}, rules...)
}

// Devices are compared with the rules before the transactions in which they are placed. The result
// is as if everything between had come before or after.
func TestReportsBetweenLookingAndPlacingAreNotUndone(t *testing.T) {
	s, histories := openRooms(t, database.Config{}), 0
	rapid.Check(t, func(rt *rapid.T) {
		histories++
		p := newRuled(t, s, fmt.Sprint("organization ", histories))
		p.setRules([]string{"One", "Two"})
		for range rapid.IntRange(1, 8).Draw(rt, "before") {
			p.step(rt)
		}
		looked := p.look()
		for range rapid.IntRange(0, 6).Draw(rt, "between") {
			p.report(rt)
		}
		p.publish(looked)
		p.check(rt)
	})
}

// Rules that cannot place a device refuse its reports and move it nowhere. The organization's
// other devices, and other organizations, are not affected.
func TestRulesThatBlockTheWriterRefuseReportsAndMoveNobody(t *testing.T) {
	var log bytes.Buffer
	s := openRooms(t, database.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	p := newRuled(t, s, "attacked")
	manager := trust.Sender{Role: trust.Manager, ID: "m"}
	tags := make([]string, inventory.MaxTags)
	for i := range tags {
		tags[i] = fmt.Sprintf("c%02d%sb", i, strings.Repeat("a", 247))
	}
	costly := reports.Incoming{Device: inventory.Device{ID: strings.Repeat("1", 40), Name: "costly", Tags: tags},
		Source: "s"}
	honest := reports.Incoming{Device: inventory.Device{ID: strings.Repeat("2", 40), Name: "honest",
		Tags: []string{"prod"}}, Source: "s"}
	p.setRules([]string{"Lab"}, rbac.Rule{Group: "Kept", Tag: tags[0]})
	p.must(p.receive(manager, costly))
	p.must(p.receive(manager, honest))
	p.publish(p.look())

	rules := make([]rbac.Rule, rbac.MaxRules-1)
	for i := range rules {
		rules[i] = rbac.Rule{Group: "Trap", Tag: "*" + strings.Repeat("a", 24) + "?c*b"}
	}
	p.setRules([]string{"Lab", "Kept"}, append(rules, rbac.Rule{Group: "Honest", Name: "*"})...)
	err := p.receive(manager, costly)
	if want := "the organization's group rules"; err == nil || !strings.Contains(err.Error(), want) ||
		!strings.Contains(err.Error(), costly.Device.ID) {
		t.Errorf("error %v, want one about %s", err, want)
	}
	p.must(p.receive(manager, honest))
	p.plan(p.begin(Terms{}).Number, func() {})
	names, err := s.organizations.GroupNumbers(t.Context(), p.org)
	p.must(err)
	for id, group := range map[string]string{costly.Device.ID: "kept", honest.Device.ID: "honest"} {
		d, _, err := s.fleet.Load(t.Context(), p.org, id)
		p.must(err)
		if d.Group != names[group] || names[group] == 0 {
			t.Errorf("%s is in group %d, want %q of %v", d.Name, d.Group, group, names)
		}
	}
	if want := "devices=1 one=" + costly.Device.ID; !strings.Contains(log.String(), want) {
		t.Errorf("the log does not say %q: %s", want, log.String())
	}
}

// A device that a manager names between comparing and placing is placed by other rules.
func TestADevicePromotedBetweenLookingAndPlacingIsNotMovedBack(t *testing.T) {
	p := newRuled(t, openRooms(t, database.Config{}), "promoted")
	id := inventory.DeriveGroupID(1, "a1")
	p.setRules([]string{"One"})
	p.must(p.receive(trust.Sender{Role: trust.Scoped, ID: "s", Groups: []int64{1}},
		reports.Incoming{Device: inventory.Device{Name: "a1"}, Source: "s", Group: "One"}))
	p.setRules([]string{"One"}, rbac.Rule{Group: "One", Name: "a*"}, rbac.Rule{Group: "Two", Device: id})
	looked := p.look()
	if len(looked.moves) != 1 {
		t.Fatalf("moves %v, want one", looked.moves)
	}
	p.must(p.receive(trust.Sender{Role: trust.Manager, ID: "m"},
		reports.Incoming{Device: inventory.Device{ID: id, Name: "a1"}, Source: "s"}))
	p.publish(looked)
	d, _, err := p.fleet.Load(t.Context(), p.org, id)
	p.must(err)
	if d.Group != 1 {
		t.Errorf("the device is in group %d, want 1", d.Group)
	}
}
