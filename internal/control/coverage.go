package control

import (
	"context"
	"net/url"
	"time"

	"github.com/muster-project/muster/internal/counts"
)

// DeviceCoverage is how far a device was assessed in the newest snapshot. States and reasons have the
// names of package coverage.
type DeviceCoverage struct {
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	// Software counts pieces of its software.
	Software []counts.Covered `json:"software"`
	// Feeds are the feeds that were asked, Wants the ecosystems and kinds of feeds that should be
	// imported to assess the rest.
	Feeds []string `json:"feeds"`
	Wants []string `json:"wants"`
}

// Coverage is how far the devices of the newest snapshot were assessed.
type Coverage struct {
	// Number is the snapshot's.
	Number        int64     `json:"number"`
	GeneratedTime time.Time `json:"generatedTime"`
	counts.Coverage
	Groups []GroupCoverage `json:"groups"`
	// Feeds are those of the snapshot's catalog.
	Feeds []CoveringFeed `json:"feeds"`
}

// GroupCoverage counts the devices of an RBAC group.
type GroupCoverage struct {
	RBACGroupID   int64  `json:"rbacGroupId"`
	RBACGroupName string `json:"rbacGroupName"`
	counts.Coverage
}

// CoveringFeed is a feed with its age now.
type CoveringFeed struct {
	counts.Feed
	// AgeDays is the age of its newest day; absent if that is unknown.
	AgeDays *int64 `json:"ageDays,omitempty"`
}

// CoveredDevice is a device that was not, or only partly, assessed.
type CoveredDevice struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	OSPlatform  string `json:"osPlatform"`
	OSVersion   string `json:"osVersion"`
	RBACGroupID int64  `json:"rbacGroupId"`
	DeviceCoverage
}

// CoveredDeviceList is a page of such devices.
type CoveredDeviceList struct {
	Devices []CoveredDevice `json:"devices"`
	// Next is the value of the parameter after for the next page.
	Next string `json:"next,omitempty"`
}

const coveragePath = "/v1/coverage"

// ShowCoverage shows how far the newest snapshot's devices were assessed, those of a group if it is
// not empty.
func ShowCoverage(group string) Request[Coverage] {
	return get[Coverage](coveragePath).with(url.Values{"group": {group}})
}

// EachCovered calls yield with every device that was not wholly assessed, or those with a state and
// reason, in a group, each if it is not empty.
func EachCovered(ctx context.Context, s *Session, state, reason, group string,
	yield func(Reply[CoveredDevice]) error) error {
	query := url.Values{}
	for name, value := range map[string]string{"state": state, "reason": reason, "group": group} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return eachOf(ctx, s, coveragePath+"/devices", query, yield)
}
