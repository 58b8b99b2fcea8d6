package tallied

import (
	"encoding/binary"
	"slices"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// AppendChecks encodes what checks said of devices, each once: the count of reasons; of each its cause and reason. Then
// the count of counts; of each failing, passing, not applicable; the count of its silences; of each the index of its
// reason, and the number of checks.
func AppendChecks(dst []byte, all []counts.Checks) []byte {
	places, reasons := map[[2]string]int{}, [][2]string(nil)
	for i := range all {
		for _, s := range all[i].Silences {
			reason := [2]string{s.Cause, s.Reason}
			if _, known := places[reason]; !known {
				places[reason] = len(reasons)
				reasons = append(reasons, reason)
			}
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(reasons)))
	for _, r := range reasons {
		dst = packed.AppendString(packed.AppendString(dst, r[0]), r[1])
	}
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for i := range all {
		c := &all[i]
		dst = packed.AppendNumbers(dst, c.NonCompliant, c.Compliant, c.NotApplicable)
		dst = binary.AppendUvarint(dst, uint64(len(c.Silences)))
		for _, s := range c.Silences {
			dst = packed.AppendNumbers(dst, int64(places[[2]string{s.Cause, s.Reason}]), s.Count)
		}
	}
	return dst
}

// AllChecks decodes what AppendChecks encodes. Each is of one device.
func AllChecks(r *packed.Reader) []counts.Checks {
	reasons := make([][2]string, 0, r.Count(2))
	for range cap(reasons) {
		reasons = append(reasons, [2]string{r.Text(), r.Text()})
	}
	all := make([]counts.Checks, 0, r.Count(4))
	for range cap(all) {
		all = append(all, checksOf(r, reasons))
	}
	return all
}

// checksOf decodes the counts of one device.
func checksOf(r *packed.Reader, reasons [][2]string) counts.Checks {
	c := counts.Checks{Devices: 1}
	c.Judge(r.Number(), r.Number(), r.Number())
	silences := make([]counts.Silence, 0, r.Count(2))
	for range cap(silences) {
		i, n := r.Uvarint(), r.Number()
		if i >= uint64(len(reasons)) || n == 0 {
			r.Fail("reason %d of %d", i, len(reasons))
			return c
		}
		silences = append(silences, counts.Silence{Cause: reasons[i][0], Reason: reasons[i][1], Count: n, Devices: 1})
	}
	if !slices.IsSortedFunc(silences, counts.Silence.Compare) {
		r.Fail("silences out of order")
	}
	c.Silences = silences
	for _, s := range silences {
		c.Silent += s.Count
		c.Asked += s.Count
	}
	return c
}
