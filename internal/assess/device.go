package assess

import (
	"fmt"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/row"
)

// Device makes the rows of one device. Unreadable rows of the snapshot before are an error.
func (a *Assessor) Device(in Input, out *Output) error {
	*out = Output{Rows: out.Rows, Components: out.Components[:0], Made: out.Made, Opened: emptied(out.Opened),
		Before: emptied(out.Before)}
	out.Rows.Reset()
	out.Made.reset()
	if err := a.history.read(in.Old, out.Before); err != nil {
		return fmt.Errorf("reading the rows of the snapshot before: %w", err)
	}
	w := writer{out: out, device: in.Device.Piece(), seen: row.NewTimestamp(in.LastSeen), max: a.settings.MaxRows,
		place: except.Place{Device: in.Device.ID, Group: in.Device.GroupID}}
	a.software(in.Report, &w)
	a.configuration(in.Report, &w)
	var err error
	out.Profile.Key = benchmark.Profile(in.Report)
	out.Profile.Fingerprint, err = a.Checks(out.Profile.Key)
	return err
}

// Fingerprint returns the fingerprint of the verdict on a component, by its key.
func (a *Assessor) Fingerprint(key string) ([16]byte, error) {
	component, err := ParseComponentKey(key)
	if err != nil {
		return [16]byte{}, err
	}
	return a.catalog.Verdict(component).Fingerprint, nil
}

// maxProfiles bounds the memory for profiles, in bytes.
const maxProfiles = 4 << 20

// Checks returns the fingerprint of the checks that can speak of devices with a profile, by its key.
func (a *Assessor) Checks(profile string) ([16]byte, error) {
	if sum, ok := a.profiles[profile]; ok {
		return sum, nil
	}
	sum, err := a.benchmark.Fingerprint(profile)
	if err != nil {
		return sum, fmt.Errorf("choosing checks: %w", err)
	}
	const one = 100
	if a.profiled += len(profile) + one; a.profiled > maxProfiles {
		clear(a.profiles)
		a.profiled = len(profile) + one
	}
	a.profiles[profile] = sum
	return sum, nil
}
