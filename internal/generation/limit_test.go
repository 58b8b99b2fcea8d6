package generation_test

import (
	"testing"

	"github.com/muster-project/muster/internal/testneed"
)

// limitFiles makes files that grow fail, as on a full disk, until the function
// that it returns is called.
func limitFiles(t *testing.T, bytes uint64) func() { return testneed.LimitFiles(t, bytes) }
