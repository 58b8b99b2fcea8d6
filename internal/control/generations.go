package control

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/counts"
)

// Generation is one generation, and the snapshot it made.
type Generation struct {
	Number int64 `json:"number"`
	// State is running, sealed or failed.
	State         string                   `json:"state"`
	BegunTime     time.Time                `json:"begunTime"`
	GeneratedTime *time.Time               `json:"generatedTime,omitempty"`
	Totals        Encoded[counts.Snapshot] `json:"totals,omitempty"`
	// Progress is set while it runs, for callers that see the whole organization.
	Progress *Progress `json:"progress,omitempty"`
	Failure  string    `json:"failure,omitempty"`
}

// Progress is the progress of a generation: the complete ranges, and their
// devices. TotalRanges is 0 until they are planned.
type Progress struct {
	Ranges      int   `json:"ranges"`
	TotalRanges int   `json:"totalRanges"`
	Devices     int64 `json:"devices"`
}

// GenerationList is the newest generations.
type GenerationList struct {
	Generations []Generation `json:"generations"`
	// Doubt is why no more snapshots are made for now.
	Doubt *Doubt `json:"doubt,omitempty"`
}

// Doubt is why nothing is published or removed for now.
type Doubt struct {
	// Reason is one of the codes of doubts in package defender.
	Reason string `json:"reason"`
	// Message counts devices; it is for callers that see all groups.
	Message string `json:"message,omitempty"`
}

// Accepted is the reply to a request that is carried out later.
type Accepted struct {
	Status string `json:"status"`
}

// Wish holds the parameters of publishing.
type Wish struct {
	// Rebuild makes all rows again, if the last snapshot is damaged.
	Rebuild bool
	// AllowShrink ends a doubt.
	AllowShrink bool
}

const generationsPath = "/v1/generations"

// Publish makes the next generation, and waits until it is published.
func Publish(w Wish) Request[Generation] {
	return Request[Generation]{Call{Method: http.MethodPost, Path: generationsPath, Query: url.Values{"wait": {"true"},
		"rebuild": {strconv.FormatBool(w.Rebuild)}, "allowShrink": {strconv.FormatBool(w.AllowShrink)}}}}
}

// ListGenerations lists the newest generations.
func ListGenerations() Request[GenerationList] { return get[GenerationList](generationsPath) }
