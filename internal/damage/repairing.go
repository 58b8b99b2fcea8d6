package damage

import (
	"bytes"
	"fmt"
	"io/fs"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
	"github.com/muster-project/muster/internal/store/publication"
)

// Repairing says how to repair.
type Repairing struct {
	// From contains copies of files, for example a backup, under any names; nil if there are none.
	From fs.FS
	// GiveUp gives up what cannot be repaired: the files of older snapshots, and the history of
	// damaged ranges of the newest.
	GiveUp bool
	// GiveUpUnknown gives up the files of snapshots that the database does not know, after a backup of
	// before was restored.
	GiveUpUnknown bool
	// Dry changes nothing and reports what would be done.
	Dry bool
}

// The values of control.Repaired.How.
const (
	howRestored = "restored"
	howRemade   = "made again"
	howGivenUp  = "given up"
	howAnew     = "begun anew"
	howLeft     = "left"
)

// repair is a repair of one organization in progress.
type repair struct {
	*generation.Hold
	*Repairer
	Repairing
	organization string
	report       control.RepairReport
	snapshots    []publication.Snapshot
	// manifests are the readable manifests, by place in snapshots. damaged are the ranges that
	// could not be repaired, by place in manifests.
	manifests []*snapshot.Manifest
	damaged   []map[int]proof.Damage
	// reader reads from the disk. lost marks snapshots whose deltas are damaged and cannot be
	// repaired. back contains indexes and deltas that were restored or, in a dry run, would have
	// been.
	reader  *snapshot.Reader
	lost    []bool
	back    map[string]bool
	encoder *gzipjoin.Encoder
}

// told records what happened to a file.
func (r *repair) told(i int, file, how, detail string) {
	r.report.Files = append(r.report.Files,
		control.Repaired{Snapshot: r.snapshots[i].Number, File: file, How: how, Detail: detail})
}

// done reports whether a snapshot has no files any more.
func (r *repair) done(i int) bool {
	return r.snapshots[i].Full == publication.Retired && r.snapshots[i].Delta == publication.Retired
}

// copies looks for copies of wanted files.
func (r *repair) copies(wanted []snapshot.File) (map[snapshot.Digest]string, error) {
	if r.From == nil || len(wanted) == 0 {
		return nil, nil
	}
	return proof.Copies(r.From, wanted)
}

// restore restores a file from a copy.
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

// restoreBytes restores a file from memory.
func (r *repair) restoreBytes(want snapshot.File, data []byte) error {
	return r.files.Restore(want, bytes.NewReader(data))
}
