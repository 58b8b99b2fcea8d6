package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// groupRules makes rules from specs: "Web:web*" puts devices named like web* into the group Web,
// and "Lab" is a group without rules.
func groupRules(t testing.TB, specs ...string) *rbac.Rules {
	t.Helper()
	var groups []string
	var rules []rbac.Rule
	for _, spec := range specs {
		group, name, ruled := strings.Cut(spec, ":")
		if ruled {
			rules = append(rules, rbac.Rule{Group: group, Name: name})
		} else {
			groups = append(groups, group)
		}
	}
	compiled, err := rbac.New(groups, rules)
	must(t, err)
	return compiled
}

func setRules(t testing.TB, s *store.Store, specs ...string) []organization.Group {
	t.Helper()
	groups, err := s.Organizations.SetRules(t.Context(), org, groupRules(t, specs...))
	must(t, err)
	return groups
}

// wanted reads the group that a device should be in, and the one it is in.
func wanted(t testing.TB, s *store.Store, id string) []int64 {
	t.Helper()
	device, _ := load(t, s, id)
	return []int64{device.WantedGroup, device.Group}
}

func TestGroupNumbersAreNeverUsedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		groups, err := s.Organizations.Groups(ctx, org)
		must(t, err)
		equal(t, "at first", groups, []organization.Group{{Name: "None", Current: true}})

		equal(t, "first rules", setRules(t, s, "Web:web*", "Db:db*", "Lab"), []organization.Group{
			{ID: 0, Name: "Unassigned", Current: true},
			{ID: 1, Name: "Lab", Current: true}, {ID: 2, Name: "Web", Current: true}, {ID: 3, Name: "Db", Current: true},
		})
		equal(t, "a group left, one came, one is spelled in another way",
			setRules(t, s, "Mail:mail*", "WEB:www*"), []organization.Group{
				{ID: 0, Name: "Unassigned", Current: true},
				{ID: 1, Name: "Lab"}, {ID: 2, Name: "WEB", Current: true}, {ID: 3, Name: "Db"},
				{ID: 4, Name: "Mail", Current: true},
			})
		equal(t, "no rules", setRules(t, s)[0], organization.Group{Name: "None", Current: true})
		equal(t, "one is back", setRules(t, s, "Db:*")[3], organization.Group{ID: 3, Name: "Db", Current: true})

		groups, err = s.Organizations.SetRules(ctx, org, nil)
		must(t, err)
		equal(t, "nil is no rules", []any{groups[0].Name, len(groups)}, []any{"None", 5})
	})
}

func TestGroupRulesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		rules, err := s.Organizations.Rules(ctx, org)
		must(t, err)
		equal(t, "at first", len(rules.Names()), 0)

		// The text of MarshalJSON has to fit MaxSize, not the longer one of json.Marshal.
		specs := []string{"Lab"}
		for i := range 4000 {
			specs = append(specs, fmt.Sprintf("Web:%d%s", i, strings.Repeat("<", 200)))
		}
		want := groupRules(t, specs...)
		_, err = s.Organizations.SetRules(ctx, org, want)
		must(t, err)
		rules, err = s.Organizations.Rules(ctx, org)
		must(t, err)
		equal(t, "rules", rules.Rules(), want.Rules())
		equal(t, "names", rules.Names(), []string{"Lab", "Web"})

		for name, err := range map[string]error{
			"setting": func() error { _, err := s.Organizations.SetRules(ctx, "nobody", want); return err }(),
			"reading": func() error { _, err := s.Organizations.Rules(ctx, "nobody"); return err }(),
			"listing": func() error { _, err := s.Organizations.Groups(ctx, "nobody"); return err }(),
			"naming":  func() error { _, _, err := s.Organizations.EnsureGroups(ctx, "nobody", []string{"a"}); return err }(),
		} {
			t.Run(name, func(t *testing.T) { isError(t, err, database.ErrNotFound, `"nobody"`) })
		}
	})
}

func TestEnsureGroups(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		setRules(t, s, "Web:web*")
		ids, made, err := s.Organizations.EnsureGroups(ctx, org, []string{"Lab", "web", "unassigned", "LAB", "NONE"})
		must(t, err)
		equal(t, "numbers", ids, []int64{0, 1, 2})
		equal(t, "made", made, []string{"Lab"})
		groups, err := s.Organizations.Groups(ctx, org)
		must(t, err)
		equal(t, "groups", groups[1:], []organization.Group{{ID: 1, Name: "Web", Current: true}, {ID: 2, Name: "Lab"}})

		_, _, err = s.Organizations.EnsureGroups(ctx, org, []string{"Office", "a\x00b"})
		isError(t, err, rbac.ErrInvalid, `"a\x00b"`)
		ids, made, err = s.Organizations.EnsureGroups(ctx, org, nil)
		must(t, err)
		equal(t, "none asked", []int{len(ids), len(made)}, []int{0, 0})
		ids, _, err = s.Organizations.EnsureGroups(ctx, org, []string{"Branch"})
		must(t, err)
		equal(t, "the refused call made none", ids, []int64{3})
	})
}

func TestGroupsAreBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		name := func(i int) string { return fmt.Sprintf("Group %d", i) }
		var names []string
		for i := range 10_000 {
			names = append(names, name(i))
		}
		_, made, err := s.Organizations.EnsureGroups(t.Context(), org, names)
		must(t, err)
		equal(t, "made", len(made), 10_000)
		_, _, err = s.Organizations.EnsureGroups(t.Context(), org, []string{name(7), "Last"})
		isError(t, err, database.ErrTooMany, `"Last"`)
		_, err = s.Organizations.SetRules(t.Context(), org, groupRules(t, "Last:*"))
		isError(t, err, database.ErrTooMany, `"Last"`)
		ids, _, err := s.Organizations.EnsureGroups(t.Context(), org, []string{name(7)})
		must(t, err)
		equal(t, "one that there is", ids, []int64{8})
	})
}

func TestReceivedDevicesAreWantedInTheirGroup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		setRules(t, s, "Web:web*", "Lab") // Lab is 1, Web is 2
		steps := []struct {
			what, name, named string
			want              int64
		}{
			{"no rule matches", "host", "", 0},
			{"a rule matches", "web1", "", 2},
			{"a rule comes before a name", "web2", "Lab", 2},
			{"a name counts where no rule matches", "lab1", "lab", 1},
			{"a report that names none changes nothing", "lab1", "", 1},
			{"another name", "lab1", "Web", 2},
			{"a name that is no group now", "lab1", "Office", 0},
			{"a name of no group", "lab1", "Unassigned", 0},
		}
		for _, step := range steps {
			in := software(step.name, "text")
			in.Group = step.named
			id := receive(t, s, in, noon).DeviceID
			equal(t, step.what, wanted(t, s, id), []int64{step.want, step.want})
		}
		refused := software("lab1", "text")
		refused.Group = "a\nb"
		_, err := s.Reports.Receive(t.Context(), org, manager, []reports.Incoming{refused}, noon)
		isError(t, err, rbac.ErrInvalid, `"a\nb"`)
		if batch := (*reports.BatchError)(nil); !errors.As(err, &batch) {
			t.Errorf("error %v is not about a report", err)
		}

		// an identity without a known group moves a device
		id := inventory.DeriveID("", "host")
		receive(t, s, reports.Incoming{Device: inventory.Device{ID: id, Name: "web3"}}, noon)
		equal(t, "renamed", wanted(t, s, id), []int64{2, 2})
	})
}

func TestNewRulesCountFromTheNextGeneration(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		setRules(t, s, "Web:web*")
		web, office := software("web1", "text"), software("host", "text")
		office.Group = "Office"
		webID, officeID := receive(t, s, web, noon).DeviceID, receive(t, s, office, noon).DeviceID
		seal(t, s, begin(t, s, noon), noon)

		setRules(t, s, "Mail:web*", "Office")
		equal(t, "before", [][]int64{wanted(t, s, webID), wanted(t, s, officeID)}, [][]int64{{1, 1}, {0, 0}})
		g := begin(t, s, noon)
		equal(t, "pinned", [][]int64{wanted(t, s, webID), wanted(t, s, officeID)}, [][]int64{{3, 3}, {2, 2}})
		device, _ := load(t, s, webID)
		equal(t, "published", device.PublishedGroup, int64(1))
		seal(t, s, g, noon)
		device, _ = load(t, s, webID)
		equal(t, "published later", device.PublishedGroup, int64(3))
		groups, err := s.Organizations.Groups(t.Context(), org)
		must(t, err)
		equal(t, "devices", groups, []organization.Group{
			{Name: "Unassigned", Current: true}, {ID: 1, Name: "Web"},
			{ID: 2, Name: "Office", Devices: 1, Current: true}, {ID: 3, Name: "Mail", Devices: 1, Current: true},
		})
	})
}

// Rules that change while a generation begins count either completely or not at all.
func TestGenerationHasTheRulesOfOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var batch []reports.Incoming
		for n := range 500 {
			batch = append(batch, reports.Incoming{Device: inventory.Device{Name: fmt.Sprint("host", n)}})
		}
		_, err := s.Reports.Receive(t.Context(), org, manager, batch, noon)
		must(t, err)
		rules := []*rbac.Rules{groupRules(t, "One:*"), groupRules(t, "Two:*")}
		done, changes := make(chan struct{}), errgroup.Group{}
		changes.Go(func() error {
			for n := 0; ; n++ {
				select {
				case <-done:
					return nil
				default:
				}
				if _, err := s.Organizations.SetRules(t.Context(), org, rules[n%2]); err != nil {
					return err
				}
				if _, err := s.Reports.Receive(t.Context(), org, manager, batch[n%500:n%500+1], noon); err != nil {
					return err
				}
			}
		})
		for range 10 {
			g := beginAndLook(t, s, noon, terms(noon, noon), func(p *publication.Planning) error {
				groups, err := p.Groups()
				if len(groups) != 1 {
					t.Errorf("devices are in groups %d, want one", groups)
				}
				return err
			})
			seal(t, s, g, noon)
		}
		close(done)
		must(t, changes.Wait())
	})
}

func TestGroupNamesArePinned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		names := func() (names map[int64]string) {
			g, _, err := s.Publication.Begin(t.Context(), org, noon,
				func(p *publication.Pinning) (_ publication.Terms, err error) {
					names, err = p.GroupNames()
					return publication.Terms{}, err
				})
			must(t, err)
			seal(t, s, g, noon)
			return names
		}
		equal(t, "without groups", names(), map[int64]string{0: "None"})
		setRules(t, s, "Web:web*")
		equal(t, "with groups", names(), map[int64]string{0: "Unassigned", 1: "Web"})
		setRules(t, s)
		equal(t, "without groups again", names(), map[int64]string{0: "None", 1: "Web"})
	})
}

func TestOrganizationsHaveGroupsOfTheirOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const other = "b0a3f1d2-7c7e-4d55-9f9e-0c5c8f0b1a11"
		first := access.Client{ID: "first", Organization: other, Name: "administrator", Created: noon}
		must(t, s.Access.AddOrganization(t.Context(), "other", first))
		found, err := s.Organizations.ByID(t.Context(), other)
		must(t, err)
		equal(t, "organization", found, organization.Organization{ID: other, Name: "other"})
		isError(t, s.Access.AddOrganization(t.Context(), "again", first), database.ErrExists, "again")
		_, err = s.Organizations.ByID(t.Context(), "nobody")
		isError(t, err, database.ErrNotFound, `"nobody"`)

		setRules(t, s, "Web:*", "Lab")
		groups, err := s.Organizations.Groups(t.Context(), other)
		must(t, err)
		equal(t, "the other's groups", groups, []organization.Group{{Name: "None", Current: true}})
		for range 2 {
			_, err = s.Reports.Receive(t.Context(), other, manager, []reports.Incoming{software("web1", "text")}, noon)
			must(t, err)
			id := receive(t, s, software("web1", "text"), noon).DeviceID
			device, _, err := s.Reports.Load(t.Context(), other, id)
			must(t, err)
			equal(t, "groups", []int64{device.Group, wanted(t, s, id)[0]}, []int64{0, 2})
			_, err = s.Organizations.SetRules(t.Context(), other, nil)
			must(t, err)
		}
	})
}

// A page is filled with devices of the caller's scope, even if others lie between.
func TestListDevicesOfGroups(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		setRules(t, s, "Web:web*", "Db:db*", "Lab")
		id := func(n int) string { return fmt.Sprintf("%040x", n) }
		send := func(n int, name string, received time.Time) {
			receive(t, s, reports.Incoming{Device: inventory.Device{ID: id(n), Name: fmt.Sprint(name, n)}}, received)
		}
		for n := range 20 {
			send(n, []string{"host", "web", "db", "db", "db"}[n%5], noon)
		}
		send(20, "web", noon.AddDate(0, 0, -31)) // hidden
		seal(t, s, begin(t, s, noon), noon)
		send(21, "web", noon) // not in a generation yet

		for _, test := range []struct {
			what   string
			filter reports.DeviceFilter
			want   []int
		}{
			{"a page", reports.DeviceFilter{Groups: []int64{2}}, []int{1, 6, 11}},
			{"the next", reports.DeviceFilter{Groups: []int64{2}, After: id(11)}, []int{16, 21}},
			{"two groups", reports.DeviceFilter{Groups: []int64{0, 2}, After: id(4)}, []int{5, 6, 10}},
			{"by name", reports.DeviceFilter{Groups: []int64{2}, Name: "6"}, []int{6, 16}},
			{"an empty group", reports.DeviceFilter{Groups: []int64{1}}, nil},
			{"no group", reports.DeviceFilter{}, nil},
			{"all groups", reports.DeviceFilter{AllGroups: true, After: id(18)}, []int{19, 20, 21}},
		} {
			devices, err := s.Reports.ListDevices(t.Context(), org, test.filter, 3)
			must(t, err)
			var got, want []string
			for _, d := range devices {
				got = append(got, d.ID)
			}
			for _, n := range test.want {
				want = append(want, id(n))
			}
			equal(t, test.what, got, want)
		}
	})
}

// BenchmarkBeginWithNewRules begins a generation of 200,000 devices after the rules changed: 200
// groups, and either every device moves or none.
func BenchmarkBeginWithNewRules(b *testing.B) {
	const devices, groups = 200_000, 200
	rules := func(shift int) (specs []string) {
		for i := range groups {
			specs = append(specs, fmt.Sprintf("Group %d:*-%d.example.com", i, (i+shift)%groups))
		}
		return specs
	}
	s := storetest.Open(b, store.Config{})
	for first := 0; first < devices; first += 1000 {
		var batch []reports.Incoming
		for n := first; n < first+1000; n++ {
			batch = append(batch, reports.Incoming{Device: inventory.Device{
				Name: fmt.Sprintf("host-%d-%d.example.com", n, n%groups), OSPlatform: "Linux", Tags: []string{"prod", "eu"},
			}})
		}
		_, err := s.Reports.Receive(b.Context(), org, manager, batch, noon)
		must(b, err)
	}
	generation := 0
	next := func(specs ...string) time.Duration {
		generation++
		setRules(b, s, append(specs, fmt.Sprintf("Generation %d", generation%2))...)
		start := time.Now()
		g := begin(b, s, noon)
		took := time.Since(start)
		seal(b, s, g, noon)
		return took
	}
	next(rules(0)...)
	for shift, name := range []string{"none moves", "all move"} {
		b.Run(name, func(b *testing.B) {
			var took time.Duration
			for b.Loop() {
				took += next(rules(generation * shift)...)
			}
			b.ReportMetric(float64(devices)*float64(b.N)/took.Seconds(), "devices/s")
			b.ReportMetric(took.Seconds()/float64(b.N), "s/begin")
		})
	}
}

// Groups with names from before names had to be visible still work.
func TestGroupsWithNamesOfOldGoOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const old = "Web\u3164"
		_, _, err := s.Organizations.EnsureGroups(t.Context(), org, []string{old})
		isError(t, err, rbac.ErrInvalid, `\u3164`)
		isError(t, rbac.CheckNewName(old), rbac.ErrInvalid, `\u3164`)
		must(t, rbac.CheckName(old))
		if _, err := rbac.New([]string{old}, []rbac.Rule{{Group: old, Name: "web" + old + "*"}}); err != nil {
			t.Errorf("stored rules: %v", err)
		}
	})
}
