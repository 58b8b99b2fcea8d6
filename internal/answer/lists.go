package answer

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// MaxScan is how many rows a page looks at for Filter.Where.
const MaxScan = 1_000_000

// Filter selects findings, or releases on devices: all that is given must match.
type Filter struct {
	CVE, Vendor, Name, Version, Device string
	// Severity and Exploitability list what matches, as rows spell it; "" is null. Exploited wants a
	// known exploit.
	Severity, Exploitability []string
	Exploited                bool
	// Fixable wants a finding with (true) or without an update.
	Fixable *bool
	// CVEs is asked once for each CVE.
	CVEs func(id string) bool
	// Where is asked for each row that matches the rest. A page looks at MaxScan rows at most. Skip and
	// Next of its pages count the rows that match the rest, and Total is -1.
	Where func(*Finding) bool
}

// ofFindings reports whether the filter is about findings, not only about software.
func (f *Filter) ofFindings() bool {
	return f.CVE != "" || f.Severity != nil || f.Exploitability != nil || f.Exploited || f.Fixable != nil || f.CVEs != nil
}

// matches tells which findings and releases of a head match.
type matches struct {
	findings []bool
	releases []uint32 // how many rows a device with the release has that match
}

// match matches the findings of a head, or, if installed, its releases: those with a matching finding,
// if the filter is about findings.
func (f *Filter) match(h *projection.Head, installed bool) *matches {
	m := &matches{make([]bool, len(h.Findings)), make([]uint32, len(h.Releases))}
	var last string
	var wanted bool
	for i := range h.Findings {
		one := &h.Findings[i]
		if i == 0 || one.CVE != last {
			last = one.CVE
			wanted = (f.CVE == "" || f.CVE == one.CVE) && (f.CVEs == nil || f.CVEs(one.CVE))
		}
		m.findings[i] = wanted && f.matchFinding(one)
	}
	for i := range h.Releases {
		r := &h.Releases[i]
		if f.Vendor != "" && f.Vendor != r.Vendor || f.Name != "" && f.Name != r.Name ||
			f.Version != "" && f.Version != r.Version {
			continue
		}
		for _, n := range r.Findings {
			if m.findings[n] {
				m.releases[i]++
			}
		}
		if installed && (m.releases[i] > 0 || !f.ofFindings()) {
			m.releases[i] = 1
		}
	}
	return m
}

func (f *Filter) matchFinding(one *projection.Finding) bool {
	return (f.Severity == nil || slices.Contains(f.Severity, one.Severity)) &&
		(f.Exploitability == nil || slices.Contains(f.Exploitability, one.Exploitability)) &&
		(!f.Exploited || one.Exploited()) && (f.Fixable == nil || *f.Fixable == one.UpdateAvailable)
}

// count counts the rows on all devices of a head.
func (m *matches) count(h *projection.Head) (n int64) {
	for i, each := range m.releases {
		n += int64(each) * h.Releases[i].Devices
	}
	return n
}

// place is a release on a device, with the rows that match from some on.
type place struct {
	found
	release uint32
	matches *matches
	skip    int
}

// walk calls yield with each release on a device that has matching rows after the first skip, in the
// order of rows, until yield returns false.
func (v *scope) walk(ctx context.Context, f *Filter, installed bool, skip int64, yield func(place) bool) error {
	if f.Device != "" {
		at, err := v.find(ctx, f.Device)
		if err != nil || at == nil {
			return err
		}
		at.walk(f.match(&at.Head, installed), &skip, yield)
		return nil
	}
	having, err := v.having(ctx, f.CVE, f.Vendor, f.Name)
	if err != nil {
		return err
	}
	for i, r := range v.ranges {
		if having != nil && !having[i] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := v.head(r)
		if err != nil {
			return err
		}
		m := f.match(h, installed)
		if n := m.count(h); skip >= n {
			skip -= n
			continue
		}
		p, err := v.projection(r)
		if err != nil {
			return err
		}
		for d := range p.Devices {
			at := found{r, p, d}
			if !at.walk(m, &skip, yield) {
				return nil
			}
		}
	}
	return nil
}

// walk is View.walk for one device; false if yield returned it.
func (at *found) walk(m *matches, skip *int64, yield func(place) bool) bool {
	for _, r := range at.Transposed().Releases(at.device) {
		n := int64(m.releases[r])
		if *skip >= n {
			*skip -= n
			continue
		}
		first := int(*skip)
		*skip = 0
		if !yield(place{*at, r, m, first}) {
			return false
		}
	}
	return true
}

// total counts the matching rows of the scope.
func (v *scope) total(ctx context.Context, f *Filter, installed bool) (n int64, err error) {
	if f.Device != "" {
		at, err := v.find(ctx, f.Device)
		if err != nil || at == nil {
			return 0, err
		}
		m := f.match(&at.Head, installed)
		for _, r := range at.Transposed().Releases(at.device) {
			n += int64(m.releases[r])
		}
		return n, nil
	}
	t, err := v.table(ctx)
	if err != nil {
		return 0, err
	}
	return f.match(t.Head, installed).count(t.Head), nil
}

// Finding is a row of vulnerabilities without what only the parts have: times and paths.
type Finding struct {
	Device
	row.SoftwareKey
	EndOfSupport, EndOfSupportDate string
	*projection.Finding
	rng *snapshot.Range
	row int64 // among the device's rows of its dataset
}

// Findings lists findings by group, device, software and CVE.
func (v *View) Findings(ctx context.Context, f Filter, p Page) (l List[Finding], err error) {
	if l.Total, err = v.total(ctx, &f, false); err != nil {
		return l, err
	}
	scanned, full := int64(0), false
	err = v.walk(ctx, &f, false, p.Skip, func(at place) bool {
		for _, one := range at.findings() {
			if full = len(l.Rows) >= p.Limit || f.Where != nil && scanned >= MaxScan; full {
				return false
			}
			if scanned++; f.Where == nil || f.Where(&one) {
				l.Rows = append(l.Rows, one)
			}
		}
		return true
	})
	l.Next = next(p.Skip+scanned, l.Total)
	if f.Where != nil {
		l.Bounded, l.Total = scanned >= MaxScan && len(l.Rows) < p.Limit && l.Next >= 0, -1
	}
	return l, err
}

// CountFindings counts findings, without Filter.Where.
func (v *View) CountFindings(ctx context.Context, f Filter) (int64, error) {
	return v.total(ctx, &f, false)
}

// findings returns the matching findings of a place.
func (at *place) findings() (all []Finding) {
	r := &at.Releases[at.release]
	row, skip := int64(-1), at.skip
	for i, n := range r.Findings {
		if !at.matches.findings[n] {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if row < 0 {
			row = at.rowsBefore()
		}
		all = append(all, Finding{Device: Device{at.Group, &at.Projection.Devices[at.device]}, SoftwareKey: r.SoftwareKey,
			EndOfSupport: r.EndOfSupport, EndOfSupportDate: r.EndOfSupportDate, Finding: &at.Projection.Findings[n],
			rng: at.Range, row: row + at.rowOf(r, i)})
	}
	return all
}

// rowsBefore counts the device's rows of vulnerabilities before those of the release.
func (at *place) rowsBefore() (n int64) {
	for _, r := range at.Transposed().Releases(at.device) {
		if r == at.release {
			break
		}
		n += at.rowOf(&at.Releases[r], len(at.Releases[r].Findings))
	}
	return n
}

// rowOf counts the rows of vulnerabilities before finding i of a release.
func (at *place) rowOf(r *projection.Release, i int) (n int64) {
	for _, f := range r.Findings[:i] {
		if !at.Projection.Findings[f].Advisory {
			n++
		}
	}
	return n
}

// Rows returns the rows of vulnerabilities of findings, in file form with line feed, as the parts have
// them. Findings of one device next to each other cost one read.
func (v *View) Rows(ctx context.Context, findings []Finding) ([][]byte, error) {
	all := make([][]byte, 0, len(findings))
	var reader *snapshot.RangeReader
	var mem snapshot.Buffers
	defer mem.Close()
	var rows assess.Rows
	var last *Finding
	for i := range findings {
		f := &findings[i]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if last == nil || last.rng != f.rng {
			var err error
			if reader, err = v.answers.files.OpenRange(f.rng, &mem); err != nil {
				return nil, err
			}
		}
		if last == nil || last.rng != f.rng || last.ID != f.ID {
			n, ok := reader.Find(f.ID)
			if !ok || reader.Salvage(n, &rows)[defender.Vulnerabilities] {
				return nil, fmt.Errorf("rows of device %q: %w", f.ID, snapshot.ErrDamaged)
			}
		}
		line, err := lineOf(rows[defender.Vulnerabilities], f.row)
		if err != nil {
			return nil, fmt.Errorf("rows of device %q: %w", f.ID, err)
		}
		all, last = append(all, bytes.Clone(line)), f
	}
	return all, nil
}

func lineOf(rows []byte, n int64) (line []byte, err error) {
	for ; n >= 0; n-- {
		if len(rows) == 0 {
			return nil, fmt.Errorf("the projection has more rows: %w", snapshot.ErrDamaged)
		}
		line, rows = row.Line(rows)
	}
	return line, nil
}

// Installation is a release on a device.
type Installation struct {
	Device
	Release
}

// Installed lists the software of devices by group, device and software. A filter about findings lists
// the software with any that matches. Filter.Where is not asked.
func (v *View) Installed(ctx context.Context, f Filter, p Page) (l List[Installation], err error) {
	if l.Total, err = v.total(ctx, &f, true); err != nil {
		return l, err
	}
	err = v.walk(ctx, &f, true, p.Skip, func(at place) bool {
		if len(l.Rows) >= p.Limit {
			return false
		}
		l.Rows = append(l.Rows, Installation{Device{at.Group, &at.Projection.Devices[at.device]},
			releaseOf(&at.Head, at.release, 1)})
		return true
	})
	l.Next = next(p.Skip+int64(len(l.Rows)), l.Total)
	return l, err
}

// Software lists the software of a device, in the order of its rows; nil if the scope does not have it.
func (v *View) Software(ctx context.Context, device string) ([]Release, error) {
	at, err := v.find(ctx, device)
	if err != nil || at == nil {
		return nil, err
	}
	all := []Release{}
	for _, r := range at.Transposed().Releases(at.device) {
		all = append(all, releaseOf(&at.Head, r, 1))
	}
	return all, nil
}

// Setting is a configuration on a device.
type Setting struct {
	row.Configuration
	Applicable, Compliant bool
}

// Settings lists the configurations of a device by id; nil if the scope does not have it.
func (v *View) Settings(ctx context.Context, device string) ([]Setting, error) {
	at, err := v.find(ctx, device)
	if err != nil || at == nil {
		return nil, err
	}
	all := []Setting{}
	for _, j := range at.Transposed().Judged(at.device) {
		all = append(all, Setting{at.Configurations[j.Configuration].Configuration, j.Outcome.Applicable(),
			j.Outcome.IsCompliant()})
	}
	return all, nil
}

// Named lists the devices with a name, in any case.
func (v *View) Named(ctx context.Context, name string) ([]Device, error) {
	return v.Search(ctx, func(d *Device) bool { return strings.EqualFold(d.Name, name) }, 0)
}

// Search lists the devices for which wanted is true, by group and id, at most limit; 0 is no limit. It
// looks at every device.
func (v *View) Search(ctx context.Context, wanted func(*Device) bool, limit int) ([]Device, error) {
	all := []Device{}
	if err := v.Available(); err != nil {
		return nil, err
	}
	for _, r := range v.ranges {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := v.projection(r)
		if err != nil {
			return nil, err
		}
		for i := range p.Devices {
			d := Device{r.Group, &p.Devices[i]}
			if wanted(&d) {
				if all = append(all, d); len(all) == limit {
					return all, nil
				}
			}
		}
	}
	return all, nil
}
