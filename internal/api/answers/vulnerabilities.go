package answers

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
)

// vulnerability is a CVE with the products that have it, those of the highest risk first.
type vulnerability struct {
	top        *weakness
	in         []*weakness
	devices    int64
	findings   int64
	severities counts.Severities // of the findings
	exploited  bool
}

// weigh returns about how much memory a row takes, in bytes.
func (v *vulnerability) weigh() (bytes int64) {
	for _, w := range v.in {
		bytes += w.weigh()
	}
	return bytes
}

// vulnerabilities unites the weaknesses of each CVE, by risk.
func (q *question) vulnerabilities(ctx context.Context) ([]*vulnerability, error) {
	weaknesses, err := q.weaknesses(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]*vulnerability{}
	var all []*vulnerability
	for _, w := range weaknesses {
		v := found[w.worst.CVE]
		if v == nil {
			v = &vulnerability{top: w}
			found[w.worst.CVE], all = v, append(all, v)
		}
		v.in = append(v.in, w)
		v.devices += w.devices
		v.findings += w.findings
		v.severities.Add(w.severities)
		v.exploited = v.exploited || w.exploited
	}
	for _, v := range all {
		if err := q.countDevices(ctx, v); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b *vulnerability) int {
		return cmp.Or(riskOf(a.top.worst, a.top.known, a.devices).Compare(riskOf(b.top.worst, b.top.known, b.devices)),
			cmp.Compare(b.top.worst.CVE, a.top.worst.CVE))
	})
	return all, nil
}

// countDevices replaces the devices of a vulnerability, which may have it in several products and versions, by those
// that have it in any.
func (q *question) countDevices(ctx context.Context, v *vulnerability) error {
	if q.devices != nil {
		v.devices = min(v.devices, int64(len(q.devices)))
		return nil
	}
	whole, ok, err := q.view.CVE(ctx, v.top.worst.CVE)
	if ok {
		v.devices = whole.Devices
	}
	return err
}

// listVulnerabilities is GET /v1/vulnerabilities.
func (ls *lists) listVulnerabilities(w *edge.Response, r *edge.Request) error {
	wordy, err := r.Query.Flag(details)
	if err != nil {
		return err
	}
	q, leave, err := ls.ask(w, r, control.ListOfVulnerabilities)
	if err != nil {
		return err
	}
	defer leave()
	by, err := vulnerabilityOrders().of(r.Query)
	if err != nil {
		return err
	}
	all, err := kept(r.Context(), ls, q, (*vulnerability).weigh, func(ctx context.Context) ([]*vulnerability, error) {
		all, err := q.vulnerabilities(ctx)
		return by.sort(all), err
	})
	if err != nil {
		return unavailable(err)
	}
	reply := control.VulnerabilityRows{Rows: []control.VulnerabilityRow{}}
	for _, v := range all {
		reply.Sums.Add(v.sums())
	}
	for _, v := range page(q, all) {
		reply.Rows = append(reply.Rows, v.row(q, wordy))
	}
	if reply.ListHead, err = ls.head(q, len(reply.Rows), int64(len(all))); err != nil {
		return err
	}
	if q.filter.aboutOneCVE() {
		q.judge(&reply, int64(len(all)), wordy)
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// sums counts the vulnerability.
func (v *vulnerability) sums() control.VulnerabilitySums {
	one := control.VulnerabilitySums{Findings: v.findings, Severities: v.severities, CVEs: v.severities.Kinds()}
	if v.exploited {
		one.Exploited = 1
	}
	if v.top.known.KEV.Listed {
		one.KEV = 1
	}
	return one
}

// row is the vulnerability as it is shown.
func (v *vulnerability) row(q *question, wordy bool) control.VulnerabilityRow {
	one := control.VulnerabilityRow{FindingRow: v.top.row(v.devices, wordy), Products: []control.VulnerableProduct{}}
	one.Findings = v.findings
	for _, w := range v.in {
		one.UpdateAvailable = one.UpdateAvailable || w.fixable
		if len(one.Products) == maxVersions {
			one.MoreProducts++
			continue
		}
		in := control.VulnerableProduct{Vendor: w.vendor, Name: w.name, UpdateAvailable: w.fixable, Updates: w.updates.rows()}
		if w.fixable {
			in.Targets = w.mends.targetsOf(q.know.catalog, one.CVEID)
		}
		one.Products = append(one.Products, in)
	}
	one.Targets = one.Products[0].Targets
	return one
}

// vulnerabilityOrders are those of vulnerabilities: of what is known of the CVE they are those of its findings.
func vulnerabilityOrders() orders[*vulnerability] {
	all := orders[*vulnerability]{}
	for name, of := range findingOrders() {
		all[name] = func(v *vulnerability) key { return of(v.top) }
	}
	all["devices"] = func(v *vulnerability) key { return number(v.devices) }
	all["findings"] = func(v *vulnerability) key { return number(v.findings) }
	return all
}
