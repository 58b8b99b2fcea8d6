package api

import (
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
)

// Limits are the rate limits of one caller and call: contract.md, section 7. The zero value has
// none.
type Limits struct {
	// Pages is for each call with JSON pages, Files for each via files.
	Pages, Files edge.Rate
}

// MicrosoftLimits returns exactly Microsoft's limits: contract.md, section 7.
func MicrosoftLimits() Limits {
	return Limits{Pages: edge.Rate{Minute: 30, Hour: 1000}, Files: edge.Rate{Minute: 5, Hour: 20}}
}

// GenerousLimits returns limits that only stop runaway programs.
func GenerousLimits() Limits {
	return Limits{Pages: edge.Rate{Minute: 6000}, Files: edge.Rate{Minute: 600}}
}

// byCall returns the rates of calls that have one, by the names of calls.
func (l Limits) byCall() map[string]edge.Rate {
	rates := map[string]edge.Rate{}
	for _, call := range defender.Calls() {
		rate := l.Pages
		if call.Files {
			rate = l.Files
		}
		if rate != (edge.Rate{}) {
			rates[call.Name] = rate
		}
	}
	return rates
}
