package answer

import (
	"bytes"
	"context"
	"fmt"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// place is a release on a device, with the rows that match from some on.
type place struct {
	found
	projection.Hold
	filter  *Filter
	matches *matches
	// before is how many rows of the list come before those of the release, skip how many of those to leave out.
	before int64
	skip   int64
}

// walker walks through the rows that match, in their order, until yield returns false.
type walker struct {
	filter *Filter
	skip   int64 // rows to leave out
	at     int64 // rows that were passed
	yield  func(place) bool
}

// walk calls yield with each release on a device that has matching rows after the first skip, in the
// order of rows, until yield returns false.
func (v *scope) walk(ctx context.Context, f *Filter, installed bool, skip int64, yield func(place) bool) error {
	w := &walker{filter: f, skip: skip, yield: yield}
	if f.Device != "" {
		at, err := v.find(ctx, f.Device)
		if err != nil || at == nil {
			return err
		}
		w.device(at, at.HeldBy(at.device), f.match(&at.Head, nil, installed))
		return nil
	}
	of, err := v.reach(ctx, f, installed)
	if err != nil {
		return err
	}
	for i, r := range v.ranges {
		if !of.ranges[i] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := v.matching(r, f, installed)
		if err != nil {
			return err
		}
		if w.at+m.rows <= w.skip {
			w.at += m.rows
			continue
		}
		p, err := v.projection(r)
		if err != nil {
			return err
		}
		has, err := held(v.answers, &found{Range: r, Projection: p}, f, installed, m)
		if err != nil {
			return err
		}
		for d := range p.Devices {
			if some := has.Of(d); len(some) > 0 && !w.device(&found{r, p, d}, some, m) {
				return nil
			}
		}
	}
	return nil
}

// held returns which of the releases that match each device of a range has. It is remembered for a list that is read
// page by page.
func held(a *Answers, in *found, f *Filter, installed bool, m *matches) (*projection.Holders, error) {
	key := cache.Key{What: f.key(installed)}
	if key.What == "" {
		return in.Holders(m.some()), nil
	}
	file, err := projected(in.Range)
	if err != nil {
		return nil, err
	}
	key.Name, key.Sum = file.Path, file.SHA256
	return cache.Once(a.held, key, func() (*projection.Holders, int64, error) {
		h := in.Holders(m.some())
		return h, h.Weight(), nil
	})
}

// device walks through one device with releases that may match; false if yield returned it.
func (w *walker) device(at *found, has []projection.Hold, m *matches) bool {
	unwanted := w.filter.Devices != nil && !w.filter.Devices(&Device{at.Group, &at.Projection.Devices[at.device]})
	for _, one := range has {
		before, n := w.at, int64(m.releases[one.Release])
		w.at += n
		if n == 0 || unwanted || w.at <= w.skip {
			continue
		}
		if !w.yield(place{*at, one, w.filter, m, before, max(0, w.skip-before)}) {
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
		m := f.match(&at.Head, nil, installed)
		for _, one := range at.HeldBy(at.device) {
			n += int64(m.releases[one.Release])
		}
		return n, nil
	}
	of, err := v.reach(ctx, f, installed)
	if err != nil {
		return 0, err
	}
	return of.rows, nil
}

// Finding is a row of vulnerabilities without what only the parts have: times and paths.
type Finding struct {
	Device
	row.SoftwareKey
	EndOfSupport, EndOfSupportDate string
	*projection.Finding
	// Where its row is: the device, its release, and the place among the findings of that.
	at    found
	of    projection.Hold
	place int
}

// Findings lists findings by group, device, software and CVE. Limit counts those on devices that Filter.Devices
// wants.
func (v *View) Findings(ctx context.Context, f Filter, p Page) (l List[Finding], err error) {
	if l.Total, err = v.total(ctx, &f, false); err != nil {
		return l, err
	}
	end := l.Total
	if p.Limit == 0 {
		end = p.Skip
	} else if err = v.EachFinding(ctx, f, p.Skip, func(one *Finding, after int64) bool {
		l.Rows = append(l.Rows, *one)
		if len(l.Rows) < p.Limit {
			return true
		}
		end = after
		return false
	}); err != nil {
		return l, err
	}
	l.Next = next(end, l.Total)
	return l, nil
}

// EachFinding calls yield with each finding after the first skip, in the order of Findings, until yield returns false.
// after is the skip with which the next begins.
func (v *View) EachFinding(ctx context.Context, f Filter, skip int64,
	yield func(one *Finding, after int64) bool) error {
	return v.walk(ctx, &f, false, skip, func(at place) bool { return at.each(yield) })
}

// CountFindings counts findings, of all devices.
func (v *View) CountFindings(ctx context.Context, f Filter) (int64, error) {
	return v.total(ctx, &f, false)
}

// each calls yield with the matching findings of a place; false if yield returned it.
func (at *place) each(yield func(*Finding, int64) bool) bool {
	r, passed := &at.Releases[at.Release], int64(0)
	for i, n := range r.Findings {
		if !at.filter.has(at.matches, &at.Head, r, n) {
			continue
		}
		if passed++; passed <= at.skip {
			continue
		}
		if !yield(&Finding{Device: Device{at.Group, &at.Projection.Devices[at.device]}, SoftwareKey: r.SoftwareKey,
			EndOfSupport: r.EndOfSupport, EndOfSupportDate: r.EndOfSupportDate, Finding: &at.Projection.Findings[n],
			at: at.found, of: at.Hold, place: i}, at.before+passed) {
			return false
		}
	}
	return true
}

// row returns the place of a finding among the device's rows of its dataset. has are the releases of the device.
func (f *Finding) row(has []projection.Hold) (n int64) {
	for _, one := range has {
		findings := f.at.Releases[one.Release].Findings
		if one.Release == f.of.Release {
			return n + f.at.rowsOf(findings[:f.place], f.Advisory)
		}
		n += f.at.rowsOf(findings, f.Advisory)
	}
	return n
}

// rowsOf counts the rows of findings in the dataset of CVEs, or of advisories.
func (at *found) rowsOf(findings []uint32, advisories bool) (n int64) {
	for _, f := range findings {
		if at.Projection.Findings[f].Advisory == advisories {
			n++
		}
	}
	return n
}

// Rows returns the rows of findings, of vulnerabilities or advisories, in file form with line feed, as the parts have
// them. Findings of one device next to each other cost one read.
func (v *View) Rows(ctx context.Context, findings []Finding) ([][]byte, error) {
	all := make([][]byte, 0, len(findings))
	var reader *snapshot.RangeReader
	var mem snapshot.Buffers
	defer mem.Close()
	var rows []byte
	var last *Finding
	var releasesOf func(device int) []projection.Hold
	var has []projection.Hold
	for i := range findings {
		f := &findings[i]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if last == nil || last.at.Range != f.at.Range {
			var err error
			if reader, err = v.answers.files.OpenRange(f.at.Range, &mem); err != nil {
				return nil, err
			}
			releasesOf = heldBy(findings[i:])
		}
		if last == nil || last.at.Range != f.at.Range || last.ID != f.ID || last.Advisory != f.Advisory {
			set := defender.Vulnerabilities
			if f.Advisory {
				set = defender.NonCVEAdvisories
			}
			n, ok := reader.Find(f.ID)
			lost := !ok
			if ok {
				rows, lost = reader.SalvageOf(set, n, rows)
			}
			if lost {
				return nil, fmt.Errorf("rows of device %q: %w", f.ID, snapshot.ErrDamaged)
			}
			if last == nil || last.at.Range != f.at.Range || last.ID != f.ID {
				has = releasesOf(f.at.device)
			}
		}
		line, err := lineOf(rows, f.row(has))
		if err != nil {
			return nil, fmt.Errorf("rows of device %q: %w", f.ID, err)
		}
		all, last = append(all, bytes.Clone(line)), f
	}
	return all, nil
}

// heldBy returns what tells the releases of devices of the range of the first findings. One look at all of its lists
// costs as much as looking for a few devices.
func heldBy(findings []Finding) func(device int) []projection.Hold {
	const few = 6
	in, devices := &findings[0].at, 1
	for i := 1; i < len(findings) && findings[i].at.Range == in.Range && devices <= few; i++ {
		if findings[i].ID != findings[i-1].ID {
			devices++
		}
	}
	if devices <= few {
		return in.HeldBy
	}
	return in.AllHolders().Of
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
// the software with any that matches.
func (v *View) Installed(ctx context.Context, f Filter, p Page) (l List[Installation], err error) {
	if l.Total, err = v.total(ctx, &f, true); err != nil {
		return l, err
	}
	end := l.Total
	err = v.walk(ctx, &f, true, p.Skip, func(at place) bool {
		if len(l.Rows) >= p.Limit {
			end = at.before
			return false
		}
		l.Rows = append(l.Rows, Installation{Device{at.Group, &at.Projection.Devices[at.device]},
			releaseOf(&at.Head, at.Release, 1)})
		return true
	})
	l.Next = next(end, l.Total)
	return l, err
}

// Software lists the software of a device, in the order of its rows; nil if the scope does not have it.
func (v *View) Software(ctx context.Context, device string) ([]Release, error) {
	at, err := v.find(ctx, device)
	if err != nil || at == nil {
		return nil, err
	}
	all := []Release{}
	for _, one := range at.HeldBy(at.device) {
		all = append(all, releaseOf(&at.Head, one.Release, 1))
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
	for _, j := range at.JudgedOf(at.device) {
		all = append(all, Setting{at.Configurations[j.Configuration].Configuration, j.Outcome.Applicable(),
			j.Outcome.IsCompliant()})
	}
	return all, nil
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
		known, err := v.roster(r)
		if err != nil {
			return nil, err
		}
		for i := range known {
			d := Device{r.Group, &known[i]}
			if wanted(&d) {
				if all = append(all, d); len(all) == limit {
					return all, nil
				}
			}
		}
	}
	return all, nil
}
