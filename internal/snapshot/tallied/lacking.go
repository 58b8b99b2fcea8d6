package tallied

import (
	"encoding/binary"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// Unassessed is a device that could not be assessed.
type Unassessed struct {
	Device  string `json:"device"`
	Problem string `json:"problem"`
}

// Truncation is something that a limit left out of a device: rows of a dataset, entries of a section of
// its reports, or paths of its software.
type Truncation struct {
	Device  string `json:"device"`
	Dataset string `json:"dataset,omitempty"`
	Section string `json:"section,omitempty"`
	Dropped int64  `json:"dropped,omitempty"` // rows or entries
	Paths   int64  `json:"paths,omitempty"`
}

// AppendLacking encodes unassessed devices: of each its id and the problem. Then truncations: of each the
// device, the dataset plus one (0 for none), section, rows or entries, and paths.
func AppendLacking(dst []byte, unassessed []Unassessed, truncated []Truncation) ([]byte, error) {
	for _, k := range unassessed {
		dst = packed.AppendString(packed.AppendID(dst, k.Device), k.Problem)
	}
	for _, c := range truncated {
		set := uint64(0)
		if c.Dataset != "" {
			known, err := defender.ParseDataset(c.Dataset)
			if err != nil {
				return nil, err
			}
			set = uint64(known) + 1
		}
		dst = binary.AppendUvarint(packed.AppendID(dst, c.Device), set)
		dst = packed.AppendNumbers(packed.AppendString(dst, c.Section), c.Dropped, c.Paths)
	}
	return dst, nil
}

// Lacking decodes what AppendLacking encodes; the numbers of devices and truncations are known.
func Lacking(r *packed.Reader, devices, truncations int64) (unassessed []Unassessed, truncated []Truncation) {
	if n := listed(r, devices, 2, "unassessed"); n > 0 {
		unassessed = make([]Unassessed, n)
		for i := range unassessed {
			unassessed[i] = Unassessed{r.ID(), r.Text()}
		}
	}
	if n := listed(r, truncations, 5, "truncated"); n > 0 {
		truncated = make([]Truncation, n)
		for i := range truncated {
			truncated[i] = truncation(r)
		}
	}
	return unassessed, truncated
}

// listed checks a count read before, of things of at least size bytes each.
func listed(r *packed.Reader, n int64, size int, what string) int64 {
	if n > int64(len(r.Rest)/size) {
		r.Fail("%d %s are more than the section holds", n, what)
	}
	if r.Err != nil {
		return 0
	}
	return n
}

func truncation(r *packed.Reader) (c Truncation) {
	c.Device = r.ID()
	set := r.Uvarint()
	if set > defender.DatasetCount {
		r.Fail("unknown dataset %d", set)
	} else if set > 0 {
		c.Dataset = defender.Dataset(set - 1).String()
	}
	c.Section = r.Text()
	r.Numbers(&c.Dropped, &c.Paths)
	return c
}
