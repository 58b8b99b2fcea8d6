package inventory_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
)

// shared returns a file of the shared data, unpacked; the test is skipped
// where the data is not at hand.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		packed, err := os.ReadFile(filepath.Join(folder, "shared", "data", name))
		if err == nil {
			return unpack(t, packed)
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Skipf("the shared data has no %s here", name)
		}
		folder = parent
	}
}

// unpack returns what a gzip file holds.
func unpack(t testing.TB, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// newCodec returns a codec.
func newCodec(t testing.TB) *inventory.Codec {
	t.Helper()
	codec, err := inventory.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

// mustNormalize normalises r as received at the tests' time.
func mustNormalize(t testing.TB, r *inventory.Report) *inventory.Report {
	t.Helper()
	if err := r.Normalize(received); err != nil {
		t.Fatal(err)
	}
	return r
}
