package counts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ChecksByGroup has the counts by RBAC group; a group without counted devices is absent. It is nil where an older
// program counted nothing.
type ChecksByGroup map[int64]Checks

// Add adds the counts of devices of a group.
func (by *ChecksByGroup) Add(group int64, c *Checks) {
	if !c.Known() {
		return
	}
	if *by == nil {
		*by = ChecksByGroup{}
	}
	sum := (*by)[group]
	sum.Add(c)
	(*by)[group] = sum
}

// Sum adds up the groups for which groups is true, nil for all; nil if nothing was counted.
func (by ChecksByGroup) Sum(groups func(group int64) bool) *Checks {
	if by == nil {
		return nil
	}
	var sum Checks
	for _, group := range slices.Sorted(maps.Keys(by)) {
		if groups == nil || groups(group) {
			one := by[group]
			sum.Add(&one)
		}
	}
	if !sum.Known() {
		return nil
	}
	return &sum
}

// packedChecks is the form in manifests: reasons are named once, because many groups have the same.
type packedChecks struct {
	// Reasons are causes with reasons, in order.
	Reasons [][2]string `json:"reasons"`
	// Groups has of each group: devices, nonCompliant, compliant, notApplicable; and of each silence its place in Reasons,
	// count and devices.
	Groups map[int64][]int64 `json:"groups"`
}

// The numbers of a group, and of each of its silences.
const (
	groupNumbers   = 4
	silenceNumbers = 3
)

// MarshalJSON encodes equal counts as equal bytes.
func (by ChecksByGroup) MarshalJSON() ([]byte, error) {
	places := map[[2]string]int{}
	for _, c := range by {
		for _, s := range c.Silences {
			places[[2]string{s.Cause, s.Reason}] = 0
		}
	}
	packed := packedChecks{Reasons: slices.SortedFunc(maps.Keys(places), func(a, b [2]string) int {
		return slices.Compare(a[:], b[:])
	}), Groups: map[int64][]int64{}}
	for i, r := range packed.Reasons {
		places[r] = i
	}
	for group, c := range by {
		numbers := []int64{c.Devices, c.NonCompliant, c.Compliant, c.NotApplicable}
		for _, s := range c.Silences {
			numbers = append(numbers, int64(places[[2]string{s.Cause, s.Reason}]), s.Count, s.Devices)
		}
		packed.Groups[group] = numbers
	}
	return json.Marshal(packed)
}

// UnmarshalJSON decodes what MarshalJSON encodes.
func (by *ChecksByGroup) UnmarshalJSON(data []byte) error {
	var packed packedChecks
	if err := json.Unmarshal(data, &packed); err != nil {
		return fmt.Errorf("reading counts of checks: %w", err)
	}
	*by = ChecksByGroup{}
	for group, numbers := range packed.Groups {
		if len(numbers) < groupNumbers || (len(numbers)-groupNumbers)%silenceNumbers != 0 || slices.Min(numbers) < 0 {
			return fmt.Errorf("reading counts of checks: group %d: %w", group, errBadNumbers)
		}
		c := Checks{Devices: numbers[0]}
		c.Judge(numbers[1], numbers[2], numbers[3])
		for s := range slices.Chunk(numbers[groupNumbers:], silenceNumbers) {
			if s[0] >= int64(len(packed.Reasons)) {
				return fmt.Errorf("reading counts of checks: group %d: %w", group, errBadNumbers)
			}
			reason := packed.Reasons[s[0]]
			c.Silence(Silence{Cause: reason[0], Reason: reason[1], Count: s[1], Devices: s[2]})
		}
		(*by)[group] = c
	}
	return nil
}

var errBadNumbers = errors.New("the numbers are none of counts")
