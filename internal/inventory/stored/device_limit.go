package stored

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/muster-project/muster/internal/inventory"
)

// MaxDevice bounds each section of a device over all its sources: distinct software, hotfixes,
// facts and configuration results. An entry longer than a KiB counts once more for each KiB. The
// limit is above what one report can have, and above a developer's machine of 20,000 packages with
// forty SBOMs of containers.
const MaxDevice = 60_000

// unitBytes is the length up to which an entry counts as one.
const unitBytes = 1 << 10

// Left is how many entries of each section MaxDevice left out of a report.
type Left [inventory.SectionConfigurations + 1]int

// Size returns the size of a decompressed document in bytes, about its memory when it is decoded; 0 if it is
// damaged.
func Size(d *inventory.Document) int64 {
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
func (c *Codec) Join(device inventory.Device, docs iter.Seq2[inventory.Document, error]) (
	*inventory.Report, Left, error) {
	return c.join(device, docs, func(*inventory.Report) {})
}

// join is Join, and calls told with the content of each document, in their order, before it is joined.
func (c *Codec) join(device inventory.Device, docs iter.Seq2[inventory.Document, error],
	told func(*inventory.Report)) (*inventory.Report, Left, error) {
	r, left, full := newJoint(device), Left{}, [len(Left{})]bool{}
	err := c.each(device, docs, func(doc inventory.Document, part *inventory.Report) {
		told(part)
		if full[doc.Section] {
			return
		}
		if r.add(part, doc.Own); units(r.Report, doc.Section) > MaxDevice {
			r.Sort() // sources may repeat each other
			full[doc.Section] = units(r.Report, doc.Section) > MaxDevice
		}
	})
	for section := range full {
		if err == nil && full[section] {
			drop(r.Report, inventory.Section(section))
			left[section], err = c.joinCut(r, docs, inventory.Section(section))
		}
	}
	if err != nil {
		return nil, Left{}, err
	}
	r.Sort()
	return r.Report, left, nil
}

// joint is the joined content of documents. Others cannot contradict the device's own credential
// about a family of facts or a configuration.
type joint struct {
	*inventory.Report
	families, results map[string]bool // those of the credential
}

func newJoint(device inventory.Device) *joint {
	return &joint{&inventory.Report{Device: device}, map[string]bool{}, map[string]bool{}}
}

// add adds the content of a document by the device's own credential or by others.
func (j *joint) add(part *inventory.Report, own bool) {
	if own {
		for family := range part.Facts {
			j.families[family] = true
		}
		for i := range part.Configurations {
			j.results[part.Configurations[i].ConfigurationID] = true
		}
	} else {
		for family := range j.families {
			dropFamily(part, family)
		}
		part.Configurations = slices.DeleteFunc(part.Configurations,
			func(c inventory.Configuration) bool { return j.results[c.ConfigurationID] })
	}
	uniteSections(j.Report, part)
}

// joinCut joins the documents of a section over MaxDevice, and returns how many entries it left
// out.
func (c *Codec) joinCut(r *joint, docs iter.Seq2[inventory.Document, error], section inventory.Section) (
	left int, err error) {
	var own, others []int
	err = c.each(r.Device, only(docs, section), func(doc inventory.Document, part *inventory.Report) {
		if doc.Own {
			own = append(own, units(part, section))
		} else {
			others = append(others, units(part, section))
		}
	})
	if err != nil {
		return 0, err
	}
	half := share([]int{sum(own), sum(others)}, MaxDevice)
	each := map[bool]int{true: share(own, half), false: share(others, half)}
	err = c.each(r.Device, only(docs, section), func(doc inventory.Document, part *inventory.Report) {
		left += cut(part, each[doc.Own])
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
func only(docs iter.Seq2[inventory.Document, error], section inventory.Section) iter.Seq2[inventory.Document, error] {
	return func(yield func(inventory.Document, error) bool) {
		for doc, err := range docs {
			if (err != nil || doc.Section == section) && !yield(doc, err) {
				return
			}
		}
	}
}

// each decodes one document after the other.
func (c *Codec) each(device inventory.Device, docs iter.Seq2[inventory.Document, error],
	use func(inventory.Document, *inventory.Report)) error {
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

// drop removes a section.
func drop(r *inventory.Report, section inventory.Section) {
	switch section {
	case inventory.SectionSoftware:
		r.Software = nil
	case inventory.SectionHotfixes:
		r.Hotfixes = nil
	case inventory.SectionFacts:
		r.Facts, r.Origins, r.Unread = nil, nil, nil
	case inventory.SectionConfigurations:
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
func units(r *inventory.Report, section inventory.Section) (n int) {
	switch section {
	case inventory.SectionSoftware:
		for i := range r.Software {
			n += unitsOfSoftware(&r.Software[i])
		}
	case inventory.SectionHotfixes:
		for _, hotfix := range r.Hotfixes {
			n += unitsOf(len(hotfix))
		}
	case inventory.SectionFacts:
		for family := range families(r) {
			n += unitsOfFamily(r, family)
		}
	case inventory.SectionConfigurations:
		for i := range r.Configurations {
			n += unitsOfConfiguration(&r.Configurations[i])
		}
	}
	return n
}

// unitsOf returns how many units an entry of a size counts.
func unitsOf(bytes int) int { return 1 + bytes/unitBytes }

func unitsOfSoftware(s *inventory.Software) int { return unitsOf(s.Length()) }

func unitsOfConfiguration(c *inventory.Configuration) int { return unitsOf(c.Length()) }

// unitsOfFamily counts the facts of a family with their origins, and those that could not be read.
func unitsOfFamily(r *inventory.Report, family string) int {
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
func cut(r *inventory.Report, units int) (left int) {
	var n int
	r.Software, n = keep(r.Software, units, unitsOfSoftware)
	left += n
	r.Hotfixes, n = keep(r.Hotfixes, units, func(hotfix *string) int { return unitsOf(len(*hotfix)) })
	left += n
	r.Configurations, n = keep(r.Configurations, units, unitsOfConfiguration)
	left += n
	for _, family := range slices.Sorted(maps.Keys(families(r))) {
		if units -= unitsOfFamily(r, family); units < 0 {
			left += max(1, len(r.Facts[family])+len(r.Unread[family]))
			dropFamily(r, family)
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
func (c *Codec) Open(device inventory.Device, docs []inventory.Document) (*inventory.Report, error) {
	r, _, err := c.Join(device, inventory.Each(docs))
	return r, err
}

// OpenTelling is Open, and calls told with the content of each document, by its number, before it is joined. The
// content is only valid until told returns.
func (c *Codec) OpenTelling(device inventory.Device, docs []inventory.Document,
	told func(doc int, content *inventory.Report)) (*inventory.Report, error) {
	n := 0
	r, _, err := c.join(device, inventory.Each(docs), func(content *inventory.Report) {
		told(n, content)
		n++
	})
	return r, err
}
