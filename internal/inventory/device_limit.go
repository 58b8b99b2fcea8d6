package inventory

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// MaxDevice bounds each section of a device over all its sources: distinct
// software, hotfixes, facts and configuration results. What is longer than a KiB
// counts as one for each. It is above what one report can have, and above a
// developer's machine of 20,000 packages with forty SBOMs of containers.
const MaxDevice = 60_000

// unitBytes is how long an entry may be that counts as one.
const unitBytes = 1 << 10

// Left says how many entries of each section MaxDevice left out of a report.
type Left [SectionConfigurations + 1]int

// Size returns how many bytes the document has when it is decompressed, about
// as many as it takes when it is decoded; 0 if it is damaged.
func (d *Document) Size() int64 {
	var header zstd.Header
	if len(d.Data) == 0 || header.Decode(d.Data[1:]) != nil || header.FrameContentSize > maxDocument {
		return 0
	}
	return int64(header.FrameContentSize)
}

// Join is Open for documents that come one by one, of which it holds one at a
// time; docs may be gone through several times.
//
// A section of more than MaxDevice entries is cut, and the result says by how
// many. Every source keeps what the largest share allows that all can have, so
// that none pushes the others' entries out; and neither do all that others wrote
// push out half of MaxDevice that the device's own credential wrote, nor the other
// way round. Of a source, the first in order are kept, and of facts whole families.
// What is kept depends on the documents alone.
func (c *Codec) Join(device Device, docs iter.Seq2[Document, error]) (*Report, Left, error) {
	r, left, full := newJoint(device), Left{}, [len(Left{})]bool{}
	err := c.each(device, docs, func(doc Document, part *Report) {
		if full[doc.Section] {
			return
		}
		if r.add(part, doc.Own); r.units(doc.Section) > MaxDevice {
			sortSections(r.Report) // the sources may say the same
			full[doc.Section] = r.units(doc.Section) > MaxDevice
		}
	})
	for section := range full {
		if err == nil && full[section] {
			r.clear(Section(section))
			left[section], err = c.joinCut(r, docs, Section(section))
		}
	}
	if err != nil {
		return nil, Left{}, err
	}
	sortSections(r.Report)
	return r.Report, left, nil
}

// joint is what documents say together. What the device's own credential says of
// a family of facts, or of a configuration, nobody else can say otherwise.
type joint struct {
	*Report
	families, results map[string]bool // of the credential
}

func newJoint(device Device) *joint {
	return &joint{&Report{Device: device}, map[string]bool{}, map[string]bool{}}
}

// add adds what a document says, of the device's own credential or of others.
func (j *joint) add(part *Report, own bool) {
	if own {
		for family := range part.Facts {
			j.families[family] = true
		}
		for i := range part.Configurations {
			j.results[part.Configurations[i].ConfigurationID] = true
		}
	} else {
		maps.DeleteFunc(part.Facts, func(family string, _ map[string]string) bool { return j.families[family] })
		part.Configurations = slices.DeleteFunc(part.Configurations, func(c Configuration) bool { return j.results[c.ConfigurationID] })
	}
	j.unite(part)
}

// joinCut joins the documents of a section that is over MaxDevice, and returns
// how many entries it left out.
func (c *Codec) joinCut(r *joint, docs iter.Seq2[Document, error], section Section) (left int, err error) {
	var own, others []int
	err = c.each(r.Device, only(docs, section), func(doc Document, part *Report) {
		if doc.Own {
			own = append(own, part.units(section))
		} else {
			others = append(others, part.units(section))
		}
	})
	if err != nil {
		return 0, err
	}
	half := share([]int{sum(own), sum(others)}, MaxDevice)
	each := map[bool]int{true: share(own, half), false: share(others, half)}
	err = c.each(r.Device, only(docs, section), func(doc Document, part *Report) {
		left += part.cut(each[doc.Own])
		r.add(part, doc.Own)
	})
	return left, err
}

func sum(numbers []int) (total int) {
	for _, n := range numbers {
		total += n
	}
	return total
}

// only yields the documents of one section.
func only(docs iter.Seq2[Document, error], section Section) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		for doc, err := range docs {
			if (err != nil || doc.Section == section) && !yield(doc, err) {
				return
			}
		}
	}
}

// each decodes one document after the other.
func (c *Codec) each(device Device, docs iter.Seq2[Document, error], use func(Document, *Report)) error {
	for doc, err := range docs {
		if err != nil {
			return err
		}
		part, err := c.decode(doc)
		if err != nil {
			return fmt.Errorf("opening %v of device %q: %w", doc.Section, device.Name, err)
		}
		use(doc, part)
	}
	return nil
}

// clear leaves a section out.
func (r *Report) clear(section Section) {
	switch section {
	case SectionSoftware:
		r.Software = nil
	case SectionHotfixes:
		r.Hotfixes = nil
	case SectionFacts:
		r.Facts = nil
	case SectionConfigurations:
		r.Configurations = nil
	}
}

// share returns the largest share of a whole that all claims can have, where who
// claims less leaves the rest to the others.
func share(claims []int, whole int) int {
	slices.Sort(claims)
	for i, claim := range claims {
		each := whole / (len(claims) - i)
		if claim > each {
			return each
		}
		whole -= claim
	}
	return MaxDevice
}

// units counts the entries of a section, long ones several times.
func (r *Report) units(section Section) (n int) {
	switch section {
	case SectionSoftware:
		for i := range r.Software {
			n += r.Software[i].units()
		}
	case SectionHotfixes:
		for _, hotfix := range r.Hotfixes {
			n += unitsOf(len(hotfix))
		}
	case SectionFacts:
		for family, facts := range r.Facts {
			n += unitsOfFamily(family, facts)
		}
	case SectionConfigurations:
		for i := range r.Configurations {
			n += r.Configurations[i].units()
		}
	}
	return n
}

// unitsOf counts an entry of so many bytes.
func unitsOf(bytes int) int { return 1 + bytes/unitBytes }

func (s *Software) units() int {
	bytes := 0
	for _, text := range s.texts() {
		bytes += len(*text)
	}
	for _, paths := range [...][]string{s.DiskPaths, s.RegistryPaths} {
		for _, path := range paths {
			bytes += len(path)
		}
	}
	return unitsOf(bytes)
}

func (c *Configuration) units() int {
	bytes := 0
	for _, text := range c.texts() {
		bytes += len(*text)
	}
	return unitsOf(bytes)
}

func unitsOfFamily(family string, facts map[string]string) int {
	n := unitsOf(len(family))
	for name, value := range facts {
		n += unitsOf(len(name) + len(value))
	}
	return n
}

// cut leaves of a report of one section so many units and returns how many
// entries that leaves out.
func (r *Report) cut(units int) (left int) {
	var n int
	r.Software, n = keep(r.Software, units, (*Software).units)
	left += n
	r.Hotfixes, n = keep(r.Hotfixes, units, func(hotfix *string) int { return unitsOf(len(*hotfix)) })
	left += n
	r.Configurations, n = keep(r.Configurations, units, (*Configuration).units)
	left += n
	for _, family := range slices.Sorted(maps.Keys(r.Facts)) {
		if units -= unitsOfFamily(family, r.Facts[family]); units < 0 {
			left += max(1, len(r.Facts[family]))
			delete(r.Facts, family)
		}
	}
	return left
}

// keep returns the first of a list that together have so many units, and how
// many there are beside them.
func keep[T any](list []T, units int, count func(*T) int) ([]T, int) {
	for i := range list {
		if units -= count(&list[i]); units < 0 {
			return slices.Clip(list[:i]), len(list) - i
		}
	}
	return list, 0
}

// Open joins the documents of all sources of one device to the report that
// assessment reads: software and hotfixes united, facts by family,
// configurations by id; where two documents speak of the same family or id,
// that of the device's own credential wins, and of two the later in docs. A
// section is present where any document holds it.
// The report has the device given, and neither time nor source.
//
// A document that is not what was written gives an error that wraps
// ErrDamaged, one that a newer program wrote ErrTooNew; no document takes more
// than a fixed amount of memory, nor do all together: Join says what is cut.
func (c *Codec) Open(device Device, docs []Document) (*Report, error) {
	r, _, err := c.Join(device, Each(docs))
	return r, err
}
