package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/api/answers"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/covered"
	"github.com/muster-project/muster/internal/snapshot/tallied"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

var (
	coveredState = edge.TakesText("state",
		"only devices with this state: notAssessed, partly or assessed; else all that are not wholly assessed")
	coveredReason = edge.TakesText("reason", "only devices with this principal reason, such as noDistributionFeed")
	coveredGroup  = edge.TakesText("group", "only devices of this RBAC group, by name or number")
	coveredAfter  = edge.TakesText("after", "continue after the page whose next this is")
	coveredLimit  = edge.TakesNumber("limit", 100, 1, 1000, "devices of a reply, at most")

	showsCoverage = edge.Description{
		Summary: "How far the devices of the newest snapshot were assessed, by reason and RBAC group",
		Query:   []edge.Parameter{coveredGroup, answers.Pinned},
		Gives:   []edge.Payload{edge.JSONOf[control.Coverage](http.StatusOK, "counts, and the feeds of the snapshot's catalog")},
		Fails:   []int{http.StatusNotFound, http.StatusGone},
	}
	listsCovered = edge.Description{
		Summary: "The devices of the newest snapshot that were not, or only partly, assessed, by RBAC group and id",
		Query:   []edge.Parameter{coveredState, coveredReason, coveredGroup, coveredLimit, coveredAfter},
		Gives:   []edge.Payload{edge.JSONOf[control.CoveredDeviceList](http.StatusOK, "next is present if more follow")},
		Fails:   []int{http.StatusNotFound},
	}
)

// coverages handles the coverage of devices in the newest snapshot.
type coverages struct {
	devices       *reports.Store
	organizations *organization.Store
	snapshots     *publication.Store
	publisher     *generation.Publisher
	reader        *covered.Reader
	clock         func() time.Time
}

// newest returns the newest snapshot of an organization. The manifest is nil if there is none.
func (c *coverages) newest(ctx context.Context, org string) (s publication.Snapshot, m *snapshot.Manifest, err error) {
	s, err = c.snapshots.Latest(ctx, org)
	if errors.Is(err, database.ErrNotFound) {
		return s, nil, nil
	}
	if err == nil {
		m, err = c.publisher.Manifest(s)
	}
	return s, m, err
}

// published is newest for calls that need a snapshot.
func (c *coverages) published(r *edge.Request) (s publication.Snapshot, m *snapshot.Manifest, err error) {
	s, m, err = c.newest(r.Context(), r.Caller.Organization)
	if err == nil && m == nil {
		err = edge.NotFound("no snapshot was published yet")
	}
	return s, m, err
}

// groupsFor returns the names of the groups that a request is about: of those that the caller sees,
// the wanted one or all.
func (c *coverages) groupsFor(r *edge.Request) (map[int64]string, error) {
	names, only, err := answers.Groups(r, c.organizations, coveredGroup)
	if err == nil && only != answers.AllGroups {
		names = map[int64]string{only: names[only]}
	}
	return names, err
}

// showCoverage is GET /v1/coverage: counts of the caller's groups, and the feeds.
func (c *coverages) showCoverage(w *edge.Response, r *edge.Request) error {
	s, err := answers.Snapshot(r, c.snapshots)
	if err != nil {
		return err
	}
	m, err := c.publisher.Manifest(s)
	if err != nil {
		return err
	}
	names, err := c.groupsFor(r)
	if err != nil {
		return err
	}
	var whole coverage.Sum
	var devices int64
	reply := control.Coverage{Number: s.Number, GeneratedTime: s.Generated, Groups: []control.GroupCoverage{}}
	for from := 0; from < len(m.Ranges); { // the ranges of a group follow each other
		group, sum, n := m.Ranges[from].Group, coverage.Sum{}, int64(0)
		for ; from < len(m.Ranges) && m.Ranges[from].Group == group; from++ {
			sum.AddSum(&m.Ranges[from].Coverage)
			n += m.Ranges[from].Devices
		}
		name, ok := names[group]
		if !ok || n == 0 || group == rbac.HiddenGroup {
			continue
		}
		whole.AddSum(&sum)
		devices += n
		one := control.GroupCoverage{RBACGroupID: group, RBACGroupName: name, Coverage: *tallied.Counts(&sum, n)}
		if checks := m.Checks[group]; checks.Known() {
			sums := checks.WithoutReasons()
			one.Checks = &sums
		}
		reply.Groups = append(reply.Groups, one)
	}
	reply.Coverage, reply.Feeds = *tallied.Counts(&whole, devices), coveringFeeds(m, c.clock())
	reply.Checks = m.Checks.Sum(func(group int64) bool {
		_, named := names[group]
		return named && group != rbac.HiddenGroup
	})
	withoutChecks(r, &reply)
	return w.JSON(http.StatusOK, reply)
}

// withoutChecks takes away the counts of checks from whoever may not read settings, and puts the commonest silences
// first for others.
func withoutChecks(r *edge.Request, reply *control.Coverage) {
	if r.Caller.May(auth.ReadVulnerabilities, auth.Manage) {
		if reply.Checks != nil {
			slices.SortFunc(reply.Checks.Silences, counts.Silence.CommonFirst)
		}
		return
	}
	reply.Checks = nil
	for i := range reply.Groups {
		reply.Groups[i].Checks = nil
	}
}

// coveringFeeds lists the feeds of a snapshot's catalog with their ages.
func coveringFeeds(m *snapshot.Manifest, now time.Time) []control.CoveringFeed {
	list := []control.CoveringFeed{}
	for _, f := range m.Feeds {
		feed := control.CoveringFeed{Feed: f}
		if day, err := time.Parse(time.DateOnly, f.Day); err == nil {
			age := max(0, int64(now.UTC().Truncate(24*time.Hour).Sub(day)/(24*time.Hour)))
			feed.AgeDays = &age
		}
		list = append(list, feed)
	}
	return list
}

// lookingFor says which devices a list is about, and where it begins.
type lookingFor struct {
	state, reason string
	groups        map[int64]string
	group         int64 // continue after device id of group
	id            string
	limit         int
}

// lookFor reads the parameters of a list.
func (c *coverages) lookFor(r *edge.Request) (l lookingFor, err error) {
	if l.state = r.Query.Text(coveredState); l.state != "" {
		if _, err := coverage.ParseState(l.state); err != nil {
			return l, edge.Invalid("%v", err)
		}
	}
	if l.reason = r.Query.Text(coveredReason); l.reason != "" {
		if _, err := coverage.ParseReason(l.reason); err != nil {
			return l, edge.Invalid("%v", err)
		}
	}
	limit, err := r.Query.Number(coveredLimit)
	if err != nil {
		return l, err
	}
	l.limit = int(limit)
	if after := r.Query.Text(coveredAfter); after != "" {
		group, id, ok := strings.Cut(after, ":")
		if l.group, err = strconv.ParseInt(group, 10, 64); err != nil || !ok {
			return l, edge.Invalid("after %q is not the next of a page", edge.Clip(after))
		}
		l.id = id
	}
	l.groups, err = c.groupsFor(r)
	return l, err
}

// wants reports whether devices with a state and reason are looked for.
func (l *lookingFor) wants(s coverage.State, reason coverage.Reason) bool {
	if l.state == "" && s == coverage.Assessed || l.state != "" && s.String() != l.state {
		return false
	}
	return l.reason == "" || reason.String() == l.reason
}

// mayHave reports whether a range may have devices that are looked for.
func (l *lookingFor) mayHave(rng *snapshot.Range) bool {
	_, named := l.groups[rng.Group]
	if !named || rng.Group == rbac.HiddenGroup || rng.Group < l.group ||
		rng.Group == l.group && rng.Hi != "" && rng.Hi <= l.id {
		return false
	}
	isWanted := func(t coverage.Tally) bool { return l.wants(t.State, t.Reason) }
	return slices.ContainsFunc(rng.Coverage.Devices, isWanted) ||
		rng.Devices > rng.Coverage.Devices.Sum() && l.wants(coverage.NotAssessed, coverage.NoReason)
}

// found is a device that a list is about.
type found struct {
	group int64
	covered.Device
}

// find returns at most one device more than the limit.
func (c *coverages) find(ctx context.Context, m *snapshot.Manifest, l *lookingFor) (list []found, err error) {
	for i := range m.Ranges {
		rng := &m.Ranges[i]
		if !l.mayHave(rng) {
			continue
		}
		devices, err := c.reader.Range(ctx, rng)
		if err != nil {
			return nil, fmt.Errorf("reading coverage: %w", err)
		}
		for _, d := range devices {
			if rng.Group == l.group && d.ID <= l.id || !l.wants(d.State, d.Reason) {
				continue
			}
			if list = append(list, found{rng.Group, d}); len(list) > l.limit {
				return list, nil
			}
		}
	}
	return list, nil
}

// listCovered is GET /v1/coverage/devices: by group and id, after the parameter after. Devices that
// were removed, or moved to a group that the caller does not see, since the snapshot are left out.
func (c *coverages) listCovered(w *edge.Response, r *edge.Request) error {
	l, err := c.lookFor(r)
	if err != nil {
		return err
	}
	_, m, err := c.published(r)
	if err != nil {
		return err
	}
	list, err := c.find(r.Context(), m, &l)
	if err != nil {
		return err
	}
	reply := control.CoveredDeviceList{Devices: []control.CoveredDevice{}}
	if len(list) > l.limit {
		list = list[:l.limit]
		last := list[l.limit-1]
		reply.Next = strconv.FormatInt(last.group, 10) + ":" + last.ID
	}
	for i := range list {
		d, _, _, err := c.devices.LoadUpTo(r.Context(), r.Caller.Organization, list[i].ID, 0)
		if errors.Is(err, database.ErrNotFound) || err == nil && !r.Caller.Sees(d.Group) {
			continue
		}
		if err != nil {
			return err
		}
		reply.Devices = append(reply.Devices, control.CoveredDevice{ID: d.ID, Name: d.Name, OSPlatform: d.OSPlatform,
			OSVersion: d.OSVersion, RBACGroupID: list[i].group, DeviceCoverage: *describeCoverage(&list[i].Device.Device)})
	}
	return w.JSON(http.StatusOK, reply)
}

// of returns the coverage of a device in a snapshot, and its findings by severity; nil if the snapshot
// does not have it, does not say, or is damaged: devices can be listed without.
func (c *coverages) of(ctx context.Context, m *snapshot.Manifest,
	d *reports.Device) (*control.DeviceCoverage, *counts.Severities, error) {
	if m == nil || !d.Published || d.PublishedGroup == rbac.HiddenGroup {
		return nil, nil, nil
	}
	known, ok, err := c.reader.Of(ctx, m, d.PublishedGroup, d.ID)
	if errors.Is(err, snapshot.ErrDamaged) || err == nil && !ok {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if !known.Known() {
		return nil, &known.Findings, nil
	}
	return describeCoverage(&known.Device), &known.Findings, nil
}

func describeCoverage(d *coverage.Device) *control.DeviceCoverage {
	var one coverage.Sum
	one.Add(d)
	known := coverage.CoveredOf(d.State, d.Reason)
	return &control.DeviceCoverage{State: known.State, Reason: known.Reason, Software: tallied.Counts(&one, 1).Software,
		Feeds: append([]string{}, d.Feeds...), Wants: append([]string{}, d.Wants...)}
}
