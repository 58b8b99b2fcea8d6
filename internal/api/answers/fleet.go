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
	all, err := q.wantedDevices(r.Context())
	if err != nil {
		return unavailable(err)
	}
	if all, err = q.inState(r, all); err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b answer.Device) int {
		return cmp.Or(compareSeverities(&a.Exploited, &b.Exploited), compareSeverities(&a.Severities, &b.Severities),
			cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	all = by.sort(all)
	reply := control.FleetRows{Rows: []control.FleetRow{}}
	for _, d := range page(q, all) {
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

// inState leaves the devices that are assessed, and silent, as the request says.
func (q *question) inState(r *edge.Request, all []answer.Device) ([]answer.Device, error) {
	quiet, err := r.Query.Flag(silent)
	if err != nil {
		return nil, err
	}
	of, because := r.Query.Text(state), r.Query.Text(reason)
	if _, err := coverage.ParseState(of); of != "" && err != nil {
		return nil, edge.Invalid("state is %q, must be assessed, partly or notAssessed", edge.Clip(of))
	}
	failed, err := q.failing(r.Context(), r.Query.Text(fails))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(d answer.Device) bool {
		covered := coverage.CoveredOf(d.State, d.Reason)
		return of != "" && covered.State != of || because != "" && covered.Reason != because ||
			failed != nil && !failed[d.ID] || quiet && q.snapshot.Generated.Sub(d.LastSeen) <= silence
	}), nil
}

// failing returns the devices that do not comply with a configuration; nil if none is named.
func (q *question) failing(ctx context.Context, configuration string) (map[string]bool, error) {
	if configuration == "" {
		return nil, nil
	}
	has := map[string]bool{}
	of := answer.Of{Configuration: configuration, Outcomes: []projection.Outcome{projection.NonCompliant}}
	for skip := int64(0); skip >= 0; {
		some, err := q.view.DevicesOf(ctx, of, answer.Page{Skip: skip, Limit: maxDevices})
		if err != nil {
			return nil, unavailable(err)
		}
		for i := range some.Rows {
			has[some.Rows[i].ID] = true
		}
		skip = some.Next
	}
	return has, nil
}

// compareSeverities orders what has more of the worst first.
func compareSeverities(a, b *counts.Severities) int {
	return cmp.Or(cmp.Compare(b.Critical, a.Critical), cmp.Compare(b.High, a.High), cmp.Compare(b.Medium, a.Medium),
		cmp.Compare(b.Low, a.Low), cmp.Compare(b.Unrated, a.Unrated))
}

// wantedDevices returns the devices that are asked for: those selected, or all, that were seen since, whose names
// have the text, and that have the software, or a finding, that is asked for.
func (q *question) wantedDevices(ctx context.Context) ([]answer.Device, error) {
	f := q.filter
	seen, name := f.since, f.text
	f.since, f.text = time.Time{}, "" // of devices they do not concern CVEs
	is := func(d *answer.Device) bool {
		return !d.LastSeen.Before(seen) && strings.Contains(strings.ToLower(d.Name), name)
	}
	all := slices.Clone(q.devices)
	if q.devices == nil {
		var err error
		if all, err = q.view.Search(ctx, is, 0); err != nil {
			return nil, err
		}
	}
	has, err := q.having(ctx, &f)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(d answer.Device) bool { return !is(&d) || has != nil && !has[d.ID] }), nil
}

// having returns the devices that have the software, or a finding, that is asked for; nil if neither is.
func (q *question) having(ctx context.Context, f *filter) (map[string]bool, error) {
	if f.software == "" && !f.aboutFindings() {
		return nil, nil
	}
	of := answer.Filter{CVE: f.cve, Severity: f.severities, Exploited: f.exploited,
		Key:      q.know.catalog.ID() + string(q.binding),
		Software: func(key *row.SoftwareKey) bool { return f.product(key.Vendor, key.Name) }}
	if f.ofCatalog() {
		of.CVEs = func(id string) bool { return f.ofCVE(q.know.of(id)) }
	}
	has := map[string]bool{}
	return has, q.collect(ctx, f, of, has)
}

// collect adds the devices with installations that a filter finds.
func (q *question) collect(ctx context.Context, f *filter, of answer.Filter, has map[string]bool) error {
	for skip := int64(0); skip >= 0; {
		some, err := q.view.Installed(ctx, of, answer.Page{Skip: skip, Limit: maxDevices})
		if err != nil {
			return err
		}
		for i := range some.Rows {
			if r := &some.Rows[i]; !has[r.ID] && (!f.aboutFindings() || q.anyMatches(f, &r.Release)) {
				has[r.ID] = true
			}
		}
		skip = some.Next
	}
	return nil
}

// anyMatches reports whether a release has a finding that is asked for.
func (q *question) anyMatches(f *filter, r *answer.Release) bool {
	return slices.ContainsFunc(r.Findings, func(one *projection.Finding) bool {
		return f.matches(one, q.know.of(one.CVE), r.Vendor, r.Name)
	})
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
