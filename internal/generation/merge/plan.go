package merge

import (
	"slices"
	"sort"

	"github.com/muster-project/muster/internal/snapshot"
)

// The sizes of ranges and jobs.
const (
	// targetPart is the wanted size of a range's largest part, in bytes.
	targetPart = 32 << 20
	// maxRange is the largest number of devices in a range, approximately. It bounds the memory of
	// its sheet, and the work that a crash loses.
	maxRange = 4096
	// maxJob is the largest number of devices in ranges that share a job, approximately.
	maxJob = 1024
	// CutEvery is the number of devices between two possible boundaries.
	CutEvery = 64
	// usualDevice is the compressed size in bytes that is assumed for a device in its largest part
	// before one can be measured.
	usualDevice = 16 << 10
)

// RangePlan is one range to make: a group and device ids [Lo, Hi). An empty Hi is no bound.
type RangePlan struct {
	Group int64  `json:"group"`
	Lo    string `json:"lo"`
	Hi    string `json:"hi,omitempty"`
	// Devices is the approximate number of devices.
	Devices int64 `json:"devices,omitempty"`
}

// holds reports whether a device id lies in the range.
func (p RangePlan) holds(id string) bool { return id >= p.Lo && (p.Hi == "" || id < p.Hi) }

// PlanGroup cuts one group into ranges. It keeps the boundaries of the old ranges (in order, may be
// none), so that unchanged ranges can be reused whole. Ranges that have grown too large are split
// at some of the cuts, which are every CutEvery-th device id. Neighbours that have become small are
// merged.
func PlanGroup(group int64, old []snapshot.Range, cuts []string) []RangePlan {
	var plans []sizedPlan
	if len(old) == 0 {
		plans = split(RangePlan{Group: group}, cuts, usualDevice)
	}
	for i := range old {
		plans = append(plans, split(RangePlan{Group: group, Lo: old[i].Lo, Hi: old[i].Hi}, cuts, deviceSize(&old[i]))...)
	}
	return merge(plans)
}

// sizedPlan is a range with its expected number of devices and size in bytes.
type sizedPlan struct {
	RangePlan
	devices, bytes int64
}

// deviceSize is the compressed size of a device in the range's largest part, in bytes.
func deviceSize(r *snapshot.Range) int64 {
	if r.Largest == 0 || r.Devices == 0 {
		return usualDevice
	}
	return r.Largest/r.Devices + 1
}

// split cuts a range into as many equal pieces as its expected size needs.
func split(p RangePlan, cuts []string, deviceSize int64) []sizedPlan {
	from := sort.SearchStrings(cuts, p.Lo)
	to := len(cuts)
	if p.Hi != "" {
		to = sort.SearchStrings(cuts, p.Hi)
	}
	inside := cuts[from:max(from, to)]
	devices := int64(len(inside)) * CutEvery
	pieces := max(devices*deviceSize/targetPart, devices/maxRange) + 1
	if devices*deviceSize < targetPart*5/4 && devices < maxRange*5/4 {
		pieces = 1 // rewriting everything costs more than a range that is a little too large
	}
	var plans []sizedPlan
	for i := range pieces {
		piece := sizedPlan{p, devices / pieces, devices * deviceSize / pieces}
		if at := int64(len(inside)) * i / pieces; i > 0 {
			piece.Lo = inside[at]
		}
		if at := int64(len(inside)) * (i + 1) / pieces; i < pieces-1 {
			piece.Hi = inside[at]
		}
		if piece.Hi == "" || piece.Lo < piece.Hi {
			plans = append(plans, piece)
		}
	}
	return plans
}

// merge joins small neighbours.
func merge(plans []sizedPlan) []RangePlan {
	var merged []sizedPlan
	for _, p := range plans {
		if n := len(merged); n > 0 && merged[n-1].bytes+p.bytes < targetPart/2 &&
			merged[n-1].devices+p.devices < maxRange/2 {
			merged[n-1].Hi = p.Hi
			merged[n-1].bytes += p.bytes
			merged[n-1].devices += p.devices
			continue
		}
		merged = append(merged, p)
	}
	ranges := make([]RangePlan, len(merged))
	for i, p := range merged {
		ranges[i] = p.RangePlan
		ranges[i].Devices = p.devices
	}
	return ranges
}

// Jobs cuts the ranges with the given numbers into jobs, which a worker makes between two commits.
// A large range is a job alone. Small ranges, of which an organization with many RBAC groups has
// many, share a job.
func Jobs(ranges []RangePlan, numbers []int) [][]int {
	var all [][]int
	room := int64(0)
	for _, n := range numbers {
		// Devices leaves out those after the last cut, at most CutEvery.
		weight := ranges[n].Devices + CutEvery
		if weight > room || len(all) == 0 {
			all, room = append(all, nil), maxJob
		}
		last := len(all) - 1
		all[last], room = append(all[last], n), room-weight
	}
	return all
}

// GroupsOf lists the groups that old ranges or devices have, in order.
func GroupsOf(old []snapshot.Range, current []int64) []int64 {
	groups := slices.Clone(current)
	for i := range old {
		groups = append(groups, old[i].Group)
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// RangesOf returns the ranges of one group.
func RangesOf(old []snapshot.Range, group int64) []snapshot.Range {
	var ranges []snapshot.Range
	for _, r := range old {
		if r.Group == group {
			ranges = append(ranges, r)
		}
	}
	return ranges
}
