package blobtest_test

import (
	"testing"

	"github.com/muster-project/muster/internal/blob/blobtest"
)

// The contract can be met by object storage.
func TestBucket(t *testing.T) {
	blobtest.Run(t, func(testing.TB) blobtest.Place { return blobtest.NewService() })
}
