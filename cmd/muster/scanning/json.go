package scanning

import (
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/scan"
)

// described is the form of results for programs.
type described struct {
	Time    time.Time       `json:"time"`
	Feeds   []describedFeed `json:"feeds"`
	Results []describedScan `json:"results"`
}

type describedFeed struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Records int    `json:"records"`
	Skipped int    `json:"skipped"`
	// AsOf is the day up to which the feed knows; Old says that it is too long ago. Part says which part of
	// what is published it is.
	AsOf string `json:"asOf,omitempty"`
	Old  bool   `json:"old"`
	Part string `json:"part,omitempty"`
}

type describedScan struct {
	DeviceName     string                 `json:"deviceName"`
	OSPlatform     string                 `json:"osPlatform"`
	OSVersion      string                 `json:"osVersion"`
	OSArchitecture string                 `json:"osArchitecture"`
	Software       int                    `json:"software"`
	Coverage       control.DeviceCoverage `json:"coverage"`
	Counts         counts.Severities      `json:"counts"`
	Findings       []scan.Finding         `json:"findings"`
	Updates        []scan.Update          `json:"updates"`
	EndOfSupport   []scan.End             `json:"endOfSupport"`
	Settings       describedSettings      `json:"settings"`
	// Dropped counts rows that a limit left out.
	Dropped int `json:"dropped"`
}

type describedSettings struct {
	Passed int            `json:"passed"`
	Failed []scan.Setting `json:"failed"`
}

// describe makes the form for programs.
func describe(known *scan.Intelligence, results []*scan.Result, now time.Time) described {
	all := described{Time: now, Feeds: []describedFeed{}, Results: []describedScan{}}
	old := map[string]bool{}
	for _, name := range known.Old(now) {
		old[name] = true
	}
	for i := range known.Feeds {
		f := &known.Feeds[i]
		one := describedFeed{Kind: string(f.Kind), Name: f.Name, Records: f.Records, Skipped: f.Skipped, Old: old[f.Name],
			Part: f.Part}
		if at := f.AsOf(now); !at.IsZero() {
			one.AsOf = at.UTC().Format(time.DateOnly)
		}
		all.Feeds = append(all.Feeds, one)
	}
	for _, r := range results {
		all.Results = append(all.Results, describedScan{
			DeviceName: r.Device.Name, OSPlatform: r.Device.OSPlatform, OSVersion: r.Device.OSVersion,
			OSArchitecture: r.Device.OSArchitecture, Software: r.Software, Coverage: covered(&r.Coverage),
			Counts: r.Severities, Findings: append([]scan.Finding{}, r.Findings...),
			Updates:      append([]scan.Update{}, r.Updates...),
			EndOfSupport: append([]scan.End{}, r.Ends...), Dropped: r.Dropped,
			Settings: describedSettings{r.Passed, append([]scan.Setting{}, r.Failed...)},
		})
	}
	return all
}

// covered describes how far a machine was assessed, as /v1 does.
func covered(d *coverage.Device) control.DeviceCoverage {
	return control.DeviceCoverage{State: d.State.String(), Reason: reason(d), Software: d.Software.Covered(),
		Feeds: append([]string{}, d.Feeds...), Wants: append([]string{}, d.Wants...)}
}

// reason is the reason of a coverage by its name, empty if there is none.
func reason(d *coverage.Device) string {
	if d.Reason == coverage.NoReason {
		return ""
	}
	return d.Reason.String()
}
