package damage

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// Verify proves what is kept of an organization, and what all of them share:
// every page and row of the database, every document with its hash, every
// manifest, every file with its hash and rows, and that each full snapshot is
// the one before with the delta applied (law 1). A problem does not end it; an
// error does. Nothing is changed.
//
// It reads as fast as it can, also what all organizations share, so that one is
// served at a time, in turn with those of other organizations.
func (p *Verifier) Verify(ctx context.Context, organization string) (Verification, error) {
	if err := p.turn.Enter(ctx, organization, "", 1); err != nil {
		return Verification{}, fmt.Errorf("waiting to verify: %w", err)
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

// organization proves what one of them has alone.
func (v *verification) organization(ctx context.Context, organization string) error {
	// In this order nothing that is being made meanwhile is taken for unknown:
	// an attempt is known before its files are there, until a snapshot names them.
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

// name notes the files that the snapshot names; false where it cannot be said
// which of those that are kept these are.
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

// snapshots proves all snapshots and returns the files they name; nil where a
// manifest could not be read and so nobody knows.
func (v *verification) snapshots(ctx context.Context, organization string, all []publication.Snapshot) map[string]bool {
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

// snapshot proves one snapshot. While that is done files may be retired or
// repaired: a problem counts if the database still promises the same files.
func (v *verification) snapshot(ctx context.Context, organization string, before *sealed, s publication.Snapshot, seen map[string]bool) *sealed {
	const tries = 3
	for try := 1; ; try++ {
		var problems []error
		read := maps.Clone(seen)
		now := v.prove(ctx, organization, before, s, read, func(err error) { problems = append(problems, err) })
		if len(problems) > 0 && ctx.Err() == nil && try < tries {
			fresh, err := v.store.Publication.Snapshot(ctx, organization, s.Number)
			if isNotFound(err) { // pruned
				return &sealed{Snapshot: publication.Snapshot{Number: s.Number, Manifest: s.Manifest, Full: publication.Retired, Delta: publication.Retired}}
			}
			changed := err == nil && fresh != s
			if older, err := v.store.Publication.Snapshot(ctx, organization, before.Number); before.Number != 0 && (isNotFound(err) || err == nil && older != before.Snapshot) {
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

// prove proves one snapshot and, where the one before is there, law 1 between
// the two. Files that were seen before are not read again; those that are read
// are seen from then on.
func (v *verification) prove(ctx context.Context, organization string, before *sealed, s publication.Snapshot, seen map[string]bool, note func(error)) *sealed {
	now := &sealed{Snapshot: s}
	if s.Full == publication.Retired && s.Delta == publication.Retired {
		return now // nobody reads its manifest any more
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
	case m.Previous == before.Number && before.Full == publication.Kept && s.Full == publication.Kept && s.Delta == publication.Kept:
		verifier.Delta(ctx, before.manifest, m)
		v.Deltas++
	} // else history begins again there (Rebuild, Repair)
	return now
}

// compareRow compares what the database says of a snapshot with its manifest.
func compareRow(organization string, s *publication.Snapshot, m *snapshot.Manifest, note func(error)) {
	if m.Organization != organization || m.Number != s.Number || m.Begun.UnixMilli() != s.Begun.UnixMilli() {
		note(fmt.Errorf("snapshot %d, begun %v: its manifest is of snapshot %d, begun %v, of organization %q: %w",
			s.Number, s.Begun, m.Number, m.Begun, m.Organization, snapshot.ErrDamaged))
	}
	var totals snapshot.Totals
	if err := json.Unmarshal([]byte(s.Manifest.Totals), &totals); err != nil || !reflect.DeepEqual(totals, m.Totals(nil)) {
		note(fmt.Errorf("snapshot %d: the totals in the database are not those of its manifest: %w", s.Number, database.ErrDamaged))
	}
}

// unnamed tells of files that nothing names. A manifest among them is a problem:
// each is known to the database before it is there.
func (v *verification) unnamed(organization string, there []string, named map[string]bool, attempts map[string]publication.Attempt) {
	for _, name := range there {
		id := snapshot.AttemptOf(name)
		if _, known := attempts[id]; known || named[name] || !v.files.Exists(name) {
			continue
		}
		if snapshot.IsManifest(organization, name) {
			v.note(fmt.Errorf("manifest %q is of a snapshot that the database does not know: the database is older than the files, or of another folder: %w",
				name, database.ErrDamaged))
		}
		v.unknown(filesFolder + "/" + name)
	}
}

// devices proves that the reports of all devices are what was stored. A page of
// the list that cannot be read ends it: what comes after is not known.
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

// device proves what is stored of one device.
func (v *verification) device(ctx context.Context, organization, id string) error {
	d, documents, err := v.store.Reports.Load(ctx, organization, id)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case isNotFound(err): // removed a moment ago
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
