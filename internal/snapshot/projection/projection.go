package projection

import (
	"slices"
	"strings"
	"sync"
)

// Projection is the content of one range.
type Projection struct {
	Head
	// Devices are in order of id.
	Devices []Device

	// releases has a list of devices for each release, outcomes OutcomeCount lists for each
	// configuration.
	releases, outcomes lists

	once       sync.Once
	transposed Transposed
}

// Transposed says what each device has.
type Transposed struct {
	releases, judged []uint32
	releaseEnds      []uint32 // by device
	judgedEnds       []uint32
	outcomes         []Outcome
}

// Judged is the outcome of a configuration, by its place in the head.
type Judged struct {
	Configuration uint32
	Outcome       Outcome
}

// Releases returns the releases of a device, ascending: in the order of its rows.
func (t *Transposed) Releases(device int) []uint32 {
	from, to := span(t.releaseEnds, device)
	return t.releases[from:to]
}

// Judged returns the outcomes of a device, by configuration.
func (t *Transposed) Judged(device int) []Judged {
	from, to := span(t.judgedEnds, device)
	all := make([]Judged, 0, to-from)
	for i := from; i < to; i++ {
		all = append(all, Judged{t.judged[i], t.outcomes[i]})
	}
	return all
}

func span(ends []uint32, n int) (from, to uint32) {
	if n > 0 {
		from = ends[n-1]
	}
	return from, ends[n]
}

// Transposed returns what each device has. It is computed once.
func (p *Projection) Transposed() *Transposed {
	p.once.Do(func() {
		t := &p.transposed
		t.releases, t.releaseEnds = transpose(len(p.Releases), len(p.Devices), p.releases.each)
		var lists []uint32
		lists, t.judgedEnds = transpose(len(p.Configurations)*OutcomeCount, len(p.Devices), p.outcomes.each)
		t.judged, t.outcomes = lists, make([]Outcome, len(lists))
		for i, n := range lists {
			lists[i], t.outcomes[i] = n/OutcomeCount, Outcome(n%OutcomeCount)
		}
	})
	return &p.transposed
}

// transpose makes of lists of devices the lists of each device, one after the other, and their ends.
func transpose(lists, devices int, each func(int, func(uint32))) (all, ends []uint32) {
	ends = make([]uint32, devices)
	for n := range lists {
		each(n, func(d uint32) { ends[d]++ })
	}
	next, sum := make([]uint32, devices), uint32(0)
	for d := range ends {
		next[d] = sum
		sum += ends[d]
		ends[d] = sum
	}
	all = make([]uint32, sum)
	for n := range lists {
		each(n, func(d uint32) {
			all[next[d]] = uint32(n)
			next[d]++
		})
	}
	return all, ends
}

// Weight returns about how much memory the projection takes, in bytes, with its transposed form.
func (p *Projection) Weight() int64 {
	const perEntry = 5
	n := p.Head.Weight() + int64(len(p.releases.data)+len(p.outcomes.data))*perEntry
	return n + int64(len(p.Devices))*DeviceWeight
}

// ListsWeight returns about how much memory its lists take, in bytes.
func (p *Projection) ListsWeight() int64 {
	return 300 + int64(len(p.releases.data)+len(p.outcomes.data)+4*len(p.releases.ends)+4*len(p.outcomes.ends))
}

// DeviceWeight is about how much memory a device takes, in bytes.
const DeviceWeight = 400

// Weight returns about how much memory the head takes, in bytes.
func (h *Head) Weight() int64 {
	const finding, release, configuration, cve, product = 300, 200, 300, 40, 60
	n := int64(len(h.Findings)*finding + len(h.Releases)*release + len(h.Configurations)*configuration +
		len(h.CVEs)*cve + len(h.Products)*product)
	for i := range h.Releases {
		n += int64(cap(h.Releases[i].Findings)) * 4
	}
	return n
}

// Find returns the number of the device, or where it would be inserted.
func (p *Projection) Find(id string) (int, bool) {
	return slices.BinarySearchFunc(p.Devices, id, func(d Device, id string) int { return strings.Compare(d.ID, id) })
}
