package main

import (
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/edge"
)

// limitFlags say how often a caller may use a call.
type limitFlags struct {
	Limits     string     `enum:"generous,microsoft,off" default:"generous" env:"MUSTER_LIMITS" help:"How often a caller may use a call: generous, microsoft (30 pages a minute and 1,000 an hour, files 5 and 20) or off."`
	LimitPages *edge.Rate `placeholder:"RATE" env:"MUSTER_LIMIT_PAGES" help:"That of calls with JSON pages, such as 60/m,2000/h, or off."`
	LimitFiles *edge.Rate `placeholder:"RATE" env:"MUSTER_LIMIT_FILES" help:"That of calls via files, such as 10/m,40/h, or off."`
}

// limits are those of the preset, but for rates that are given.
func (l *limitFlags) limits() api.Limits {
	limits := map[string]api.Limits{"generous": api.GenerousLimits(), "microsoft": api.MicrosoftLimits()}[l.Limits]
	if l.LimitPages != nil {
		limits.Pages = *l.LimitPages
	}
	if l.LimitFiles != nil {
		limits.Files = *l.LimitFiles
	}
	return limits
}
