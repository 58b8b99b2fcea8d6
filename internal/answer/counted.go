package answer

import (
	"slices"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Count calls yield for each group with the number of its findings that have a known exploit, and of those whose CVE
// is listed.
func (all Heads) Count(listed func(cve string) bool, yield func(group, exploited, findings int64)) {
	known := map[string]bool{}
	for _, h := range all {
		in := make([]bool, len(h.head.Findings))
		for i := range h.head.Findings {
			f := &h.head.Findings[i]
			is, ok := known[f.CVE]
			if !ok {
				is = listed(f.CVE)
				known[f.CVE] = is
			}
			in[i] = is && !f.Advisory
		}
		sum := int64(0)
		for i := range h.head.Releases {
			for _, f := range h.head.Releases[i].Findings {
				if in[f] {
					sum += h.head.Releases[i].Devices
				}
			}
		}
		yield(h.group, h.head.Exploited.Sum(), sum)
	}
}

// LastSeen returns when the devices of a range were last seen, in milliseconds, ascending. The error wraps
// ErrUnavailable if an older program made the range.
func LastSeen(files *snapshot.Files, r *snapshot.Range) (all []int64, err error) {
	file, err := projected(r)
	if err != nil {
		return nil, err
	}
	err = New(files).open(file, func(f *projection.File) error {
		devices, err := f.Devices()
		for i := range devices {
			all = append(all, devices[i].LastSeen.UnixMilli())
		}
		return err
	})
	slices.Sort(all)
	return all, err
}
