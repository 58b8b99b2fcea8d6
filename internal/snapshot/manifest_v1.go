package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
)

// This file is all that is left of version 1 of manifests, one JSON document with every segment.
// Such manifests are read until the last of them retires, and repaired in their own version. When
// no folder has any (15 days after an upgrade), this file can be removed, with Unindexed, Adopted
// and Batch.Adopt.

type manifestV1 struct {
	Version      int       `json:"version"`
	Organization string    `json:"organization"`
	Number       int64     `json:"number"`
	Previous     int64     `json:"previous"`
	Begun        time.Time `json:"begun"`
	Catalog      string    `json:"catalog"`
	Benchmark    string    `json:"benchmark"`
	RowShape     int       `json:"rowShape"`
	Ranges       []rangeV1 `json:"ranges"`
}

type rangeV1 struct {
	Group      int64                     `json:"group"`
	Lo         string                    `json:"lo"`
	Hi         string                    `json:"hi,omitempty"`
	Devices    int64                     `json:"devices"`
	Anew       bool                      `json:"anew,omitempty"`
	Sheet      File                      `json:"sheet,omitzero"`
	Full       Parts                     `json:"full,omitempty"`
	Delta      Parts                     `json:"delta,omitempty"`
	Severities counts.Severities         `json:"severities"`
	Changes    map[string]counts.Changes `json:"changes,omitempty"`
	Unassessed []Unassessed              `json:"kept,omitempty"`
	Truncated  []Truncation              `json:"cut,omitempty"`
}

// parseV1 reads a manifest of version 1.
func parseV1(data []byte) (*Manifest, error) {
	old := new(manifestV1)
	if err := json.Unmarshal(data, old); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	m := &Manifest{Version: 1, Organization: old.Organization, Number: old.Number,
		Previous: old.Previous, Begun: old.Begun,
		Catalog: old.Catalog, Benchmark: old.Benchmark, RowShape: old.RowShape, deltas: &deltas{}}
	for i := range old.Ranges {
		made, err := old.Ranges[i].made()
		if err != nil {
			return nil, fmt.Errorf("range %d: %w", i, err)
		}
		m.Add(made)
	}
	return m, nil
}

// made returns the range in the current form.
func (r *rangeV1) made() (*Made, error) {
	if err := errors.Join(r.Full.checkV1(), r.Delta.checkV1()); err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	made := &Made{Version: 1, Delta: Delta{Parts: r.Delta, Changes: r.Changes,
		Unassessed: r.Unassessed, Truncated: r.Truncated},
		Range: Range{Group: r.Group, Lo: r.Lo, Hi: r.Hi, Devices: r.Devices, Anew: r.Anew, Severities: r.Severities}}
	made.full = &Index{Sheet: r.Sheet, Full: r.Full}
	made.count(made.full)
	return made, nil
}

func (p Parts) checkV1() error {
	for name, part := range p {
		if _, err := defender.ParseDataset(name); err != nil {
			return err
		}
		if part == nil || !part.adds() {
			return fmt.Errorf("%s: segments do not add up to their part", name)
		}
	}
	return nil
}

// bytesV1 encodes a manifest that was read in version 1, in that version.
func (m *Manifest) bytesV1() ([]byte, error) {
	old := manifestV1{Version: 1, Organization: m.Organization, Number: m.Number, Previous: m.Previous, Begun: m.Begun,
		Catalog: m.Catalog, Benchmark: m.Benchmark, RowShape: m.RowShape, Ranges: make([]rangeV1, len(m.Ranges))}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		x, err := r.Full()
		if err != nil {
			return nil, err
		}
		d, err := m.Delta(i)
		if err != nil {
			return nil, err
		}
		old.Ranges[i] = rangeV1{Group: r.Group, Lo: r.Lo, Hi: r.Hi, Devices: r.Devices, Anew: r.Anew,
			Sheet: x.Sheet, Full: x.Full,
			Delta: d.Parts, Severities: r.Severities, Changes: d.Changes, Unassessed: d.Unassessed, Truncated: d.Truncated}
	}
	data, err := json.Marshal(old)
	return append(data, '\n'), err
}

// parseMade decodes the recorded result for a completed range, in any version. A result of version
// 1 has Version 1.
func parseMade(data []byte) (*Made, error) {
	made := new(Made)
	if err := json.Unmarshal(data, &struct {
		Version *int `json:"version"`
	}{&made.Version}); err != nil {
		return nil, err
	}
	switch {
	case made.Version > ManifestVersion:
		return nil, fmt.Errorf("version %d: %w", made.Version, ErrNewer)
	case made.Version > 1:
		return made, json.Unmarshal(data, made)
	}
	old := new(rangeV1)
	if err := json.Unmarshal(data, old); err != nil {
		return nil, err
	}
	return old.made()
}
