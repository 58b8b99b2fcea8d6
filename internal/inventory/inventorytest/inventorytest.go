// Package inventorytest helps to test reports: it finds real documents beside the clone, and
// checks what must hold for every report.
package inventorytest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/testneed"
)

// Received is the time at which the reports of tests are received.
var Received = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// Shared returns a file of the shared data, unpacked; without the data the test is skipped.
func Shared(t testing.TB, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(testneed.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return unpack(t, packed)
}

// unpack returns the content of a gzip file.
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

// Codec returns a codec.
func Codec(t testing.TB) *stored.Codec {
	t.Helper()
	codec, err := stored.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

// Normalized normalises r as received at the tests' time.
func Normalized(t testing.TB, r *inventory.Report) *inventory.Report {
	t.Helper()
	if err := r.Normalize(Received); err != nil {
		t.Fatal(err)
	}
	return r
}

// Clone copies a report through its JSON form, which must lose nothing.
func Clone(t Fataler, r *inventory.Report) *inventory.Report {
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatalf("writing a report: %v", err)
	}
	again, err := inventory.DecodeReport(data, inventory.Given{})
	if err != nil {
		t.Fatalf("reading %s: %v", data, err)
	}
	return again
}

// Fataler is the common interface of tests and rapid's laws.
type Fataler interface {
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// CheckRoundTrip checks the promises of Normalize and Codec for r.
func CheckRoundTrip(t Fataler, codec *stored.Codec, r *inventory.Report) {
	if err := r.Normalize(Received); err != nil {
		t.Fatalf("normalizing: %v", err)
	}
	docs, err := codec.Documents(r)
	if err != nil {
		t.Fatalf("making documents: %v", err)
	}
	opened, err := codec.Open(r.Device, docs)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	opened.Time, opened.Source, opened.Collector, opened.Addresses = r.Time, r.Source, r.Collector, r.Addresses
	if diff := cmp.Diff(r, opened); diff != "" {
		t.Errorf("opened report differs (-want +got):\n%s", diff)
	}
	again := Clone(t, r)
	if err := again.Normalize(Received); err != nil {
		t.Fatalf("normalizing again: %v", err)
	}
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("normalizing again changes the report (-want +got):\n%s", diff)
	}
}
