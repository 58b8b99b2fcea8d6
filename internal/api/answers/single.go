package answers

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// byDevice is the order of single findings in which a page costs what it holds: that of the snapshot.
const byDevice = "deviceId"

// single is a finding on a device, with what is known of its CVE in its product.
type single struct {
	answer.Finding
	of *weakness
}

// singles lists findings one by one.
type singles struct{ *lists }

// ones are the findings of a question.
type ones struct{ *question }

// list is GET /v1/device-findings: the findings behind the rows of GET /v1/findings, one by one. They are in the
// order of those rows, and those of one row by group and device; so a page needs the devices of few CVEs.
func (ls singles) list(w *edge.Response, r *edge.Request) error {
	asked, leave, err := ls.ask(w, r, listed.Findings)
	if err != nil {
		return err
	}
	q := ones{asked}
	defer leave()
	orders := findingOrders()
	orders[byDevice] = func(*weakness) key { return key{} }
	by, err := orders.of(r.Query)
	if err != nil {
		return err
	}
	made := func(ctx context.Context) ([]*weakness, error) {
		all, err := q.weaknesses(ctx)
		return by.sort(all), err
	}
	all, err := kept(r.Context(), ls.lists, q.question, (*weakness).weigh, made)
	if err != nil {
		return unavailable(err)
	}
	reply, total := listed.DeviceFindingRows{Rows: []listed.DeviceFinding{}}, int64(0)
	for _, one := range all {
		total += one.findings
		reply.Severities.Add(one.severities)
	}
	var found []single
	switch r.Query.Text(order) {
	case byDevice:
		found, err = q.byDevice(r.Context(), all)
	case "-" + byDevice:
		return edge.Invalid("sort is %q: this order goes upwards only", "-"+byDevice)
	default:
		found, err = q.byRisk(r.Context(), all)
	}
	if err == nil {
		reply.Rows, err = q.rows(r.Context(), found)
	}
	if err != nil {
		return unavailable(err)
	}
	if reply.ListHead, err = ls.head(q.question, len(reply.Rows), total); err != nil {
		return err
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// placeOf tells weaknesses apart.
type placeOf struct{ vendor, name, cve string }

// among selects the findings of weaknesses. Its functions decide by their arguments alone. What matches is remembered
// of all weaknesses of a question, and not of a few, which cost less than what there would be to remember.
func (q ones) among(some []*weakness, all bool) (answer.Filter, map[placeOf]*weakness) {
	f, in := answer.Filter{Some: someOf(some)}, make(map[placeOf]*weakness, len(some))
	for _, w := range some {
		in[placeOf{w.vendor, w.name, w.worst.CVE}] = w
	}
	if all {
		f.Key = "each " + q.know.catalog.ID() + q.filter.key()
	}
	f.Pair = func(key *row.SoftwareKey, f *projection.Finding) bool {
		return in[placeOf{key.Vendor, key.Name, f.CVE}] != nil &&
			q.filter.matches(f, q.know.of(f.CVE), key.Vendor, key.Name)
	}
	return f, in
}

// someOf names the CVEs of weaknesses, by product.
func someOf(all []*weakness) (some []answer.Some) {
	at := map[[2]string]int{}
	for _, w := range all {
		n, ok := at[[2]string{w.vendor, w.name}]
		if !ok {
			n, some = len(some), append(some, answer.Some{Vendor: w.vendor, Name: w.name})
			at[[2]string{w.vendor, w.name}] = n
		}
		some[n].CVEs = append(some[n].CVEs, w.worst.CVE)
	}
	return some
}

// each calls yield with the findings of weaknesses after the first skip, by group and device, until it returns false.
func (q ones) each(ctx context.Context, some []*weakness, all bool, skip int64, yield func(single) bool) error {
	of, in := q.among(some, all)
	view := q.view
	visit := func(one *answer.Finding, _ int64) bool {
		return yield(single{*one, in[placeOf{one.Vendor, one.Name, one.CVE}]})
	}
	if q.devices == nil {
		return view.EachFinding(ctx, of, skip, visit)
	}
	if len(q.devices) == 1 {
		view, of.Device = view.Only(q.devices[0].Group), q.devices[0].ID
	} else {
		chosen := map[string]bool{}
		for i := range q.devices {
			chosen[q.devices[i].ID] = true
		}
		of.Devices = func(d *answer.Device) bool { return chosen[d.ID] }
	}
	return view.EachFinding(ctx, of, 0, func(one *answer.Finding, after int64) bool {
		if skip > 0 {
			skip--
			return true
		}
		return visit(one, after)
	})
}

// take takes at most so many findings of weaknesses after the first skip.
func (q ones) take(ctx context.Context, some []*weakness, skip, most int64) (all []single, err error) {
	if most <= 0 || len(some) == 0 {
		return nil, nil
	}
	err = q.each(ctx, some, false, skip, func(one single) bool {
		all = append(all, one)
		return int64(len(all)) < most
	})
	return all, err
}

// byDevice is the page by group and device.
func (q ones) byDevice(ctx context.Context, all []*weakness) (page []single, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	err = q.each(ctx, all, true, q.skip, func(one single) bool {
		page = append(page, one)
		return len(page) < q.limit
	})
	return page, err
}

// byRisk is the page in the order of the weaknesses: the end of one, some that are wholly in it, which are looked up
// at once, and the beginning of another.
func (q ones) byRisk(ctx context.Context, all []*weakness) (page []single, err error) {
	skip, left := q.skip, int64(q.limit)
	for len(all) > 0 && skip >= all[0].findings {
		skip, all = skip-all[0].findings, all[1:]
	}
	if skip > 0 && len(all) > 0 {
		if page, err = q.take(ctx, all[:1], skip, left); err != nil {
			return nil, err
		}
		left -= int64(len(page))
		all = all[1:]
	}
	whole, rows := 0, int64(0)
	for whole < len(all) && rows+all[whole].findings <= left {
		rows += all[whole].findings
		whole++
	}
	middle, err := q.take(ctx, all[:whole], 0, rows)
	if err != nil {
		return nil, err
	}
	at := map[*weakness]int{}
	for i, w := range all[:whole] {
		at[w] = i
	}
	slices.SortStableFunc(middle, func(a, b single) int { return cmp.Compare(at[a.of], at[b.of]) })
	page, left = append(page, middle...), left-int64(len(middle))
	if whole == len(all) {
		return page, nil
	}
	end, err := q.take(ctx, all[whole:whole+1], 0, left)
	return append(page, end...), err
}

// rows are findings as they are shown. When each was seen first is in its row of the exports; the rows of a device
// are read together.
func (q ones) rows(ctx context.Context, page []single) ([]listed.DeviceFinding, error) {
	places := make([]int, len(page))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int {
		return cmp.Or(cmp.Compare(page[a].Group, page[b].Group), cmp.Compare(page[a].ID, page[b].ID))
	})
	sorted := make([]answer.Finding, len(page))
	for i, n := range places {
		sorted[i] = page[n].Finding
	}
	seen, err := answer.FirstSeen(ctx, q.view, sorted)
	if err != nil {
		return nil, err
	}
	rows, fixed := make([]listed.DeviceFinding, len(page)), map[*weakness][]string{}
	for i, n := range places {
		one := &page[n]
		if _, ok := fixed[one.of]; !ok && one.of.fixable {
			for _, t := range one.of.mends.targetsOf(q.know.catalog, one.CVE) {
				fixed[one.of] = append(fixed[one.of], t.Version)
			}
		}
		rows[n] = q.row(one, seen[i])
		rows[n].FixedVersions = fixed[one.of]
	}
	return rows, nil
}

// row is a finding as it is shown.
func (q ones) row(s *single, firstSeen time.Time) listed.DeviceFinding {
	known := s.of.known
	one := listed.DeviceFinding{DeviceID: s.ID, DeviceName: s.Device.Name,
		OSPlatform: s.OSPlatform, OSVersion: s.OSVersion,
		Group: q.groups[s.Group], CVEID: s.CVE, Title: known.title(), Severity: s.Severity, Score: s.Score,
		Exploitability: s.Exploitability, KEV: known.KEV.Listed, DueTime: timeOrNil(known.KEV.Due),
		Ransomware: known.KEV.Ransomware, Vendor: s.Vendor, Name: s.SoftwareKey.Name, Version: s.Version,
		UpdateAvailable: hasUpdate(s.Finding.Finding)}
	if known.EPSS.Scored {
		one.EPSS = &known.EPSS.Score
	}
	if u := s.Finding.Update; u != (row.Update{}) {
		one.Update = &listed.FindingUpdate{Title: u.Title, ID: u.ID, URL: u.URL}
	}
	one.FirstSeen = timeOrNil(firstSeen)
	return one
}
