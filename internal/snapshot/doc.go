// Package snapshot keeps the immutable files of published generations: it writes them, reads them
// back and cuts pages from them. Package proof checks them; package generation decides when they
// are removed.
//
// # What a snapshot is made of
//
// A generation cuts each RBAC group's devices, in id order, into ranges. A range has
//
//   - one part a dataset: a gzip file of one member, JSON lines in the form of package defender,
//     exactly as clients download it;
//   - one delta part a dataset, holding what changed since the snapshot before;
//   - one sheet: for every device the inputs of its rows, how far it was assessed, and the number of
//     its rows and bytes in each part;
//   - one index, which names the sheet and the full parts with their segments.
//
// In a part each device's rows are compressed separately, as fragments (package gzipjoin), so an
// unchanged device's bytes are copied to the next snapshot without being inflated. The manifest
// names the index of every range, with the counts needed for a plan and for the first page; an
// unchanged range is named again by the next manifest. Everything that belongs to one generation
// only, mainly delta parts, is named in one file of deltas beside the manifest. The manifest is
// written when all other files are durable; a file that no manifest leads to does not exist.
//
// # Who checks what
//
// A whole part is checked by SHA-256 before any of its bytes is copied or served as a file. Pages
// are cut from segments, runs of fragments of a few MiB whose CRC-32 is in the index; a segment is
// checked before its first row is shown. Manifests, deltas, indexes and sheets are checked whole;
// a Reader reads each of the first three once and shares it. Every failed check wraps ErrDamaged
// and names the file.
package snapshot

import (
	"errors"

	"github.com/muster-project/muster/internal/blob"
)

// ErrDamaged is wrapped by every error that says that a file differs from what its manifest says.
var ErrDamaged = blob.ErrDamaged

// ErrNewer is wrapped if a newer program wrote a file.
var ErrNewer = errors.New("written by a newer muster")

// ErrLost says that the files that are left do not suffice to make damaged ones again.
var ErrLost = errors.New("it cannot be made again from the files that are left")
