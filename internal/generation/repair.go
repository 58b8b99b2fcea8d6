package generation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// Repairing says how to repair.
type Repairing struct {
	// From has copies of files, a backup say, under whatever names; nil if none.
	From fs.FS
	// GiveUp lets go of what cannot be repaired: of older snapshots their files,
	// of the newest the history of the ranges that are damaged.
	GiveUp bool
	// Dry changes nothing, and says what would be done.
	Dry bool
}

// Repaired is one file or snapshot, and what was done about it.
type Repaired struct {
	Snapshot int64  `json:"snapshot"`
	File     string `json:"file"`
	// How is "restored" (from a copy), "made again" (by law 1, or from what the
	// database knows of the manifest), "given up", "begun anew" or "left".
	How string `json:"how"`
	// Detail says from what, or why not.
	Detail string `json:"detail,omitempty"`
}

// The words of Repaired.How.
const (
	howRestored = "restored"
	howRemade   = "made again"
	howGivenUp  = "given up"
	howAnew     = "begun anew"
	howLeft     = "left"
)

// RepairReport says what became of all damage.
type RepairReport struct {
	Files []Repaired `json:"files"`
	// Left counts those that nothing could be done about.
	Left int `json:"left"`
	// Published is the snapshot in which ranges began anew, 0 for none.
	Published int64 `json:"published,omitempty"`
	// Dry says that nothing was done.
	Dry bool `json:"dry,omitempty"`
}

// repair is a repair of one organization.
type repair struct {
	*Hold
	Repairing
	report    RepairReport
	snapshots []store.Snapshot
	// manifests are those that could be read, by place in snapshots. damaged
	// are the ranges that could not be repaired, by place in them.
	manifests []*snapshot.Manifest
	damaged   []map[int]snapshot.Damage
	// reader reads what is on the disk. lost says of which snapshots the deltas
	// are damaged and stay so; back are indexes and deltas that were brought
	// back, or would have been.
	reader  *snapshot.Reader
	lost    []bool
	back    map[string]bool
	encoder *gzipjoin.Encoder
}

// Repair brings damaged parts, sheets and manifests of an organization in
// order: from copies that have the right hash; else from the snapshot before
// and its delta, by law 1, sealed anew; else, where that may be given up, older
// files are retired and damaged ranges of the newest snapshot begin anew, so
// that deltas across them are refused. It may die at any step: the next start
// has the old state or the new one.
func (p *Publisher) Repair(ctx context.Context, organization string, how Repairing) (RepairReport, error) {
	h, ctx, err := p.Hold(ctx, organization)
	if err != nil {
		return RepairReport{}, fmt.Errorf("repairing: %w", err)
	}
	defer h.Release()
	r := &repair{Hold: h, Repairing: how, encoder: gzipjoin.NewEncoder(),
		reader: p.files.NewReader(), back: map[string]bool{},
		report: RepairReport{Files: []Repaired{}, Dry: how.Dry}}
	err = r.run(ctx)
	for _, f := range r.report.Files {
		done := "damage was repaired"
		if f.How == howLeft {
			r.report.Left++
			done = "damage is left"
		}
		if !how.Dry {
			p.log.InfoContext(ctx, done, "organization", organization, "snapshot", f.Snapshot, "file", f.File, "how", f.How, "detail", f.Detail)
		}
	}
	if err != nil {
		return r.report, fmt.Errorf("repairing: %w", err)
	}
	return r.report, nil
}

func (r *repair) run(ctx context.Context) (err error) {
	if r.snapshots, err = r.store.Snapshots(ctx, r.organization); err != nil {
		return err
	}
	r.manifests = make([]*snapshot.Manifest, len(r.snapshots))
	r.damaged, r.lost = make([]map[int]snapshot.Damage, len(r.snapshots)), make([]bool, len(r.snapshots))
	if err := r.readManifests(ctx); err != nil {
		return err
	}
	if err := r.restoreNaming(ctx); err != nil {
		return err
	}
	if err := r.restoreFiles(ctx); err != nil {
		return err
	}
	for i := range r.snapshots {
		if err := r.remakeSnapshot(ctx, i); err != nil {
			return err
		}
	}
	if err := r.giveUp(ctx); err != nil {
		return err
	}
	if r.Dry {
		return nil
	}
	return r.sweep(ctx)
}

// told notes what became of a file.
func (r *repair) told(i int, file, how, detail string) {
	r.report.Files = append(r.report.Files, Repaired{Snapshot: r.snapshots[i].Number, File: file, How: how, Detail: detail})
}

// done tells whether a snapshot has no files any more.
func (r *repair) done(i int) bool {
	return r.snapshots[i].Full == store.Retired && r.snapshots[i].Delta == store.Retired
}

// readManifests reads the manifests, and brings back those that are damaged:
// from a copy, or, of the newest, from what the database has of its generation.
func (r *repair) readManifests(ctx context.Context) error {
	var wanted []snapshot.File
	for i := range r.snapshots {
		m, err := r.readManifest(i)
		switch {
		case r.done(i):
		case errors.Is(err, snapshot.ErrDamaged):
			wanted = append(wanted, snapshot.File{Path: r.snapshots[i].Manifest.Path, Bytes: -1, SHA256: r.snapshots[i].Manifest.SHA256})
		case err != nil:
			return err
		}
		r.manifests[i] = m
	}
	if len(wanted) == 0 {
		return nil
	}
	copies, err := r.copies(wanted)
	if err != nil {
		return err
	}
	for i := range r.snapshots {
		if r.manifests[i] != nil || r.done(i) {
			continue
		}
		if err := r.restoreManifest(ctx, i, copies); err != nil {
			return err
		}
	}
	return nil
}

func (r *repair) readManifest(i int) (*snapshot.Manifest, error) {
	return manifestIn(r.reader, r.snapshots[i])
}

// restoreManifest brings one manifest back.
func (r *repair) restoreManifest(ctx context.Context, i int, copies map[snapshot.Digest]string) (err error) {
	s := &r.snapshots[i]
	want := snapshot.File{Path: s.Manifest.Path, Bytes: -1, SHA256: s.Manifest.SHA256}
	if name, ok := copies[want.SHA256]; ok {
		if err := r.restore(want, name); err != nil {
			return err
		}
		r.told(i, want.Path, howRestored, name)
		if r.Dry {
			return nil
		}
		r.manifests[i], err = r.readManifest(i)
		return err
	}
	data, _, err := r.recall(ctx, s)
	if err != nil {
		return err
	}
	if data == nil {
		return nil // giveUp says so
	}
	if !r.Dry {
		if err := r.restoreBytes(want, data); err != nil {
			return err
		}
		if r.manifests[i], err = r.readManifest(i); err != nil {
			return err
		}
	}
	r.told(i, want.Path, howRemade, "from the database, byte for byte")
	return nil
}

// copies looks for wanted files.
func (r *repair) copies(wanted []snapshot.File) (map[snapshot.Digest]string, error) {
	if r.From == nil || len(wanted) == 0 {
		return nil, nil
	}
	return snapshot.Copies(r.From, wanted)
}

// restore copies a file back.
func (r *repair) restore(want snapshot.File, name string) error {
	if r.Dry {
		return nil
	}
	src, err := r.From.Open(name)
	if err != nil {
		return fmt.Errorf("restoring %q: %w", want.Path, err)
	}
	defer src.Close()
	return r.files.Restore(want, src)
}

// restoreFiles finds what is damaged, and copies back what there are copies of.
func (r *repair) restoreFiles(ctx context.Context) error {
	if err := r.findDamage(ctx); err != nil {
		return err
	}
	places, wanted := map[string]int{}, []snapshot.File{}
	for i, ranges := range r.damaged {
		for _, d := range ranges {
			for _, f := range d.Files {
				if _, twice := places[f.Path]; !twice {
					places[f.Path] = i
					wanted = append(wanted, f)
				}
			}
		}
	}
	copies, err := r.copies(wanted)
	if err != nil || len(copies) == 0 {
		return err
	}
	restored := map[string]bool{}
	for _, f := range wanted {
		if name, ok := copies[f.SHA256]; ok {
			if err := r.restore(f, name); err != nil {
				return err
			}
			r.told(places[f.Path], f.Path, howRestored, name)
			restored[f.Path] = true
		}
	}
	return r.forgetDamage(restored)
}

// findDamage reads all files that are kept, each once: neighbours share many.
func (r *repair) findDamage(ctx context.Context) error {
	seen := map[string]bool{}
	for i, m := range r.manifests {
		r.damaged[i] = map[int]snapshot.Damage{}
		if m == nil || r.done(i) {
			continue
		}
		for n := range m.Ranges {
			if err := ctx.Err(); err != nil {
				return err
			}
			// A dry run has brought nothing back, and cannot look at what that names.
			full := r.snapshots[i].Full == store.Kept && !(r.Dry && r.back[m.Ranges[n].Index.Path])
			delta := r.snapshots[i].Delta == store.Kept && !r.lost[i] && !(r.Dry && r.back[m.Deltas.Path])
			d, err := r.files.DamageOf(m, n, full, delta, seen)
			if err != nil {
				return err
			}
			if d.Any() {
				r.damaged[i][n] = d
			}
		}
	}
	return nil
}

// forgetDamage takes what was restored, or would have been, out of the damage.
func (r *repair) forgetDamage(restored map[string]bool) error {
	for i, m := range r.manifests {
		for n, d := range r.damaged[i] {
			left, err := d.Without(m, n, restored)
			if err != nil {
				return err
			}
			if r.damaged[i][n] = left; !left.Any() {
				delete(r.damaged[i], n)
			}
		}
	}
	return nil
}
