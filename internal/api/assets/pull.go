package assets

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/score"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// calls has what the calls use.
type calls struct {
	store         *publication.Store
	devices       *reports.Store
	organizations *organization.Store
	publisher     *generation.Publisher
	library       *library.Library
	answers       *answer.Answers
	keys          *auth.Keyring
	origins       *edge.Origins
	gate          *edge.Gate
	pins          pins
	orders        *orders
	maxSifted     int64
	clock         func() time.Time
}

// source is what a request is answered from.
type source struct {
	*edge.Request
	calls *calls
	// taken is the snapshot; a zero one if none was published.
	taken publication.Snapshot
	view  *answer.View
	// groups are the names of RBAC groups.
	groups map[int64]string
	// alone: the organization has no RBAC groups.
	alone bool
}

// newest returns the source of a request that continues no other one.
func (c *calls) newest(r *edge.Request) (*source, error) {
	taken, err := c.store.Latest(r.Context(), r.Caller.Organization)
	if errors.Is(err, database.ErrNotFound) {
		taken, err = publication.Snapshot{}, nil
	}
	if err != nil {
		return nil, err
	}
	return c.of(r, taken)
}

// of returns the source of a request in a snapshot.
func (c *calls) of(r *edge.Request, taken publication.Snapshot) (*source, error) {
	m := new(snapshot.Manifest)
	if taken.Number != 0 {
		var err error
		if m, err = c.publisher.Manifest(taken); err != nil {
			return nil, err
		}
	}
	s := &source{Request: r, calls: c, taken: taken, view: c.answers.Of(m, r.Caller.Visible())}
	return s, s.readGroups(r.Context())
}

// readGroups reads the names of the groups.
func (s *source) readGroups(ctx context.Context) error {
	var err error
	s.groups, err = s.calls.organizations.GroupNames(ctx, s.Caller.Organization)
	s.alone = s.groups[0] == defender.GroupNone
	return err
}

// resume returns the source of a request that continues at a place.
func (c *calls) resume(r *edge.Request, o *options, at place) (*source, error) {
	if at.number == 0 {
		return c.of(r, publication.Snapshot{})
	}
	taken, err := c.store.Snapshot(r.Context(), r.Caller.Organization, at.number)
	if errors.Is(err, database.ErrNotFound) || err == nil && !taken.Continues(at.mark) {
		return nil, gone(o)
	}
	if err != nil {
		return nil, err
	}
	return c.of(r, taken)
}

// gone refuses to go on in a snapshot that is no longer kept, in the words of what the client sent.
func gone(o *options) error {
	if o.token == "" {
		return edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
			"the snapshot in which this list was begun is no longer kept: begin again with $skip=0")
	}
	return edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
		"the snapshot of $skiptoken is no longer kept: start the pull again")
}

// begin returns the source of a page, and the place where the page before it ended, as far as that is
// known. listed names the list, whose options are o.
func (c *calls) begin(r *edge.Request, o *options, listed string) (*source, place, error) {
	if o.token != "" {
		at, err := openPlace(c.keys, binding(&r.Caller, listed), o.token)
		if errors.Is(err, errToken) {
			return nil, place{}, wrong("$skiptoken is damaged, or is from another list: use it unchanged from a nextLink")
		}
		if err != nil {
			return nil, place{}, err
		}
		s, err := c.resume(r, o, at)
		return s, at, err
	}
	if o.skip > 0 {
		at, err := c.pins.at(r.Context(), publication.Pull{Caller: r.Caller.Key(), List: listed}, c.clock())
		if err != nil {
			return nil, place{}, err
		}
		if at.number != 0 {
			s, err := c.resume(r, o, at)
			return s, at, err
		}
	}
	s, err := c.newest(r)
	if err != nil {
		return nil, place{}, err
	}
	return s, placeIn(s.taken), nil
}

// listName names a list: its path in lower case, the scope that it shows, and what the client asked of it.
func listName(r *edge.Request, asked string) string {
	path := strings.ToLower(r.URL.Path)
	return strings.Replace(path, "/api/v1.0/", "/api/", 1) + "\x00" + r.Caller.Scope() + "\x00" + asked
}

// scope returns the snapshot as the caller sees it.
func (s *source) scope() scope {
	return scope{s.Caller.Organization, s.taken.Number, s.taken.Mark(), s.Caller.Scope()}
}

// order returns the order of the devices by id.
func (s *source) order(ctx context.Context) (*order, error) {
	return s.calls.orders.of(ctx, s.scope(), s.view)
}

// byGroup returns the exposures of the groups that the caller sees, by their numbers.
func (s *source) byGroup(ctx context.Context) (groups []int64, exposures []score.Fleet, err error) {
	all, err := answer.FleetOf(s.view).Exposures(ctx)
	groups = slices.Sorted(maps.Keys(all))
	for _, g := range groups {
		exposures = append(exposures, all[g])
	}
	return groups, exposures, err
}

// fleet returns the exposure of all devices that the caller sees.
func (s *source) fleet(ctx context.Context) (score.Fleet, error) {
	var fleet score.Fleet
	_, exposures, err := s.byGroup(ctx)
	for _, e := range exposures {
		fleet.Join(e)
	}
	return fleet, err
}
