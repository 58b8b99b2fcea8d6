package answers

import (
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/why"
)

// changeKey tells changes apart.
type changeKey struct{ status, cve, vendor, name string }

// change is a CVE in a product that changed in one way.
type change struct {
	Status         defender.Status `json:"status"`
	CVEID          string          `json:"cveId"`
	Vendor         string          `json:"softwareVendor"`
	Name           string          `json:"softwareName"`
	Severity       string          `json:"severity,omitempty"`
	Score          float64         `json:"cvssScore"`
	Exploitability string          `json:"exploitabilityLevel"`
	Devices        int64           `json:"devices"`
	Findings       int64           `json:"findings"`
	// LastTime is when the last of the changes was published, as the export writes it.
	LastTime string `json:"lastEventTime"`
	// Reasons say why the findings are Fixed; nil of other changes.
	Reasons *fixedFor `json:"reasons,omitempty"`
}

// fixedFor counts why findings are fixed.
type fixedFor struct {
	counts.Fixed
	// Unknown counts those of which nobody said it: an older program made their snapshot, or their changes retired.
	Unknown int64 `json:"unknown,omitempty"`
}

// text is the reasons for people: "on the device", or "3 on the device, 1 moved".
func (f *fixedFor) text() string {
	if f == nil {
		return ""
	}
	var all []string
	for _, r := range f.Reasons() {
		all = append(all, strconv.FormatInt(r.Count, 10)+" "+r.Reason.Text())
	}
	if f.Unknown > 0 {
		all = append(all, strconv.FormatInt(f.Unknown, 10)+" "+why.Unknown.Text())
	}
	if len(all) == 1 {
		_, text, _ := strings.Cut(all[0], " ")
		return text
	}
	return strings.Join(all, ", ")
}

// values are the counts for programs, in the order of their names in the JSON: nothing for a change that is not Fixed.
func (f *fixedFor) values() []string {
	if f == nil {
		return make([]string, 6)
	}
	some := func(n int64) string { // as the JSON, which leaves it out
		if n == 0 {
			return ""
		}
		return number(n)
	}
	return []string{number(f.OnDevice), number(f.DeviceGone), number(f.NotAssessed),
		number(f.Moved), some(f.Excepted), some(f.Unknown)}
}
