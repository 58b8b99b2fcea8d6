package damage

import (
	"context"
	"errors"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// maxNamed is how many problems are named; the others are only counted.
const maxNamed = 1000

// verification is a control.Verification in progress.
type verification struct {
	*Verifier
	control.Verification
	// reader reads from the disk, each file once.
	reader *snapshot.Reader
	pace   proof.Pace
}

// unpaced reads as fast as it can.
func unpaced(context.Context, int64) error { return nil }

func (p *Verifier) verification(pace proof.Pace) *verification {
	return &verification{Verifier: p, reader: p.files.NewReader(), pace: pace,
		Verification: control.Verification{Problems: []string{}, Unknown: []string{}}}
}

func (v *verification) note(problem error) {
	if len(v.Problems) >= maxNamed {
		v.More++
		return
	}
	v.Problems = append(v.Problems, problem.Error())
}

func (v *verification) unknown(name string) {
	if len(v.Unknown) < maxNamed {
		v.Unknown = append(v.Unknown, name)
	}
}

func (v *verification) count(files int, bytes int64) {
	v.trace("verify")
	v.Files += files
	v.Bytes += bytes
}

// filesFolder is the folder of snapshot files in a data folder.
const filesFolder = "files"

func isNotFound(err error) bool { return errors.Is(err, database.ErrNotFound) }

// manifestIn reads the manifest of a snapshot.
func manifestIn(r *snapshot.Reader, s publication.Snapshot) (*snapshot.Manifest, error) {
	return r.Manifest(s.Manifest.Path, s.Manifest.SHA256)
}

// name records files as named.
func name(named map[string]bool, files []snapshot.File) {
	for _, f := range files {
		named[f.Path] = true
	}
}
