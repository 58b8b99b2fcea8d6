package intel_test

import (
	"testing"

	"github.com/muster-project/muster/internal/intel"
)

// The hashes are those of Linux's CVE records, and the versions look like them.
func TestIsCommit(t *testing.T) {
	for _, text := range []string{"1da177e4c3f4", "05c6c029a44d", "19878758accf", "d78dda6", "5c91dfc",
		"693a220f399ee7eb4d00e77c3c667e864b1bd306"} {
		if !intel.IsCommit(text) || intel.IsBound(text) || intel.IsVersion(text) {
			t.Errorf("%q is a commit and no version", text)
		}
	}
	for _, text := range []string{"20230825", "20230825a", "2024.1a", "1.1.1k", "9f", "10b2", "1a2b3c", "195918217448", "7.0.0-beta",
		"1.0.2zg", "2023b", "8u381"} {
		if intel.IsCommit(text) || !intel.IsVersion(text) {
			t.Errorf("%q is a version and no commit", text)
		}
	}
}

func TestIsEmpty(t *testing.T) {
	for _, r := range []intel.Range{{Low: "8", High: "2.7.9"}, {Low: "17.8", High: "17.8.0"}, {Low: "1.45", High: "1.45"},
		{Low: "2", LowExcluded: true, High: "2", HighIncluded: true}} {
		if !r.IsEmpty() {
			t.Errorf("%+v has no version", r)
		}
	}
	for _, r := range []intel.Range{{}, {Low: "8"}, {High: "8"}, {Low: "1", High: "2"}, {Low: "2", High: "2", HighIncluded: true},
		{Low: "8u100", High: "1.8.0_381"}, {Low: "3.0~rc1", High: "3.0"}, {Low: "2.9", High: "2.10"}} {
		if r.IsEmpty() {
			t.Errorf("%+v may have versions", r)
		}
	}
}
