package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
)

// snapshots reads the newest snapshots. An organization without a snapshot has no values.
type snapshots struct {
	published     *publication.Store
	organizations *organization.Store
	publisher     *generation.Publisher
	answers       *answer.Answers
}

var (
	snapshotNumber    = ofSnapshot("snapshot_number", "Number of the newest snapshot.")
	snapshotGenerated = ofSnapshot("snapshot_generated_timestamp_seconds", "When the newest snapshot was published.")
	snapshotDuration  = ofSnapshot("generation_duration_seconds",
		"Time from the begin of the newest snapshot's generation until it was published.")

	coveredDevices = ofSnapshot("coverage_devices",
		"Devices of the newest snapshot, by how far they were assessed and why not.", "state", "reason")
	coveredSoftware = ofSnapshot("coverage_software",
		"Pieces of software on these devices, by how far they were assessed and why not.", "state", "reason")
)

// newest calls use with the newest snapshot of each organization that has one.
func (s *snapshots) newest(ctx context.Context, v *view,
	use func(ctx context.Context, organization string, n publication.Snapshot) error) error {
	return v.each(ctx, func(ctx context.Context, id string) error {
		n, err := s.published.Latest(ctx, id)
		switch {
		case errors.Is(err, database.ErrNotFound):
			return nil
		case err != nil:
			return fmt.Errorf("finding the newest snapshot: %w", err)
		}
		return use(ctx, id, n)
	})
}

func (s *snapshots) collector() collector {
	return collector{name: "snapshots", about: []gauge{snapshotNumber, snapshotGenerated, snapshotDuration},
		read: func(ctx context.Context, v *view, out *values) error {
			return s.newest(ctx, v, func(_ context.Context, id string, n publication.Snapshot) error {
				out.set(snapshotNumber, float64(n.Number), id)
				out.set(snapshotGenerated, float64(n.Generated.Unix()), id)
				out.set(snapshotDuration, n.Generated.Sub(n.Begun).Seconds(), id)
				return nil
			})
		}}
}

// coverage tells how far devices were assessed. A snapshot of a program that did not count it has
// no values.
func (s *snapshots) coverage() collector {
	return collector{name: "coverage", about: []gauge{coveredDevices, coveredSoftware, checksSaid, checksSilent},
		read: func(ctx context.Context, v *view, out *values) error {
			return s.newest(ctx, v, func(_ context.Context, id string, n publication.Snapshot) error {
				totals, err := s.totals(v, n)
				if err != nil || totals.Coverage == nil {
					return err
				}
				out.checks(totals.Coverage.Checks, id)
				for _, one := range totals.Coverage.Devices {
					out.set(coveredDevices, float64(one.Count), id, one.State, one.Reason)
				}
				for _, one := range totals.Coverage.Software {
					out.set(coveredSoftware, float64(one.Count), id, one.State, one.Reason)
				}
				return nil
			})
		}}
}

// totals returns the sums of a snapshot in the caller's groups. Those of all groups are in the
// database.
func (s *snapshots) totals(v *view, n publication.Snapshot) (t counts.Snapshot, err error) {
	if v.whole {
		if err := json.Unmarshal([]byte(n.Manifest.Totals), &t); err != nil {
			return t, fmt.Errorf("reading the sums of snapshot %d: %w", n.Number, err)
		}
		return t, nil
	}
	m, err := s.manifest(n)
	if err != nil {
		return t, err
	}
	return m.Totals(v.groups), nil
}

func (s *snapshots) manifest(n publication.Snapshot) (*snapshot.Manifest, error) {
	m, err := s.publisher.Manifest(n)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest of snapshot %d: %w", n.Number, err)
	}
	return m, nil
}
