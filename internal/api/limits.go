package api

import (
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
)

// Limits are the rate limits of one caller and call: contract.md, sections 7 and 9. The zero value
// has none.
type Limits struct {
	// Pages is for each call with JSON pages, Files for each via files. Machines is for each of those
	// calls about machines that are no exports, Others for each other call of section 9.
	Pages, Files, Machines, Others edge.Rate
}

// MicrosoftLimits returns exactly Microsoft's limits: contract.md, section 7.
func MicrosoftLimits() Limits {
	return Limits{Pages: edge.Rate{Minute: 30, Hour: 1000}, Files: edge.Rate{Minute: 5, Hour: 20},
		Machines: edge.Rate{Minute: 100, Hour: 1500}, Others: edge.Rate{Minute: 50, Hour: 1500}}
}

// GenerousLimits returns limits that only stop runaway programs.
func GenerousLimits() Limits {
	return Limits{Pages: edge.Rate{Minute: 6000}, Files: edge.Rate{Minute: 600},
		Machines: edge.Rate{Minute: 6000}, Others: edge.Rate{Minute: 6000}}
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
	for _, call := range defender.NeighbourCalls() {
		rate := l.Others
		if call.Of == defender.MachineEntity {
			rate = l.Machines
		}
		if rate != (edge.Rate{}) {
			rates[call.Name] = rate
		}
	}
	return rates
}
