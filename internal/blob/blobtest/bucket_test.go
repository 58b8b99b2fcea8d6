package blobtest_test

import (
	"testing"

	"github.com/muster-project/muster/internal/blob/blobtest"
)

// Object storage can do what the contract asks for.
func TestBucket(t *testing.T) {
	blobtest.Run(t, func(testing.TB) blobtest.Place { return blobtest.NewService() })
}
