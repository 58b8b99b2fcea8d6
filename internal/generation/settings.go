package generation

import (
	"time"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// Settings are an installation's choices.
type Settings struct {
	Assess assess.Settings
	// HideAfter is how long a device may be unseen before exports leave it out. ForgetAfter is how
	// long before its first-seen times are removed, too.
	HideAfter, ForgetAfter time.Duration
	// KeepFull is how long a full snapshot is kept after a newer one was published; the two newest
	// are always kept. KeepDelta is how long deltas are kept after they were published.
	KeepFull, KeepDelta time.Duration
	// KeepReceipts is how long the receipt of a report can be read.
	KeepReceipts time.Duration
	// KeepTrend is how long the counts of a snapshot are kept.
	KeepTrend time.Duration
	// FeedLimits are the ages at which feeds are too old to judge by.
	FeedLimits coverage.Limits
}

// DefaultSettings returns the periods of doc/contract.md, section 8, and doc/design.md, section
// 2.6: devices are hidden after 30 days and forgotten after 180, deltas are kept 15 days, full
// snapshots 3, and counts 400. The ages of feeds are those of decision 66.
func DefaultSettings() Settings {
	const day = 24 * time.Hour
	return Settings{
		Assess:    assess.DefaultSettings(),
		HideAfter: 30 * day, ForgetAfter: 180 * day,
		KeepFull: 3 * day, KeepDelta: 15 * day,
		KeepReceipts: 7 * day, KeepTrend: 400 * day,
		FeedLimits: coverage.DefaultLimits(),
	}
}
