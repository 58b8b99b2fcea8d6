package answers

import (
	"maps"
	"slices"
	"strconv"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/organization"
)

// AllGroups says that a request is about all groups that the caller sees.
const AllGroups = -1

// Groups returns the names of the groups that the caller of a request sees, by number, and the one of them that
// a parameter has by name, in any case, or by number; AllGroups if it is absent. Of a group that the caller does
// not see it says what it says of one that does not exist.
func Groups(r *edge.Request, of *organization.Store, p edge.Parameter) (names map[int64]string, only int64, err error) {
	names, err = of.GroupNames(r.Context(), r.Caller.Organization)
	if err != nil {
		return nil, 0, err
	}
	maps.DeleteFunc(names, func(id int64, _ string) bool { return !r.Caller.Sees(id) })
	wanted, found := r.Query.Text(p), false
	only = AllGroups
	for _, id := range slices.Sorted(maps.Keys(names)) {
		if wanted != "" && (rbac.IsNamed(id, names[id], wanted) || !found && strconv.FormatInt(id, 10) == wanted) {
			only, found = id, true
		}
	}
	if wanted != "" && !found {
		return nil, 0, edge.NotFound("no group %q", edge.Clip(wanted))
	}
	return names, only, nil
}
