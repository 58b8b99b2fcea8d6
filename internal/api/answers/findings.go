package answers

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer/support"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// maxVersions and maxUpdates are how many a row lists.
const (
	maxVersions = 20
	maxUpdates  = 5
)

// weakness is a CVE in a product, while its releases are counted.
type weakness struct {
	vendor, name string
	worst        *projection.Finding
	known        *facts
	versions     []string
	devices      int64
	last         int // the device that was counted last
	findings     int64
	severities   counts.Severities // of the findings
	exploited    bool              // any of them
	updates      tallies
	fixable      bool
	ended        string
	mends        *mending // shared by the CVEs of a product
	mendBytes    int64
}

// count adds a release.
func (w *weakness) count(i *installed, f *projection.Finding) {
	if w.worst == nil || defender.ExploitRank(f.Exploitability) > defender.ExploitRank(w.worst.Exploitability) ||
		riskOf(f, w.known, 0).Weight() > riskOf(w.worst, w.known, 0).Weight() {
		w.worst = f
	}
	w.findings += i.Devices
	w.severities.Add(counts.Of(f.Severity, i.Devices))
	w.exploited = w.exploited || f.Exploited()
	if i.device == 0 || i.device != w.last {
		w.devices += i.Devices
	}
	w.last = i.device
	if !slices.Contains(w.versions, i.Version) {
		w.versions = append(w.versions, i.Version)
	}
	w.ended = worseEnd(w.ended, i.EndOfSupport)
	if hasUpdate(f) {
		w.fixable = true
		w.updates.add(f.Update, i.Devices)
	}
}

// weigh returns about how much memory a row takes, in bytes.
func (w *weakness) weigh() int64 {
	const one, version, update = 600, 40, 300
	return one + int64(len(w.versions)*version+len(w.updates)*update) + w.mendBytes
}

// worseEnd returns the worse of two states of support.
func worseEnd(a, b string) string {
	if a == "" || support.Ended(b) && !support.Ended(a) {
		return b
	}
	return a
}

// tallies count findings by the update that removes them.
type tallies map[row.Update]int64

func (t *tallies) add(u row.Update, n int64) {
	if u == (row.Update{}) {
		return
	}
	if *t == nil {
		*t = tallies{}
	}
	(*t)[u] += n
}

// rows lists the updates, those that remove most first.
func (t tallies) rows() (all []control.UpdateRow) {
	for u, n := range t {
		all = append(all, control.UpdateRow{Title: u.Title, ID: u.ID, URL: u.URL, Findings: n})
	}
	slices.SortFunc(all, func(a, b control.UpdateRow) int {
		return cmp.Or(cmp.Compare(b.Findings, a.Findings), cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.URL, b.URL))
	})
	return all[:min(len(all), maxUpdates)]
}

// weaknesses counts what is asked for, by risk.
func (q *question) weaknesses(ctx context.Context) ([]*weakness, error) {
	type key struct{ vendor, name, cve string }
	found, mends := map[key]*weakness{}, map[[2]string]*mending{}
	err := q.releases(ctx, func(i *installed) {
		product := [2]string{i.Vendor, i.Name}
		if mends[product] == nil {
			mends[product] = &mending{vendor: i.Vendor, name: i.Name}
		}
		matching := q.matching(i)
		for _, w := range matching {
			k := key{i.Vendor, i.Name, w.CVE}
			if found[k] == nil {
				found[k] = &weakness{vendor: i.Vendor, name: i.Name, known: w.known, mends: mends[product]}
			}
			found[k].count(i, w.Finding)
		}
		if len(matching) > 0 {
			found[key{i.Vendor, i.Name, matching[0].CVE}].mendBytes += mends[product].add(i, matching)
		}
	})
	if err != nil {
		return nil, err
	}
	all := make([]*weakness, 0, len(found))
	for _, w := range found {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *weakness) int {
		return cmp.Or(riskOf(a.worst, a.known, a.devices).Compare(riskOf(b.worst, b.known, b.devices)),
			cmp.Compare(b.worst.CVE, a.worst.CVE), cmp.Compare(a.vendor, b.vendor), cmp.Compare(a.name, b.name))
	})
	return all, nil
}

// findings is GET /v1/findings.
func (ls *lists) findings(w *edge.Response, r *edge.Request) error {
	wordy, err := r.Query.Flag(details)
	if err != nil {
		return err
	}
	q, leave, err := ls.ask(w, r, control.ListOfFindings)
	if err != nil {
		return err
	}
	defer leave()
	by, err := findingOrders().of(r.Query)
	if err != nil {
		return err
	}
	all, err := kept(r.Context(), ls, q, (*weakness).weigh, func(ctx context.Context) ([]*weakness, error) {
		all, err := q.weaknesses(ctx)
		return by.sort(all), err
	})
	if err != nil {
		return unavailable(err)
	}
	reply := control.FindingRows{Rows: []control.FindingRow{}}
	for _, one := range page(q, all) {
		devices, err := q.devicesOf(r.Context(), one)
		if err != nil {
			return err
		}
		row := one.row(devices, wordy)
		if one.fixable {
			row.Targets = one.mends.targetsOf(q.know.catalog, row.CVEID)
		}
		reply.Rows = append(reply.Rows, row)
	}
	if reply.ListHead, err = ls.head(q, len(reply.Rows), int64(len(all))); err != nil {
		return err
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// devicesOf returns how many devices have a weakness: exactly, where it was counted by device, or a device
// cannot have it twice, or no other product has the CVE.
func (q *question) devicesOf(ctx context.Context, w *weakness) (int64, error) {
	if q.devices != nil || len(w.versions) == 1 {
		return w.devices, nil
	}
	whole, ok, err := q.view.CVE(ctx, w.worst.CVE)
	if err != nil || !ok {
		return w.devices, err
	}
	return min(w.devices, whole.Devices), nil
}

// row is the weakness as it is shown.
func (w *weakness) row(devices int64, wordy bool) control.FindingRow {
	f := w.worst
	one := control.FindingRow{CVEID: f.CVE, Title: w.known.title(), Severity: f.Severity, Score: f.Score,
		Vector: w.known.Vector, Exploitability: f.Exploitability, KEV: w.known.KEV.Listed,
		DueTime: timeOrNil(w.known.KEV.Due), Ransomware: w.known.KEV.Ransomware,
		PublishedTime: timeOrNil(w.known.Published), UpdatedTime: timeOrNil(w.known.Updated),
		Vendor: w.vendor, Name: w.name, Versions: w.versions[:min(len(w.versions), maxVersions)],
		Devices: devices, Findings: w.findings, UpdateAvailable: w.fixable, Updates: w.updates.rows(),
		EndOfSupport: w.ended}
	if epss := w.known.EPSS; epss.Scored {
		one.EPSS, one.EPSSPercentile = &epss.Score, &epss.Percentile
	}
	if wordy {
		words := w.known.words()
		one.Description, one.ExploitURLs = words.Description, words.ExploitURLs
	}
	return one
}

func timeOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	utc := at.UTC()
	return &utc
}

// findingOrders are those of findings.
func findingOrders() orders[*weakness] {
	return orders[*weakness]{
		"cveId":         func(w *weakness) key { return key{text: w.worst.CVE} },
		"cvssScore":     func(w *weakness) key { return number(w.worst.Score) },
		"epssScore":     func(w *weakness) key { return number(w.known.EPSS.Score) },
		"publishedTime": func(w *weakness) key { return number(w.known.Published.Unix()) },
		"softwareName":  func(w *weakness) key { return lower(w.name) },
		"devices":       func(w *weakness) key { return number(w.devices) },
		"findings":      func(w *weakness) key { return number(w.findings) },
	}
}
