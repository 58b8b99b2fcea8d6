package answer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// ErrUnavailable is wrapped by every answer about a range without a projection: an older program made
// it, and the next generation gives it one.
var ErrUnavailable = errors.New("not available for this snapshot: an older program made it; the next one has it")

// maxRemembered bounds the cache of heads, devices and projections, in bytes: of 100,000 devices with 260 findings each
// it has the heads and the devices of all ranges.
const maxRemembered = 192 << 20

// maxHeld bounds what is remembered of who has what in a list that is read page by page, in bytes: some ranges, since
// each list is in one of them.
const maxHeld = 16 << 20

// Answers answers questions about snapshots. It is safe for concurrent use.
type Answers struct {
	files *snapshot.Files
	cache *cache.Cache
	held  *cache.Cache
}

// New returns Answers from files, with empty caches.
func New(files *snapshot.Files) *Answers {
	return &Answers{files, cache.New(maxRemembered), cache.New(maxHeld)}
}

// View is one snapshot in one scope.
type View struct{ *scope }

// scope is what a View reads.
type scope struct {
	answers *Answers
	m       *snapshot.Manifest
	ranges  []*snapshot.Range // in scope, with devices
	groups  func(int64) bool
}

// Of returns the view of a snapshot for the groups that a caller may see; nil for all.
func (a *Answers) Of(m *snapshot.Manifest, groups func(group int64) bool) *View {
	v := &View{&scope{answers: a, m: m, groups: groups}}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if r.Devices > 0 && sees(groups, r.Group) {
			v.ranges = append(v.ranges, r)
		}
	}
	return v
}

// Only returns the view of some groups, as far as they are in scope.
func (v *View) Only(groups ...int64) *View {
	return v.answers.Of(v.m, func(g int64) bool { return slices.Contains(groups, g) && (v.groups == nil || v.groups(g)) })
}

// sees reports whether a group is in the scope of groups; nil is all.
func sees(groups func(int64) bool, group int64) bool {
	return group != rbac.HiddenGroup && (groups == nil || groups(group))
}

// Manifest returns the snapshot's manifest.
func (v *View) Manifest() *snapshot.Manifest { return v.m }

// Totals sums up the snapshot. It reads no file and is always available.
func (v *View) Totals() counts.Snapshot { return v.m.Totals(v.groups) }

// Available returns an error that wraps ErrUnavailable if a range has no projection.
func (v *scope) Available() error {
	for _, r := range v.ranges {
		if _, err := projected(r); err != nil {
			return err
		}
	}
	return nil
}

// projected returns the file of a range's projection.
func projected(r *snapshot.Range) (snapshot.File, error) {
	x, err := r.Full()
	if err == nil && x.Projection.Path == "" {
		err = ErrUnavailable
	}
	if err != nil {
		return snapshot.File{}, fmt.Errorf("group %d from device %q: %w", r.Group, r.Lo, err)
	}
	return x.Projection, nil
}

// read reads what is wanted of a range's projection, through the cache.
func read[V interface{ Weight() int64 }](a *Answers, r *snapshot.Range, what string,
	of func(*projection.File) (V, error)) (V, error) {
	return once(a, r, what, func() (V, error) { return readNow(a, r, of) })
}

// readNow reads what is wanted of a range's projection from its file.
func readNow[V any](a *Answers, r *snapshot.Range, of func(*projection.File) (V, error)) (v V, err error) {
	file, err := projected(r)
	if err != nil {
		return v, err
	}
	err = a.open(file, func(f *projection.File) (err error) {
		v, err = of(f)
		return err
	})
	return v, err
}

// once remembers what follows from a range's projection.
func once[V interface{ Weight() int64 }](a *Answers, r *snapshot.Range, what string,
	of func() (V, error)) (v V, err error) {
	file, err := projected(r)
	if err != nil {
		return v, err
	}
	return cache.Once(a.cache, cache.Key{Name: file.Path, Sum: file.SHA256, What: what}, func() (V, int64, error) {
		v, err := of()
		if err != nil {
			return v, 0, err
		}
		return v, v.Weight(), nil
	})
}

// open opens the file of a projection. Its sections are checked when they are read.
func (a *Answers) open(file snapshot.File, use func(*projection.File) error) error {
	opened, err := a.files.Open(file.Path)
	if err != nil {
		return a.files.Damaged(file, err.Error())
	}
	defer opened.Close()
	f, err := projection.Open(opened, file.Bytes)
	if err == nil {
		err = use(f)
	}
	if errors.Is(err, projection.ErrForm) || errors.Is(err, io.EOF) {
		return a.files.Damaged(file, err.Error())
	}
	return err
}

func (v *scope) head(r *snapshot.Range) (*projection.Head, error) {
	return read(v.answers, r, "head", (*projection.File).Head)
}

func (v *scope) projection(r *snapshot.Range) (*projection.Projection, error) {
	h, err := v.head(r)
	if err != nil {
		return nil, err
	}
	devices, err := v.roster(r)
	if err != nil {
		return nil, err
	}
	all, err := read(v.answers, r, "projection", func(f *projection.File) (having, error) {
		p, err := f.With(h, devices)
		return having{p}, err
	})
	return all.Projection, err
}

// having is a projection whose head and devices are remembered by themselves.
type having struct{ *projection.Projection }

// Weight returns about how much memory it takes, in bytes.
func (h having) Weight() int64 { return h.ListsWeight() }

// roster are the devices of a range, without what they have.
type roster []projection.Device

// Weight returns about how much memory it takes, in bytes.
func (r roster) Weight() int64 { return projection.DeviceWeight * int64(len(r)) }

// find returns the number of a device.
func (r roster) find(id string) (int, bool) {
	return slices.BinarySearchFunc(r, id, func(d projection.Device, id string) int { return strings.Compare(d.ID, id) })
}

func (v *scope) roster(r *snapshot.Range) (roster, error) {
	return read(v.answers, r, "devices", func(f *projection.File) (roster, error) {
		all, err := f.Devices()
		if err == nil && int64(len(all)) != r.Devices {
			err = fmt.Errorf("%d devices, want %d: %w", len(all), r.Devices, projection.ErrForm)
		}
		return all, err
	})
}

// Page is a part of a list: at most Limit rows after the first Skip.
type Page struct {
	Skip  int64
	Limit int
}

// List is a page of a list.
type List[T any] struct {
	Rows []T
	// Total is how many rows the whole list has; -1 if only a scan would tell.
	Total int64
	// Next is the Skip of the next page; -1 at the end.
	Next int64
}

// Device is a device with its group.
type Device struct {
	Group int64
	*projection.Device
}

// Devices lists the devices by group and id.
func (v *View) Devices(ctx context.Context, p Page) (l List[Device], err error) {
	if err := v.Available(); err != nil {
		return l, err
	}
	skip := p.Skip
	for _, r := range v.ranges {
		l.Total += r.Devices
		if skip >= r.Devices || len(l.Rows) >= p.Limit {
			skip = max(0, skip-r.Devices)
			continue
		}
		if err := ctx.Err(); err != nil {
			return l, err
		}
		known, err := v.roster(r)
		if err != nil {
			return l, err
		}
		for i := int(skip); i < len(known) && len(l.Rows) < p.Limit; i++ {
			l.Rows = append(l.Rows, Device{r.Group, &known[i]})
		}
		skip = 0
	}
	l.Next = next(p.Skip+int64(len(l.Rows)), l.Total)
	return l, nil
}

// next returns where the next page of a list begins.
func next(at, total int64) int64 {
	if at < total {
		return at
	}
	return -1
}

// found is a device in its range.
type found struct {
	*snapshot.Range
	*projection.Projection
	device int
}

// locate finds the range and the number of a device by its id; nil if no group of the scope has it. It costs the
// devices of a range of each group: whoever knows the group asks Only of it.
func (v *scope) locate(ctx context.Context, id string) (*snapshot.Range, int, error) {
	if err := v.Available(); err != nil {
		return nil, 0, err
	}
	for _, r := range v.ranges {
		if id < r.Lo || r.Hi != "" && id >= r.Hi {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		known, err := v.roster(r)
		if err != nil {
			return nil, 0, err
		}
		if i, ok := known.find(id); ok {
			return r, i, nil
		}
	}
	return nil, 0, nil
}

// find finds a device by its id, as locate, with what it has.
func (v *scope) find(ctx context.Context, id string) (*found, error) {
	r, i, err := v.locate(ctx, id)
	if err != nil || r == nil {
		return nil, err
	}
	p, err := v.projection(r)
	if err != nil {
		return nil, err
	}
	return &found{r, p, i}, nil
}

// Device returns a device by its id; false if the scope does not have it.
func (v *View) Device(ctx context.Context, id string) (Device, bool, error) {
	r, i, err := v.locate(ctx, id)
	if err != nil || r == nil {
		return Device{}, false, err
	}
	known, err := v.roster(r)
	if err != nil {
		return Device{}, false, err
	}
	return Device{r.Group, &known[i]}, true, nil
}
