package generation

import (
	"fmt"
	"time"
)

// Retention says how long files and devices are kept. All programs that work on one data folder
// should use the same.
type Retention struct {
	// KeepFull is how long a full snapshot is kept after a newer one; the two newest are always
	// kept. KeepDelta is how long changes are kept.
	KeepFull, KeepDelta time.Duration
	// HideAfter is how long a device may be unseen before exports leave it out, ForgetAfter how
	// long before it is forgotten.
	HideAfter, ForgetAfter time.Duration
	// MaxLinkHours is the longest life of download links: 1 to 24 hours.
	MaxLinkHours int
	// FeedLimit is the age at which feeds of CVE records and advisories are too old to judge by; 0
	// for never.
	FeedLimit time.Duration
}

// Check refuses periods that make no sense. The error names a setting by its flag.
func (r Retention) Check() error {
	for name, d := range map[string]time.Duration{"keep-full": r.KeepFull, "keep-delta": r.KeepDelta,
		"hide-after": r.HideAfter} {
		if d <= 0 {
			return fmt.Errorf("--%s is %v, must be more than 0", name, d)
		}
	}
	switch {
	case r.FeedLimit < 0:
		return fmt.Errorf("--feed-limit is %v, must not be less than 0", r.FeedLimit)
	case r.ForgetAfter < r.HideAfter:
		return fmt.Errorf("--forget-after is %v, must be at least --hide-after, %v", r.ForgetAfter, r.HideAfter)
	case r.MaxLinkHours < 1 || r.MaxLinkHours > 24:
		return fmt.Errorf("--max-link-hours is %d, must be 1 to 24", r.MaxLinkHours)
	case r.KeepFull < r.linkLife():
		return fmt.Errorf("--keep-full is %v, must be at least the life of links, %v", r.KeepFull, r.linkLife())
	}
	return nil
}

// Settings returns the settings of generations. A link to a delta may be given out on the delta's
// last day, so delta files stay for the life of that link (law 4).
func (r Retention) Settings() Settings {
	s := DefaultSettings()
	s.KeepFull, s.KeepDelta, s.HideAfter, s.ForgetAfter = r.KeepFull, r.KeepDelta+r.linkLife(), r.HideAfter, r.ForgetAfter
	s.FeedLimits.Records, s.FeedLimits.Advisories = r.FeedLimit, r.FeedLimit
	return s
}

// linkLife is the longest life of a download link.
func (r Retention) linkLife() time.Duration { return time.Duration(r.MaxLinkHours) * time.Hour }
