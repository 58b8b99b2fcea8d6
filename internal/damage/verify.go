package damage

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// Verify checks the stored data of an organization, and the data that all share: every page and
// row of the database, every document and its hash, every manifest, every file with its hash and
// rows, and that each full snapshot is the one before with the delta applied (law 1). It continues
// after a problem, but not after an error. It changes nothing.
//
// It reads as fast as it can, including shared data, so one call runs at a time; organizations
// take turns.
func (p *Verifier) Verify(ctx context.Context, organization string) (control.Verification, error) {
	if err := p.turn.Enter(ctx, organization, "", 1); err != nil {
		return control.Verification{}, fmt.Errorf("waiting to verify: %w", err)
	}
	defer p.turn.Leave(organization)
	v := p.verification(unpaced)
	err := v.shared(ctx)
	if err == nil {
		p.verified.set(everybody, len(v.Problems)+v.More)
		shared := len(v.Problems) + v.More
		if err = v.organization(ctx, organization); err == nil {
			p.verified.set(organization, len(v.Problems)+v.More-shared)
		}
	}
	return v.Verification, err
}

// organization checks the data of one organization.
func (v *verification) organization(ctx context.Context, organization string) error {
	// In this order no file of a running generation counts as unknown: an attempt is recorded
	// before its files exist, until a snapshot names them.
	there, err := v.listed(ctx, organization)
	if err != nil {
		return err
	}
	attempts, err := v.store.Publication.Attempts(ctx, organization)
	if err != nil {
		return err
	}
	snapshots, err := v.store.Publication.Snapshots(ctx, organization)
	if err != nil {
		return err
	}
	named := v.snapshots(ctx, organization, snapshots)
	if named != nil {
		v.unnamed(organization, there, named, attempts)
	}
	if err := v.devices(ctx, organization); err != nil {
		return err
	}
	return ctx.Err()
}

// listed lists the files of an organization.
func (v *verification) listed(ctx context.Context, organization string) (names []string, err error) {
	err = v.files.List(ctx, organization, func(name string) error {
		names = append(names, name)
		return nil
	})
	return names, err
}

// sealed is a snapshot with its manifest.
type sealed struct {
	publication.Snapshot
	manifest *snapshot.Manifest // nil if it cannot be read
}

// name records the files that the snapshot names; false if it is unknown which files those are.
func (s *sealed) name(named map[string]bool) bool {
	if s.manifest == nil {
		return s.Full == publication.Retired && s.Delta == publication.Retired
	}
	full, err := s.manifest.FullFiles()
	delta, deltaErr := s.manifest.DeltaFiles()
	name(named, full)
	name(named, delta)
	return (err == nil || s.Full == publication.Retired) && (deltaErr == nil || s.Delta == publication.Retired)
}

// snapshots checks all snapshots and returns the files they name; nil if a manifest could not be
// read, so that they are unknown.
func (v *verification) snapshots(ctx context.Context, organization string,
	all []publication.Snapshot) map[string]bool {
	named, unread := map[string]bool{}, false
	seen := map[string]bool{}
	before := &sealed{}
	for i := range all {
		v.Snapshots++
		now := v.snapshot(ctx, organization, before, all[i], seen)
		for _, manifest := range []string{all[i].Manifest.Path, now.Manifest.Path} {
			for _, file := range snapshot.ManifestFiles(manifest) {
				named[file] = true
			}
		}
		if !now.name(named) {
			unread = true
		}
		before = now
	}
	if unread {
		return nil
	}
	return named
}

// snapshot checks one snapshot. Files may be retired or repaired meanwhile: a problem only counts
// if the database still names the same files.
func (v *verification) snapshot(ctx context.Context, organization string, before *sealed, s publication.Snapshot,
	seen map[string]bool) *sealed {
	const tries = 3
	for try := 1; ; try++ {
		var problems []error
		read := maps.Clone(seen)
		now := v.prove(ctx, organization, before, s, read, func(err error) { problems = append(problems, err) })
		if len(problems) > 0 && ctx.Err() == nil && try < tries {
			fresh, err := v.store.Publication.Snapshot(ctx, organization, s.Number)
			if isNotFound(err) { // pruned meanwhile
				return &sealed{Snapshot: publication.Snapshot{Number: s.Number, Manifest: s.Manifest, Full: publication.Retired,
					Delta: publication.Retired}}
			}
			changed := err == nil && fresh != s
			if older, err := v.store.Publication.Snapshot(ctx, organization, before.Number); before.Number != 0 &&
				(isNotFound(err) || err == nil && older != before.Snapshot) {
				changed, before = true, &sealed{}
			}
			if changed {
				s = fresh
				continue
			}
		}
		for _, problem := range problems {
			v.note(problem)
		}
		maps.Copy(seen, read)
		return now
	}
}

// prove checks one snapshot and, if the one before exists, law 1 between the two. Files in seen
// are not read again; files that are read are added to it.
func (v *verification) prove(ctx context.Context, organization string, before *sealed, s publication.Snapshot,
	seen map[string]bool, note func(error)) *sealed {
	now := &sealed{Snapshot: s}
	if s.Full == publication.Retired && s.Delta == publication.Retired {
		return now // its manifest is not needed any more
	}
	m, err := manifestIn(v.reader, s)
	if err != nil {
		note(fmt.Errorf("snapshot %d: %w", s.Number, err))
		return now
	}
	now.manifest = m
	compareRow(organization, &s, m, note)
	verifier := proof.NewVerifier(v.files, func(f snapshot.File) { v.count(1, f.Bytes) }, note, v.pace, seen)
	verifier.Files(ctx, m, s.Full == publication.Kept, s.Delta == publication.Kept)
	switch {
	case before.manifest == nil:
	case m.Previous > 0 && m.Previous != before.Number:
		note(fmt.Errorf("snapshot %d was made from %d, but %d comes before it", m.Number, m.Previous, before.Number))
	case m.Previous == before.Number && before.Full == publication.Kept && s.Full == publication.Kept &&
		s.Delta == publication.Kept:
		verifier.Delta(ctx, before.manifest, m)
		v.Deltas++
	} // otherwise history begins anew there (Rebuild, Repair)
	return now
}

// compareRow compares the database's record of a snapshot with its manifest.
func compareRow(organization string, s *publication.Snapshot, m *snapshot.Manifest, note func(error)) {
	if m.Organization != organization || m.Number != s.Number || m.Begun.UnixMilli() != s.Begun.UnixMilli() {
		note(fmt.Errorf("snapshot %d, begun %v: its manifest is of snapshot %d, begun %v, of organization %q: %w",
			s.Number, s.Begun, m.Number, m.Begun, m.Organization, snapshot.ErrDamaged))
	}
	var totals counts.Snapshot
	if err := json.Unmarshal([]byte(s.Manifest.Totals), &totals); err != nil ||
		!reflect.DeepEqual(totals, m.Totals(nil)) {
		note(fmt.Errorf("snapshot %d: the totals in the database differ from its manifest: %w",
			s.Number, database.ErrDamaged))
	}
}

// unnamed reports files that nothing names. A manifest among them is a problem: each is recorded
// in the database before it exists.
func (v *verification) unnamed(organization string, there []string, named map[string]bool,
	attempts map[string]publication.Attempt) {
	for _, name := range unknownFiles(v.files, there, named, attempts) {
		if snapshot.IsManifest(organization, name) {
			v.note(fmt.Errorf("manifest %q belongs to a snapshot that the database does not know: the database is older than the files, or from another folder: %w",
				name, database.ErrDamaged))
		}
		v.unknown(filesFolder + "/" + name)
	}
}

// devices checks the stored reports of all devices. If a page of the list cannot be read it stops,
// since the next page is unknown.
func (v *verification) devices(ctx context.Context, organization string) error {
	const page = 500
	for after := ""; ; {
		all, err := v.store.Reports.ListDevices(ctx, organization, reports.DeviceFilter{AllGroups: true, After: after}, page)
		if err != nil {
			if ctx.Err() == nil {
				v.note(fmt.Errorf("organization %q: devices after %q cannot be read: %w", organization, after, err))
			}
			return ctx.Err()
		}
		for i := range all {
			if err := v.device(ctx, organization, all[i].ID); err != nil {
				return err
			}
		}
		if len(all) < page {
			return nil
		}
		after = all[len(all)-1].ID
	}
}

// device checks the stored data of one device.
func (v *verification) device(ctx context.Context, organization, id string) error {
	d, documents, err := v.store.Reports.Load(ctx, organization, id)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case isNotFound(err): // removed meanwhile
		return nil
	case err != nil:
		v.note(fmt.Errorf("organization %q: %w", organization, err))
		return nil
	}
	v.Devices++
	if err := reports.CheckDevice(d, documents); err != nil {
		v.note(fmt.Errorf("organization %q: %w", organization, err))
	}
	bytes := int64(0)
	bare := make([]inventory.Document, len(documents))
	for i := range documents {
		bare[i] = documents[i].Document
		bytes += int64(len(bare[i].Data))
	}
	if _, err := v.codec.Open(d.Device, bare); err != nil {
		v.note(fmt.Errorf("organization %q: device %q: %w", organization, id, err))
	}
	return v.pace(ctx, bytes)
}
