package monitor

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

var (
	findings = ofSnapshot("findings", "Findings of the newest snapshot, by RBAC group, severity and whether an exploit is "+
		"known. Group \"\" sums up the groups that have no metrics of their own.", "group", "severity", "exploited")
	devices = ofSnapshot("devices", "Devices of the newest snapshot, by RBAC group and by how far they were assessed.",
		"group", "state")
	devicesHidden = ofSnapshot("devices_hidden", "Devices that exports leave out because they were not seen for so long.")
)

// stateUnknown is the state of devices of an older program, of which coverage is not known.
const stateUnknown = "unknown"

// tally sums up the devices of a group.
type tally struct {
	devices int64
	covered coverage.Sum
	// severities counts findings, exploited those with a known exploit. unknown counts findings of
	// which that is not known.
	severities, exploited, unknown counts.Severities
}

func (t *tally) add(other *tally) {
	t.devices += other.devices
	t.severities.Add(other.severities)
	t.exploited.Add(other.exploited)
	t.unknown.Add(other.unknown)
	t.covered.AddSum(&other.covered)
}

// findings tells how many findings and devices groups have.
func (s *snapshots) findings() collector {
	return collector{name: "findings", about: []gauge{findings, devices, devicesHidden},
		read: func(ctx context.Context, v *view, out *values) error {
			left, omitted := maxAllGroups, 0
			err := s.newest(ctx, v, func(ctx context.Context, id string, n publication.Snapshot) error {
				groups, hidden, err := s.sumUp(ctx, n, v)
				if err != nil {
					return err
				}
				names, err := s.organizations.GroupNames(ctx, id)
				if err != nil {
					return err
				}
				shown, rest := largest(groups, min(maxGroups, left))
				left -= len(shown)
				omitted += rest
				for number, t := range shown {
					t.tell(out, id, nameOf(number, names))
				}
				if v.whole {
					out.set(devicesHidden, float64(hidden), id)
				}
				return nil
			})
			out.set(metricsOmitted, float64(omitted), "groups")
			return err
		}}
}

// sumUp counts the groups of a snapshot that a caller sees, and the hidden devices. For a snapshot of
// an older program exploits are not known.
func (s *snapshots) sumUp(ctx context.Context, n publication.Snapshot, v *view) (
	groups map[int64]*tally, hidden int64, err error) {
	m, err := s.manifest(n)
	if err != nil {
		return nil, 0, err
	}
	groups, hidden = sumUp(m, v)
	known, err := s.answers.Of(m, v.groups).Groups(ctx)
	if errors.Is(err, answer.ErrUnavailable) {
		for _, t := range groups {
			t.unknown, t.severities = t.severities, counts.Severities{}
		}
		return groups, hidden, nil
	}
	for _, g := range known {
		groups[g.ID].exploited = g.Exploited
	}
	return groups, hidden, err
}

// sumUp counts the groups of a snapshot that a caller sees, and the hidden devices.
func sumUp(m *snapshot.Manifest, v *view) (groups map[int64]*tally, hidden int64) {
	groups = map[int64]*tally{}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		switch {
		case r.Group == rbac.HiddenGroup:
			hidden += r.Devices
			continue
		case !v.sees(r.Group):
			continue
		case groups[r.Group] == nil:
			groups[r.Group] = &tally{}
		}
		groups[r.Group].add(&tally{devices: r.Devices, severities: r.Severities, covered: r.Coverage})
	}
	return groups, hidden
}

// unnamed is the group that sums up those without metrics of their own. No group has its number,
// and none is called "".
const unnamed = rbac.HiddenGroup

// largest returns the groups with the most devices, and the sum of the others as unnamed; rest is
// how many these are.
func largest(all map[int64]*tally, most int) (shown map[int64]*tally, rest int) {
	if len(all) <= most {
		return all, 0
	}
	shown = map[int64]*tally{unnamed: {}}
	for i, group := range byMost(all, func(t *tally) int64 { return t.devices }) {
		if i < most {
			shown[group] = all[group]
		} else {
			shown[unnamed].add(all[group])
		}
	}
	return shown, len(all) - most
}

// byMost lists groups, those with the most of something first.
func byMost[T any, N cmp.Ordered](groups map[int64]T, of func(T) N) []int64 {
	return slices.SortedFunc(maps.Keys(groups), func(a, b int64) int {
		return cmp.Or(cmp.Compare(of(groups[b]), of(groups[a])), cmp.Compare(a, b))
	})
}

// nameOf returns the name of a group.
func nameOf(number int64, names map[int64]string) string {
	if number == unnamed {
		return ""
	}
	return cmp.Or(names[number], strconv.FormatInt(number, 10))
}

// bySeverity are the counts by the names that metrics give severities.
func bySeverity() map[string]func(*counts.Severities) int64 {
	return map[string]func(*counts.Severities) int64{
		"critical": func(s *counts.Severities) int64 { return s.Critical },
		"high":     func(s *counts.Severities) int64 { return s.High },
		"medium":   func(s *counts.Severities) int64 { return s.Medium },
		"low":      func(s *counts.Severities) int64 { return s.Low },
		"unrated":  func(s *counts.Severities) int64 { return s.Unrated },
	}
}

// tell adds the values of a group.
func (t *tally) tell(out *values, organization, group string) {
	for severity, of := range bySeverity() {
		n, exploited, unknown := of(&t.severities), of(&t.exploited), of(&t.unknown)
		out.set(findings, float64(exploited), organization, group, severity, "true")
		out.set(findings, float64(n-exploited), organization, group, severity, "false")
		if unknown > 0 {
			out.set(findings, float64(unknown), organization, group, severity, "unknown")
		}
	}
	states := map[string]int64{coverage.Assessed.String(): 0, coverage.Partly.String(): 0,
		coverage.NotAssessed.String(): 0, stateUnknown: t.devices - t.covered.Devices.Sum()}
	for _, one := range t.covered.Devices {
		states[one.State.String()] += one.N
	}
	for state, n := range states {
		out.set(devices, float64(n), organization, group, state)
	}
}
