// Package mending has the rows that say what removes findings: updates, versions, and what to do first.
package mending

import (
	"time"

	"github.com/muster-project/muster/internal/counts"
)

// UpdateRow is an update, and how many findings it removes.
type UpdateRow struct {
	Title    string `json:"title,omitempty"`
	ID       string `json:"id,omitempty"`
	URL      string `json:"url,omitempty"`
	Findings int64  `json:"findings"`
}

// VulnerableProduct is software that has a CVE, and what removes it there.
type VulnerableProduct struct {
	Vendor string `json:"softwareVendor"`
	Name   string `json:"softwareName"`
	// UpdateAvailable, Updates and Targets are as of a finding, of this software.
	UpdateAvailable bool        `json:"updateAvailable"`
	Updates         []UpdateRow `json:"updates,omitempty"`
	Targets         []TargetRow `json:"targets,omitempty"`
}

// RecommendationRow says what to do about a product.
type RecommendationRow struct {
	Vendor string `json:"softwareVendor"`
	Name   string `json:"softwareName"`
	// Action is update, replace (the product has no support and no update), upgrade (its operating system has none), or
	// watch: no update is known.
	Action string `json:"action"`
	// Updates are what to update to, those that remove most findings first, at most 5.
	Updates []UpdateRow `json:"updates,omitempty"`
	// Targets are the lowest versions at which no finding is left that a known version removes: one, or of
	// Windows one for each build. None is known where they are absent, and if they remove fewer than Findings, none is
	// known that removes the others.
	Targets []TargetRow `json:"targets,omitempty"`
	// Devices have a finding that matches, or a version without support.
	Devices int64 `json:"devices"`
	// Exposed have a finding that matches, Unsupported a version without support of its own. A device may have both.
	Exposed     int64             `json:"exposedDevices"`
	Unsupported int64             `json:"unsupportedDevices"`
	Weaknesses  int64             `json:"weaknesses"`
	Findings    int64             `json:"findings"`
	Severities  counts.Severities `json:"severities"`
	Exploited   int64             `json:"exploited"`
	// ExposureShare is which part of the exposure of all rows the product is to blame for, from 0 to 1: of the exposure
	// score, if no filter selects. All of them add up to 1, unless nothing was found.
	ExposureShare float64 `json:"exposureShare"`
	// KEV counts CVEs that are known to be exploited, DueTime is the earliest of theirs. Worst is the CVE of the
	// highest risk.
	KEV          int64      `json:"kev"`
	DueTime      *time.Time `json:"dueTime,omitempty"`
	Worst        string     `json:"worstCveId,omitempty"`
	EndOfSupport string     `json:"endOfSupportStatus,omitempty"`
	// System is the operating system that is to be upgraded: the row is about it, and not about software.
	System *EndedSystem `json:"system,omitempty"`
}

// EndedSystem is a release of a Linux distribution that has no support any more.
type EndedSystem struct {
	// Version is the osVersion of its devices, absent if they do not say it; Title is what people call it.
	Version string `json:"osVersion,omitempty"`
	Title   string `json:"title"`
	// Ended is when support ended, as endOfSupportDate of rows of software has it; absent if it is not known.
	Ended string `json:"endOfSupportDate,omitempty"`
}

// TargetRow is a version, and how many findings it removes.
type TargetRow struct {
	Version  string `json:"version"`
	Findings int64  `json:"findings"`
}
