package coverages

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// Findings says in one line how many findings a device has, by severity: "3 critical, 12 high". A device
// without findings has "none" if all of it was assessed, and nothing otherwise.
func Findings(d *control.Device) string {
	if d.Findings == nil {
		return ""
	}
	if text := Severities(d.Findings); text != "" {
		return text
	}
	if d.Coverage == nil || d.Coverage.State != coverage.Assessed.String() {
		return ""
	}
	return "none"
}

// Severities lists the counts that are not zero, worst first: "3 critical, 12 high"; empty if all are.
func Severities(s *counts.Severities) string {
	var parts []string
	for _, one := range [...]struct {
		n    int64
		word string
	}{{s.Critical, "critical"}, {s.High, "high"}, {s.Medium, "medium"}, {s.Low, "low"}, {s.Unrated, "unrated"}} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.word))
		}
	}
	return strings.Join(parts, ", ")
}

// Fixed says for what reasons findings are fixed; "" if none is, or nobody counted. Only what was fixed on
// devices is good news.
func Fixed(f *counts.Fixed) string {
	if f == nil || f.Sum() == 0 {
		return ""
	}
	var parts []string
	for _, reason := range []struct {
		n    int64
		what string
	}{{f.OnDevice, "on the device"}, {f.DeviceGone, "because the device is gone"},
		{f.NotAssessed, "because what is known of it changed, or it is not assessed"}, {f.Moved, "because the device moved to another group"},
		{f.Excepted, "because an exception hides it"}} {
		if reason.n > 0 {
			parts = append(parts, strconv.FormatInt(reason.n, 10)+" "+reason.what)
		}
	}
	return "fixed: " + strings.Join(parts, ", ")
}
