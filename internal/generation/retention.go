package generation

import (
	"fmt"
	"time"
)

// Retention says for how long files and devices are kept. On one data folder it
// should be the same for whoever works on it.
type Retention struct {
	// KeepFull is how long a full snapshot is kept after a newer one; two always
	// are. KeepDelta is how long changes are kept.
	KeepFull, KeepDelta time.Duration
	// HideAfter is how long a device may be unseen before it drops out of
	// exports, ForgetAfter before it is forgotten.
	HideAfter, ForgetAfter time.Duration
	// MaxLinkHours is the longest life of download links: 1 to 24 hours.
	MaxLinkHours int
}

// Check refuses times that make no sense. The error names settings as flags.
func (r Retention) Check() error {
	for name, d := range map[string]time.Duration{"keep-full": r.KeepFull, "keep-delta": r.KeepDelta, "hide-after": r.HideAfter} {
		if d <= 0 {
			return fmt.Errorf("--%s is %v, must be more than nothing", name, d)
		}
	}
	switch {
	case r.ForgetAfter < r.HideAfter:
		return fmt.Errorf("--forget-after is %v, must be at least --hide-after, %v", r.ForgetAfter, r.HideAfter)
	case r.MaxLinkHours < 1 || r.MaxLinkHours > 24:
		return fmt.Errorf("--max-link-hours is %d, must be 1 to 24", r.MaxLinkHours)
	case r.KeepFull < r.linkLife():
		return fmt.Errorf("--keep-full is %v, must be at least the life of links, %v", r.KeepFull, r.linkLife())
	}
	return nil
}

// Settings are those of generations. A link to a delta may be given out on the
// delta's last day, so its files stay for the life of that link (law 4).
func (r Retention) Settings() Settings {
	s := DefaultSettings()
	s.KeepFull, s.KeepDelta, s.HideAfter, s.ForgetAfter = r.KeepFull, r.KeepDelta+r.linkLife(), r.HideAfter, r.ForgetAfter
	return s
}

// linkLife is the longest life of a download link.
func (r Retention) linkLife() time.Duration { return time.Duration(r.MaxLinkHours) * time.Hour }
