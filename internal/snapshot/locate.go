package snapshot

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// PartName is a parsed name of a part: contract.md, section 5.
type PartName struct {
	Naming
	Name    string
	Dataset defender.Dataset
	Delta   bool
}

// ParsePartName parses the name of a part.
func ParsePartName(name string) (p PartName, ok bool) {
	e := strings.Split(name, "/")
	if len(e) != 7 {
		return p, false
	}
	begun, err := time.Parse(minuteFolder, e[2]+"/"+e[3])
	attempt, tailed := strings.CutSuffix(e[6], partSuffix)
	_, scanErr := fmt.Sscanf(e[5]+" "+attempt, "_RbacGroupId=%d part-%05d-%s", &p.Group, &p.Ordinal, &p.Attempt)
	if p.Name, p.Organization, p.Begun = name, e[0], begun; err != nil || scanErr != nil || !tailed {
		return p, false
	}
	for p.Dataset = range defender.Dataset(defender.DatasetCount) {
		for _, p.Delta = range []bool{false, true} {
			if p.part(p.Dataset, p.Delta) == name {
				return p, true
			}
		}
	}
	return p, false
}

// MayBeIn reports whether the snapshot of a generation that began at begun may name the part. A
// delta part belongs to one generation; later ones may use a full part again.
func (p *PartName) MayBeIn(begun time.Time) bool {
	minute := begun.UTC().Truncate(time.Minute)
	return minute.Equal(p.Begun) || !p.Delta && minute.After(p.Begun)
}

// Find finds a part by its name; nil if there is none. A delta part is in the delta of the range
// with its number. A full part is in the index of its attempt, or in one that adopted files of
// another attempt.
func (m *Manifest) Find(p *PartName) (part *Part, err error) {
	if p.Delta {
		if p.Ordinal >= len(m.Ranges) {
			return nil, nil
		}
		d, err := m.Delta(p.Ordinal)
		if err != nil {
			return nil, err
		}
		return d.Parts.named(p), nil
	}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if r.Group != p.Group || r.Group == rbac.HiddenGroup {
			continue
		}
		if r.Index.Path != "" && !r.Adopted && !strings.HasSuffix(path.Base(r.Index.Path), p.Attempt) {
			continue
		}
		x, err := r.Full()
		if err != nil {
			return nil, err
		}
		if part := x.Full.named(p); part != nil {
			return part, nil
		}
	}
	return nil, nil
}

// named returns the part with a name; nil if there is none.
func (p Parts) named(want *PartName) *Part {
	if part := p.Of(want.Dataset); part != nil && part.Path == want.Name {
		return part
	}
	return nil
}
