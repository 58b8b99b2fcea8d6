package inventory

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// MaxDevice bounds each section of a device over all its sources: distinct software, hotfixes,
// facts and configuration results. An entry longer than a KiB counts once more for each KiB. The
// limit is above what one report can have, and above a developer's machine of 20,000 packages with
// forty SBOMs of containers.
const MaxDevice = 60_000

// unitBytes is the length up to which an entry counts as one.
const unitBytes = 1 << 10

// Left is how many entries of each section MaxDevice left out of a report.
type Left [SectionConfigurations + 1]int

// Size returns the size of the decompressed document in bytes, about its memory when it is
// decoded; 0 if it is damaged.
func (d *Document) Size() int64 {
	var header zstd.Header
	if len(d.Data) == 0 || header.Decode(d.Data[1:]) != nil || header.FrameContentSize > maxDocument {
		return 0
	}
	return int64(header.FrameContentSize)
}

// Join is Open for documents that are read one by one; it holds one at a time and may iterate over
// docs several times.
//
// A section of more than MaxDevice entries is cut, and the result says by how many. Every source
// keeps an equal share, the largest that fits, so that no source pushes out the entries of others.
// Half of MaxDevice is for sources of the device's own credential and half for all others, if both
// need it. A source keeps its first entries in order; of facts, whole families. The result depends
// only on the documents.
func (c *Codec) Join(device Device, docs iter.Seq2[Document, error]) (*Report, Left, error) {
	r, left, full := newJoint(device), Left{}, [len(Left{})]bool{}
	err := c.each(device, docs, func(doc Document, part *Report) {
		if full[doc.Section] {
			return
		}
		if r.add(part, doc.Own); r.units(doc.Section) > MaxDevice {
			sortSections(r.Report) // sources may repeat each other
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

// joint is the joined content of documents. Others cannot contradict the device's own credential
// about a family of facts or a configuration.
type joint struct {
	*Report
	families, results map[string]bool // those of the credential
}

func newJoint(device Device) *joint {
	return &joint{&Report{Device: device}, map[string]bool{}, map[string]bool{}}
}

// add adds the content of a document by the device's own credential or by others.
func (j *joint) add(part *Report, own bool) {
	if own {
		for family := range part.Facts {
			j.families[family] = true
		}
		for i := range part.Configurations {
			j.results[part.Configurations[i].ConfigurationID] = true
		}
	} else {
		for family := range j.families {
			part.dropFamily(family)
		}
		part.Configurations = slices.DeleteFunc(part.Configurations,
			func(c Configuration) bool { return j.results[c.ConfigurationID] })
	}
	j.unite(part)
}

// joinCut joins the documents of a section over MaxDevice, and returns how many entries it left
// out.
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

// clear removes a section.
func (r *Report) clear(section Section) {
	switch section {
	case SectionSoftware:
		r.Software = nil
	case SectionHotfixes:
		r.Hotfixes = nil
	case SectionFacts:
		r.Facts, r.Origins, r.Unread = nil, nil, nil
	case SectionConfigurations:
		r.Configurations = nil
	}
}

// share returns the largest equal share of a whole, where claims below it leave the rest to the
// others.
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
		for family := range r.families() {
			n += r.unitsOfFamily(family)
		}
	case SectionConfigurations:
		for i := range r.Configurations {
			n += r.Configurations[i].units()
		}
	}
	return n
}

// unitsOf returns how many units an entry of a size counts.
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
	for _, reference := range c.References {
		bytes += len(reference)
	}
	return unitsOf(bytes)
}

// unitsOfFamily counts the facts of a family with their origins, and those that could not be read.
func (r *Report) unitsOfFamily(family string) int {
	n := unitsOf(len(family))
	for name, value := range r.Facts[family] {
		n += unitsOf(len(name) + len(value) + len(r.Origins[family][name]))
	}
	for name, reason := range r.Unread[family] {
		n += unitsOf(len(name) + len(reason))
	}
	return n
}

// cut reduces a report of one section to a number of units and returns how many entries that
// leaves out.
func (r *Report) cut(units int) (left int) {
	var n int
	r.Software, n = keep(r.Software, units, (*Software).units)
	left += n
	r.Hotfixes, n = keep(r.Hotfixes, units, func(hotfix *string) int { return unitsOf(len(*hotfix)) })
	left += n
	r.Configurations, n = keep(r.Configurations, units, (*Configuration).units)
	left += n
	for _, family := range slices.Sorted(maps.Keys(r.families())) {
		if units -= r.unitsOfFamily(family); units < 0 {
			left += max(1, len(r.Facts[family])+len(r.Unread[family]))
			r.dropFamily(family)
		}
	}
	return left
}

// keep returns the first entries of a list that together have at most a number of units, and the
// number of the others.
func keep[T any](list []T, units int, count func(*T) int) ([]T, int) {
	for i := range list {
		if units -= count(&list[i]); units < 0 {
			return slices.Clip(list[:i]), len(list) - i
		}
	}
	return list, 0
}

// Open joins the documents of all sources of one device to the report for assessment: software and
// hotfixes are united, facts are merged by family, configurations by id. If two documents have the
// same family or id, that of the device's own credential wins, otherwise the later in docs. A
// section is present if any document has it. The report has the given device, and neither time nor
// source.
//
// A changed document gives an error that wraps ErrDamaged, one from a newer program ErrTooNew. The
// memory is bounded for each document and for all together: Join says what is cut.
func (c *Codec) Open(device Device, docs []Document) (*Report, error) {
	r, _, err := c.Join(device, Each(docs))
	return r, err
}
