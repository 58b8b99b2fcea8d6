package monitor

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/organization"
)

const (
	// maxOrganizations is how many organizations have metrics of their own: the first by age.
	maxOrganizations = 1000
	// maxGroups is how many groups of one organization have metrics of their own: those with the
	// most devices. maxAllGroups is the same for all organizations together.
	maxGroups, maxAllGroups = 100, 2000
)

// view is what one caller may see.
type view struct {
	// server: the metrics of the server, and of all organizations.
	server bool
	// whole: all groups of the organizations.
	whole         bool
	groups        func(group int64) bool // nil: all
	organizations []string
	// omitted is how many organizations are left out.
	omitted int
	// err says why the organizations could not be read.
	err error
}

// viewOf returns what a caller may see.
func viewOf(ctx context.Context, all *organization.Store, c *auth.Caller) view {
	v := view{whole: c.AllGroups, groups: c.Visible(), organizations: []string{c.Organization}}
	v.server = c.AllGroups && c.Organization == organization.Default
	if !v.server {
		return v
	}
	found, err := all.All(ctx)
	if v.err = err; err != nil {
		v.organizations = nil
		return v
	}
	v.omitted = max(0, len(found)-maxOrganizations)
	v.organizations = v.organizations[:0]
	for _, o := range found[:len(found)-v.omitted] {
		v.organizations = append(v.organizations, o.ID)
	}
	return v
}

// sees tells whether the groups of the caller include a group.
func (v *view) sees(group int64) bool { return v.groups == nil || v.groups(group) }

// each reads the values of each organization. An organization that fails does not keep others from
// being read.
func (v *view) each(ctx context.Context, read func(ctx context.Context, organization string) error) error {
	all := v.err
	for _, id := range v.organizations {
		if err := read(ctx, id); err != nil {
			all = errors.Join(all, fmt.Errorf("organization %q: %w", id, err))
		}
		if ctx.Err() != nil {
			return errors.Join(all, ctx.Err())
		}
	}
	return all
}
