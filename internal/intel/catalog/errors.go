package catalog

import "github.com/muster-project/muster/internal/intel/column"

// Reasons why a catalog cannot be opened.
var (
	// ErrDamaged says that a file is not a complete catalog, or that one of its tables is missing.
	ErrDamaged = column.ErrDamaged
	// ErrNewer says that a file was written by a newer program.
	ErrNewer = column.ErrNewer
	// ErrOlder says that a file was written by an older program. The catalog must be merged anew.
	ErrOlder = column.ErrOlder
)
