package generation

import (
	"time"

	"github.com/muster-project/muster/internal/assess"
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
	// FeedLimit is the age of a feed's newest day at which it is too old: devices that it judges are
	// then only partly assessed.
	FeedLimit time.Duration
}

// DefaultSettings returns the periods of doc/contract.md, section 8, and doc/design.md, section
// 2.6: devices are hidden after 30 days and forgotten after 180, deltas are kept 15 days and full
// snapshots 3. A feed is too old after 14 days.
func DefaultSettings() Settings {
	const day = 24 * time.Hour
	return Settings{
		Assess:    assess.DefaultSettings(),
		HideAfter: 30 * day, ForgetAfter: 180 * day,
		KeepFull: 3 * day, KeepDelta: 15 * day,
		KeepReceipts: 7 * day,
		FeedLimit:    14 * day,
	}
}
