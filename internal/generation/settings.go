package generation

import (
	"time"

	"github.com/muster-project/muster/internal/assess"
)

// Settings are an installation's choices.
type Settings struct {
	Assess assess.Settings
	// HideAfter is how long a device may be unseen before it drops out of
	// exports, ForgetAfter how long before its first-seen times go, too.
	HideAfter, ForgetAfter time.Duration
	// KeepFull is how long a full snapshot is kept after a newer one came;
	// two are kept whatever their age. KeepDelta is how long deltas are kept.
	KeepFull, KeepDelta time.Duration
	// KeepReceipts is how long a report can be asked after.
	KeepReceipts time.Duration
}

// DefaultSettings are those of contract.md, section 8, and design.md: 30 and
// 180 days; deltas of 15 days, full snapshots of 3.
func DefaultSettings() Settings {
	const day = 24 * time.Hour
	return Settings{
		Assess:    assess.DefaultSettings(),
		HideAfter: 30 * day, ForgetAfter: 180 * day,
		KeepFull: 3 * day, KeepDelta: 15 * day,
		KeepReceipts: 7 * day,
	}
}
