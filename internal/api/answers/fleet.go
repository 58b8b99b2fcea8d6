package answers

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// fleet is GET /v1/fleet.
func (ls *lists) fleet(w *edge.Response, r *edge.Request) error {
	q, leave, err := ls.ask(w, r, control.ListOfDevices)
	if err != nil {
		return err
	}
	defer leave()
	by, err := deviceOrders().of(r.Query)
	if err != nil {
		return err
	}
	of, err := q.readFleet(r)
	if err != nil {
		return err
	}
	all, err := kept(r.Context(), ls, q, func(uint32) int64 { return 4 }, func(ctx context.Context) ([]uint32, error) {
		return q.ranked(ctx, of, by)
	})
	if err != nil {
		return unavailable(err)
	}
	shown, err := answer.FleetOf(q.view).At(r.Context(), page(q, all))
	if err != nil {
		return unavailable(err)
	}
	reply := control.FleetRows{Rows: []control.FleetRow{}}
	for _, d := range shown {
		covered := coverage.CoveredOf(d.State, d.Reason)
		reply.Rows = append(reply.Rows, control.FleetRow{ID: d.ID, Name: d.Name, OSPlatform: d.OSPlatform,
			OSVersion: d.OSVersion, Tags: append([]string{}, d.Tags...), Group: q.groups[d.Group],
			LastSeen: d.LastSeen.UTC(), State: covered.State,
			Reason: covered.Reason, Findings: d.Severities, Exploited: d.Exploited.Sum(), Software: d.Software,
			Compliant: d.Outcomes[projection.Compliant], NonCompliant: d.Outcomes[projection.NonCompliant]})
	}
	if reply.ListHead, err = ls.head(q, len(reply.Rows), int64(len(all))); err != nil {
		return err
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// silence is for how long a device was not seen that is silent: its healthStatus is Inactive then.
const silence = defender.InactiveDays * 24 * time.Hour

// wantedFleet says which devices are asked for: beside the filters of CVEs, how far they are assessed, and whether they
// are silent or fail a check.
type wantedFleet struct {
	state, reason, fails string
	silent               bool
}

func (q *question) readFleet(r *edge.Request) (of wantedFleet, err error) {
	of = wantedFleet{state: r.Query.Text(state), reason: r.Query.Text(reason), fails: r.Query.Text(fails)}
	if of.silent, err = r.Query.Flag(silent); err != nil {
		return of, err
	}
	if _, err := coverage.ParseState(of.state); of.state != "" && err != nil {
		return of, edge.Invalid("state is %q, must be assessed, partly or notAssessed", edge.Clip(of.state))
	}
	return of, nil
}

// selects returns what tells whether a device is asked for: one that was seen since, whose name or version of the
// system has the text, and that has the software, or a finding, that is asked for. number is that in the view.
func (q *question) selects(ctx context.Context, of wantedFleet) (func(number int64, d *answer.Device) bool, error) {
	f := q.filter
	seen, name := f.since, f.text
	f.since, f.text = time.Time{}, "" // of devices they do not concern CVEs
	var sets []*answer.Set
	if of.fails != "" {
		set, err := answer.FleetOf(q.view).With(ctx, answer.Of{Configuration: of.fails,
			Outcomes: []projection.Outcome{projection.NonCompliant}})
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	if f.software != "" || f.aboutFindings() {
		set, err := q.having(ctx, &f)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return func(number int64, d *answer.Device) bool {
		for _, s := range sets {
			if !s.Has(number) {
				return false
			}
		}
		if d.LastSeen.Before(seen) || of.silent && q.snapshot.Generated.Sub(d.LastSeen) <= silence ||
			!strings.Contains(strings.ToLower(d.Name+"\n"+d.OSVersion), name) {
			return false
		}
		if of.state == "" && of.reason == "" {
			return true
		}
		covered := coverage.CoveredOf(d.State, d.Reason)
		return (of.state == "" || covered.State == of.state) && (of.reason == "" || covered.Reason == of.reason)
	}, nil
}

// having returns the devices that have the software, or a finding, that is asked for. What is found in a range is
// remembered for everybody who sees it: the key has what the functions decide by, and no caller.
func (q *question) having(ctx context.Context, f *filter) (*answer.Set, error) {
	of := answer.Filter{CVE: f.cve, Severity: f.severities, Exploited: f.exploited, Key: q.know.catalog.ID() + f.key(),
		Software: func(key *row.SoftwareKey) bool { return f.product(key.Vendor, key.Name) }}
	if f.aboutFindings() {
		of.Pair = func(key *row.SoftwareKey, one *projection.Finding) bool {
			return f.matches(one, q.know.of(one.CVE), key.Vendor, key.Name)
		}
	}
	return answer.FleetOf(q.view).Having(ctx, of)
}

// ranked returns the numbers of the devices that are asked for, in their order. A list of a fleet that is kept is
// numbers and no devices.
func (q *question) ranked(ctx context.Context, of wantedFleet, by sorting[answer.Device]) ([]uint32, error) {
	is, err := q.selects(ctx, of)
	if err != nil {
		return nil, err
	}
	chosen := map[string]bool{}
	for i := range q.devices {
		chosen[q.devices[i].ID] = true
	}
	var all []numbered
	err = answer.FleetOf(q.view).Each(ctx, func(number int64, d answer.Device) bool {
		if (q.devices == nil || chosen[d.ID]) && is(number, &d) {
			all = append(all, numbered{d, uint32(number)})
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, compareDevices)
	all = sortedBy(by, all, func(n numbered) answer.Device { return n.Device })
	numbers := make([]uint32, len(all))
	for i := range all {
		numbers[i] = all[i].number
	}
	return numbers, nil
}

// numbered is a device with its number in the view.
type numbered struct {
	answer.Device
	number uint32
}

// compareDevices orders by risk: devices with more of the worst first. Of equal ones names decide, which are compared
// only then.
func compareDevices(a, b numbered) int {
	if c := compareSeverities(&a.Exploited, &b.Exploited); c != 0 {
		return c
	}
	if c := compareSeverities(&a.Severities, &b.Severities); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
}

// compareSeverities orders what has more of the worst first.
func compareSeverities(a, b *counts.Severities) int {
	return cmp.Or(cmp.Compare(b.Critical, a.Critical), cmp.Compare(b.High, a.High), cmp.Compare(b.Medium, a.Medium),
		cmp.Compare(b.Low, a.Low), cmp.Compare(b.Unrated, a.Unrated))
}

// deviceOrders are those of devices.
func deviceOrders() orders[answer.Device] {
	sum := func(of func(*answer.Device) *counts.Severities) func(answer.Device) key {
		return func(d answer.Device) key { return number(of(&d).Sum()) }
	}
	return orders[answer.Device]{
		"name":         func(d answer.Device) key { return lower(d.Name) },
		"lastSeenTime": func(d answer.Device) key { return number(d.LastSeen.Unix()) },
		"osPlatform":   func(d answer.Device) key { return lower(d.OSPlatform + " " + d.OSVersion) },
		"findings":     sum(func(d *answer.Device) *counts.Severities { return &d.Severities }),
		"exploited":    sum(func(d *answer.Device) *counts.Severities { return &d.Exploited }),
		"software":     func(d answer.Device) key { return number(d.Software) },
		"nonCompliant": func(d answer.Device) key { return number(d.Outcomes[projection.NonCompliant]) },
	}
}
