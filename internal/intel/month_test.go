package intel_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

func TestMonth(t *testing.T) {
	for text, want := range map[string]string{"2026-02-01T00:00:00Z": "February 2026", "2025-12-31T23:59:59Z": "December 2025",
		"2026-01-01T01:00:00+02:00": "December 2025", "1999-01-01": "January 1999", "": ""} {
		if got := intel.MonthOf(intel.ParseTime(text)).String(); got != want {
			t.Errorf("%q is in %q, want %q", text, got, want)
		}
	}
	if got := intel.MonthOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); got != 0 {
		t.Errorf("the year 9999 has %q", got)
	}
}
