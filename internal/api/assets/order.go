package assets

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/intel"
)

// order is the order of a snapshot's devices by id, across RBAC groups. Answers have them by group, so for
// each device in the order it holds the group, and how many findings the device has; where the rows of
// each group are at a place follows by counting.
type order struct {
	groups []int64 // by place in steps
	steps  []step
	marks  []mark // one for every markEvery devices
	total  offsets
}

// step is a device in the order: the place of its group, and how many findings it has.
type step struct {
	group    uint16
	findings uint32
}

// offsets are how many devices, and findings, of each group come before a place.
type offsets struct{ devices, findings []int64 }

// mark is a place in the order with what comes before it.
type mark struct {
	offsets
	findings int64
}

const markEvery = 8192

// devices returns how many there are.
func (o *order) devices() int64 { return int64(len(o.steps)) }

// newOrder reads the ids of all devices of a view.
func newOrder(ctx context.Context, v *answer.View) (*order, error) {
	groups, err := v.Groups(ctx)
	if err != nil {
		return nil, err
	}
	type placed struct {
		id [20]byte
		step
	}
	var all []placed
	o := &order{}
	for number, g := range groups {
		o.groups = append(o.groups, g.ID)
		of := v.Only(g.ID)
		for skip := int64(0); skip >= 0; {
			found, err := of.Devices(ctx, answer.Page{Skip: skip, Limit: readAtOnce})
			if err != nil {
				return nil, err
			}
			for i := range found.Rows {
				d := placed{step: step{uint16(number), uint32(findingsOf(&found.Rows[i]))}}
				if n, err := hex.Decode(d.id[:], []byte(found.Rows[i].ID)); err != nil || n != len(d.id) {
					return nil, fmt.Errorf("ordering devices: %q is not an id", found.Rows[i].ID)
				}
				all = append(all, d)
			}
			skip = found.Next
		}
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(slices.Compare(a.id[:], b.id[:]), cmp.Compare(a.group, b.group))
	})
	o.steps = make([]step, len(all))
	at := mark{offsets: o.none()}
	for i := range all {
		if i%markEvery == 0 {
			o.marks = append(o.marks, at.copy())
		}
		o.steps[i] = all[i].step
		at.pass(o.steps[i])
	}
	o.total = at.offsets
	return o, nil
}

// findingsOf returns how many rows a device has in the list of findings: those of CVEs.
func findingsOf(d *answer.Device) int64 { return d.Vulnerabilities() }

func (o *order) none() offsets {
	return offsets{make([]int64, len(o.groups)), make([]int64, len(o.groups))}
}

func (m *mark) copy() mark {
	return mark{offsets{slices.Clone(m.offsets.devices), slices.Clone(m.offsets.findings)}, m.findings}
}

// pass goes on by a device.
func (m *mark) pass(s step) {
	m.offsets.devices[s.group]++
	m.offsets.findings[s.group] += int64(s.findings)
	m.findings += int64(s.findings)
}

// read returns the devices after the first skip, at most limit.
func (o *order) read(ctx context.Context, v *answer.View, skip int64, limit int) ([]answer.Device, error) {
	if skip = min(skip, o.devices()); len(o.groups) == 1 {
		found, err := v.Devices(ctx, answer.Page{Skip: skip, Limit: limit})
		return found.Rows, err
	}
	end := min(skip+int64(limit), o.devices())
	if skip == end {
		return nil, nil
	}
	at := o.marks[skip/markEvery].copy()
	for i := skip / markEvery * markEvery; i < skip; i++ {
		at.pass(o.steps[i])
	}
	wanted := make([]int, len(o.groups))
	for _, s := range o.steps[skip:end] {
		wanted[s.group]++
	}
	parts := make([][]answer.Device, len(o.groups))
	for g, n := range wanted {
		if n == 0 {
			continue
		}
		found, err := v.Only(o.groups[g]).Devices(ctx, answer.Page{Skip: at.offsets.devices[g], Limit: n})
		if err != nil {
			return nil, err
		}
		if len(found.Rows) != n {
			return nil, fmt.Errorf("group %d has %d devices after %d, want %d", o.groups[g], len(found.Rows),
				at.offsets.devices[g], n)
		}
		parts[g] = found.Rows
	}
	rows := make([]answer.Device, 0, end-skip)
	for _, s := range o.steps[skip:end] {
		rows, parts[s.group] = append(rows, parts[s.group][0]), parts[s.group][1:]
	}
	return rows, nil
}

// seek returns the device that has the finding after the first skip, with what comes before it, and how
// many of its own findings are among the first skip.
func (o *order) seek(skip int64) (device int64, at mark, inside int64) {
	next, _ := slices.BinarySearchFunc(o.marks, skip+1, func(m mark, n int64) int { return cmp.Compare(m.findings, n) })
	from := max(0, next-1)
	if len(o.marks) == 0 {
		return 0, mark{offsets: o.none()}, 0
	}
	at = o.marks[from].copy()
	for device = int64(from) * markEvery; device < o.devices(); device++ {
		n := int64(o.steps[device].findings)
		if at.findings+n > skip {
			return device, at, skip - at.findings
		}
		at.pass(o.steps[device])
	}
	return device, at, 0
}

// maxOrders is how many orders are remembered, and maxOrdered how many devices they have together.
const (
	maxOrders  = 64
	maxOrdered = 4_000_000
)

// orders remembers the orders of snapshots. It is safe for concurrent use.
type orders struct {
	mu    sync.Mutex
	known []remembered // the one that was used last is the first
}

// scope is a snapshot as somebody sees it.
type scope struct {
	organization string
	number       int64
	mark         uint64
	groups       string
}

type remembered struct {
	scope
	*order
}

// of returns the order of the devices of a view, which is that of a scope.
func (o *orders) of(ctx context.Context, of scope, v *answer.View) (*order, error) {
	if found := o.find(of); found != nil {
		return found, nil
	}
	made, err := newOrder(ctx, v)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known = slices.Insert(o.known, 0, remembered{of, made})
	devices := int64(0)
	for i := range o.known {
		if devices += o.known[i].devices(); i > 0 && (devices > maxOrdered || i >= maxOrders) {
			o.known = slices.Delete(o.known, i, len(o.known))
			break
		}
	}
	return made, nil
}

func (o *orders) find(of scope) *order {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := slices.IndexFunc(o.known, func(r remembered) bool { return r.scope == of })
	if at < 0 {
		return nil
	}
	found := o.known[at]
	o.known = slices.Insert(slices.Delete(o.known, at, at+1), 0, found)
	return found.order
}

// onlyCVEs leaves out advisories that name no CVE.
func onlyCVEs(id string) bool { return intel.IsCVE(id) }

// readFindings returns the findings after the first skip, at most limit, by machine.
func (o *order) readFindings(ctx context.Context, v *answer.View, skip int64, limit int) ([]answer.Finding, error) {
	device, at, inside := o.seek(skip)
	wanted := make([]int64, len(o.groups))
	last, left := device, int64(limit)+inside
	for ; last < o.devices() && left > 0; last++ {
		n := min(int64(o.steps[last].findings), left)
		wanted[o.steps[last].group] += n
		left -= n
	}
	parts := make([][]answer.Finding, len(o.groups))
	for g, n := range wanted {
		if n == 0 {
			continue
		}
		found, err := v.Only(o.groups[g]).Findings(ctx, answer.Filter{CVEs: onlyCVEs},
			answer.Page{Skip: at.offsets.findings[g], Limit: int(n)})
		if err != nil {
			return nil, err
		}
		parts[g] = found.Rows
	}
	var rows []answer.Finding
	for _, s := range o.steps[device:last] {
		n := min(int(s.findings), len(parts[s.group]))
		rows, parts[s.group] = append(rows, parts[s.group][:n]...), parts[s.group][n:]
	}
	rows = rows[min(inside, int64(len(rows))):]
	return rows[:min(limit, len(rows))], nil
}
