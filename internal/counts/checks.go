package counts

import (
	"cmp"
	"slices"
	"strings"
)

// The causes of a silent check.
const (
	// CauseNotInReport: no report of the device has the facts.
	CauseNotInReport = "notInReport"
	// CauseUnread: the facts could not be read on the device.
	CauseUnread = "unread"
	// CauseUndecided: the check says itself that the facts do not decide.
	CauseUndecided = "undecided"
	// CauseFailed: evaluating the check failed, for example at an invalid number.
	CauseFailed = "failed"
	// CauseOther: whatever is beyond the number of reasons that are counted one by one.
	CauseOther = "other"
)

// The bounds of reasons: those of our own checks are fewer and shorter.
const (
	maxReasons = 100
	maxReason  = 200 // bytes
)

// Checks counts what checks of settings say: each check of each device once.
type Checks struct {
	// Devices is how many devices were counted. Those that an older program assessed are not.
	Devices int64 `json:"devices"`
	// Asked are all checks, Judged those that are not silent.
	Asked         int64 `json:"asked"`
	Judged        int64 `json:"judged"`
	NonCompliant  int64 `json:"nonCompliant"`
	Compliant     int64 `json:"compliant"`
	NotApplicable int64 `json:"notApplicable"`
	Silent        int64 `json:"silent"`
	// Silences say why, in order of cause and reason. Beyond the first hundred reasons they are one, of CauseOther.
	Silences []Silence `json:"silences,omitempty"`
}

// Silence counts silent checks of a reason, and the devices that have any. Devices of CauseOther are counted once for
// each reason that was joined.
type Silence struct {
	Cause   string `json:"cause"`
	Reason  string `json:"reason,omitempty"`
	Count   int64  `json:"count"`
	Devices int64  `json:"devices"`
}

// Compare orders silences by what they are about.
func (s Silence) Compare(other Silence) int {
	return cmp.Or(strings.Compare(s.Cause, other.Cause), strings.Compare(s.Reason, other.Reason))
}

// CommonFirst orders silences by how many checks they silence.
func (s Silence) CommonFirst(other Silence) int {
	return cmp.Or(cmp.Compare(other.Count, s.Count), s.Compare(other))
}

// Known reports whether anything was counted.
func (c *Checks) Known() bool { return c.Devices > 0 }

// Judge counts judged checks by outcome.
func (c *Checks) Judge(nonCompliant, compliant, notApplicable int64) {
	c.NonCompliant += nonCompliant
	c.Compliant += compliant
	c.NotApplicable += notApplicable
	c.Judged += nonCompliant + compliant + notApplicable
	c.Asked += nonCompliant + compliant + notApplicable
}

// Silence counts silent checks. It does not matter in which order reasons come.
func (c *Checks) Silence(s Silence) {
	if s.Count == 0 {
		return
	}
	c.Silent += s.Count
	c.Asked += s.Count
	if s.Cause == CauseOther {
		s.Reason = ""
	}
	if len(s.Reason) > maxReason {
		s.Reason = strings.ToValidUTF8(s.Reason[:maxReason], "")
	}
	c.join(s)
}

// join adds a silence in its place; of too many the last ones are joined.
func (c *Checks) join(s Silence) {
	i, known := slices.BinarySearchFunc(c.Silences, s, Silence.Compare)
	if known {
		c.Silences[i].Count += s.Count
		c.Silences[i].Devices += s.Devices
		return
	}
	c.Silences = slices.Insert(c.Silences, i, s)
	last, told := c.last()
	if told <= maxReasons {
		return
	}
	beyond := c.Silences[last]
	c.Silences = slices.Delete(c.Silences, last, last+1)
	c.join(Silence{Cause: CauseOther, Count: beyond.Count, Devices: beyond.Devices})
}

// last returns the place of the last silence that is not of CauseOther, and how many there are.
func (c *Checks) last() (place, n int) {
	for i := range c.Silences {
		if c.Silences[i].Cause != CauseOther {
			place = i
			n++
		}
	}
	return place, n
}

// Add adds other's counts. What they share is not changed.
func (c *Checks) Add(other *Checks) {
	c.Devices += other.Devices
	c.Judge(other.NonCompliant, other.Compliant, other.NotApplicable)
	if c.Silences == nil {
		c.Silent += other.Silent
		c.Asked += other.Silent
		c.Silences = slices.Clone(other.Silences)
		return
	}
	for _, s := range other.Silences {
		c.Silence(s)
	}
}

// WithoutReasons returns the counts alone.
func (c Checks) WithoutReasons() Checks {
	c.Silences = nil
	return c
}
