package damage

import (
	"bytes"
	"fmt"
	"io/fs"

	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
	"github.com/muster-project/muster/internal/store/publication"
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
	*generation.Hold
	*Repairer
	Repairing
	organization string
	report       RepairReport
	snapshots    []publication.Snapshot
	// manifests are those that could be read, by place in snapshots. damaged
	// are the ranges that could not be repaired, by place in them.
	manifests []*snapshot.Manifest
	damaged   []map[int]proof.Damage
	// reader reads what is on the disk. lost says of which snapshots the deltas
	// are damaged and stay so; back are indexes and deltas that were brought
	// back, or would have been.
	reader  *snapshot.Reader
	lost    []bool
	back    map[string]bool
	encoder *gzipjoin.Encoder
}

// told notes what became of a file.
func (r *repair) told(i int, file, how, detail string) {
	r.report.Files = append(r.report.Files, Repaired{Snapshot: r.snapshots[i].Number, File: file, How: how, Detail: detail})
}

// done tells whether a snapshot has no files any more.
func (r *repair) done(i int) bool {
	return r.snapshots[i].Full == publication.Retired && r.snapshots[i].Delta == publication.Retired
}

// copies looks for wanted files.
func (r *repair) copies(wanted []snapshot.File) (map[snapshot.Digest]string, error) {
	if r.From == nil || len(wanted) == 0 {
		return nil, nil
	}
	return proof.Copies(r.From, wanted)
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

// restoreBytes writes a file back.
func (r *repair) restoreBytes(want snapshot.File, data []byte) error {
	return r.files.Restore(want, bytes.NewReader(data))
}
