package exceptions

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/reports"
)

// finder finds the devices and groups that a request names, among those that its caller sees.
type finder struct {
	store  *store.Store
	r      *edge.Request
	groups map[int64]string // those that the caller sees
	known  map[[2]string]except.Scope
	seen   map[string]bool // devices, by id
	named  int             // how many devices were looked for by name
}

// maxNamed is how many devices a request may name by their names: each is looked for among all.
const maxNamed = 1000

func newFinder(s *store.Store, r *edge.Request) (*finder, error) {
	all, err := s.Organizations.GroupNames(r.Context(), r.Caller.Organization)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(group int64, _ string) bool { return !r.Caller.Sees(group) })
	f := &finder{store: s, r: r, groups: all, known: map[[2]string]except.Scope{},
		seen: map[string]bool{}}
	return f, nil
}

// scope returns the scope of a device and a group, names or ids; both may be empty. A caller that does not
// see all groups gets one of its groups, or an error.
func (f *finder) scope(device, group string) (s except.Scope, err error) {
	key := [2]string{device, group}
	if known, ok := f.known[key]; ok {
		return known, nil
	}
	if group != "" {
		number, err := f.group(group)
		if err != nil {
			return s, err
		}
		s.Group = &number
	}
	if device != "" {
		found, err := f.device(device)
		if err != nil {
			return s, err
		}
		s.Device = found.ID
		if s.Group == nil && !f.r.Caller.AllGroups {
			s.Group = &found.Group
		}
	}
	if s.Group == nil && !f.r.Caller.AllGroups {
		if len(f.groups) != 1 {
			return s, edge.Invalid("group: is missing: you see some RBAC groups alone, so name one of them, or a device")
		}
		for number := range f.groups {
			s.Group = &number
		}
	}
	f.known[key] = s
	return s, nil
}

// group returns the number of a group that the caller sees. Of others it says what it says of one that does
// not exist.
func (f *finder) group(name string) (int64, error) {
	for number, own := range f.groups {
		if rbac.IsNamed(number, own, name) {
			return number, nil
		}
	}
	if number, err := strconv.ParseInt(name, 10, 64); err == nil {
		if _, ok := f.groups[number]; ok {
			return number, nil
		}
	}
	return 0, edge.NotFound("no group %q", edge.Clip(name))
}

// deviceID is the form of a device's id: contract.md, section 4.
var deviceID = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)

// device returns a device that the caller sees, by id or whole name.
func (f *finder) device(name string) (found reports.Device, err error) {
	missing := edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "no device %q", edge.Clip(name))
	ctx, org := f.r.Context(), f.r.Caller.Organization
	if deviceID.MatchString(name) {
		found, _, _, err = f.store.Reports.LoadUpTo(ctx, org, strings.ToLower(name), 0)
		if errors.Is(err, database.ErrNotFound) || err == nil && !f.r.Caller.Sees(found.Group) {
			return found, missing
		}
		return found, err
	}
	if f.named++; f.named > maxNamed {
		return found, edge.Invalid("more than %d devices are named by their names: give their ids", maxNamed)
	}
	const most = 1000
	all, err := f.store.Reports.ListDevices(ctx, org, reports.DeviceFilter{Name: name,
		AllGroups: f.r.Caller.AllGroups, Groups: f.r.Caller.Groups}, most)
	if err != nil {
		return found, err
	}
	n := 0
	for i := range all {
		if strings.EqualFold(all[i].Name, name) {
			found = all[i]
			n++
		}
	}
	switch {
	case n == 0:
		return found, missing
	case n > 1 || len(all) == most:
		return found, edge.Invalid("device: several may have the name %q: give its id", edge.Clip(name))
	}
	return found, nil
}

// sees tells whether the caller may see an exception: one of all groups concerns everyone's devices, and one of a
// device is shown to those who see it.
func (f *finder) sees(s except.Scope) bool {
	if f.r.Caller.AllGroups {
		return true
	}
	if s.Group != nil {
		_, ok := f.groups[*s.Group]
		return ok
	}
	if s.Device == "" {
		return true
	}
	seen, ok := f.seen[s.Device]
	if !ok {
		_, err := f.device(s.Device)
		seen = err == nil
		f.seen[s.Device] = seen
	}
	return seen
}

// owns tells whether the caller may change an exception that it sees.
func (f *finder) owns(s except.Scope) bool {
	return f.r.Caller.AllGroups || s.Group != nil && f.sees(s)
}
