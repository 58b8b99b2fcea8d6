package main

import (
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/generation"
)

// retention are the flags of commands that make snapshots, and so remove what
// has been kept for long enough. On one data folder they should be the same for
// all of them.
type retention struct {
	KeepFull     time.Duration `default:"72h" env:"MUSTER_KEEP_FULL" help:"How long a full snapshot is kept after a newer one; two always are."`
	KeepDelta    time.Duration `default:"360h" env:"MUSTER_KEEP_DELTA" help:"How long changes are kept."`
	HideAfter    time.Duration `default:"720h" env:"MUSTER_HIDE_AFTER" help:"How long a device may be unseen before it drops out of exports."`
	ForgetAfter  time.Duration `default:"4320h" env:"MUSTER_FORGET_AFTER" help:"How long a device may be unseen before it is forgotten."`
	MaxLinkHours int           `default:"6" env:"MUSTER_MAX_LINK_HOURS" help:"Longest life of download links that a client may ask for: 1 to 24 hours."`
}

// check refuses times that make no sense.
func (r *retention) check() error {
	for name, d := range map[string]time.Duration{"keep-full": r.KeepFull, "keep-delta": r.KeepDelta, "hide-after": r.HideAfter} {
		if d <= 0 {
			return console.Usage("--%s is %v, must be more than nothing", name, d)
		}
	}
	switch {
	case r.ForgetAfter < r.HideAfter:
		return console.Usage("--forget-after is %v, must be at least --hide-after, %v", r.ForgetAfter, r.HideAfter)
	case r.MaxLinkHours < 1 || r.MaxLinkHours > 24:
		return console.Usage("--max-link-hours is %d, must be 1 to 24", r.MaxLinkHours)
	case r.KeepFull < r.linkLife():
		return console.Usage("--keep-full is %v, must be at least the life of links, %v", r.KeepFull, r.linkLife())
	}
	return nil
}

// settings are those of the generations. A link to a delta may be given out on the
// delta's last day, so its files stay for the life of that link (law 4).
func (r *retention) settings() generation.Settings {
	s := generation.DefaultSettings()
	s.KeepFull, s.KeepDelta, s.HideAfter, s.ForgetAfter = r.KeepFull, r.KeepDelta+r.linkLife(), r.HideAfter, r.ForgetAfter
	return s
}

// linkLife is the longest life of a download link.
func (r *retention) linkLife() time.Duration { return time.Duration(r.MaxLinkHours) * time.Hour }
