// Package snapshot keeps the immutable files of published generations: it
// writes them, reads them back and cuts pages from them. Package proof proves
// them; when they go is package generation's business.
//
// # What a snapshot is made of
//
// A generation cuts each RBAC group's devices, in id order, into ranges. A
// range leaves behind
//
//   - one part a dataset: a gzip file of one member, JSON lines in the form of
//     package defender, the very file that clients download;
//   - one delta part a dataset, holding what changed since the snapshot before;
//   - one sheet: for every device what its rows were made from, and how many
//     rows and bytes it has in each part;
//   - one index, which names the sheet and the full parts with their segments.
//
// Inside a part each device's rows are fragments of their own (package
// gzipjoin), so an unchanged device's bytes are copied to the next snapshot
// without being inflated. The manifest names the index of every range, with
// what a plan and the first look at a page need; a range that is used again is
// named again. What is the generation's alone, delta parts above all, is named
// by one file of deltas beside the manifest, which is written when all of them
// are durable; what no manifest leads to does not exist.
//
// # Who checks what
//
// Whole parts are checked by SHA-256 before a byte of them is copied on or
// served as a file. Pages are cut from segments, runs of fragments of a few
// MiB whose CRC-32 stands in the index, and are checked before the first row is
// shown. Manifests, deltas, indexes and sheets are checked whole; a Reader reads
// each of the first three once for all who ask. Every failure of such a check
// wraps ErrDamaged and names the file.
package snapshot

import (
	"errors"

	"github.com/muster-project/muster/internal/blob"
)

// ErrDamaged is wrapped by every error that says a file is not what its
// manifest promised.
var ErrDamaged = blob.ErrDamaged

// ErrNewer is wrapped where a file was written by a newer program.
var ErrNewer = errors.New("written by a newer muster")

// ErrLost says that damaged files cannot be made again from what is there.
var ErrLost = errors.New("it cannot be made again from what is there")
