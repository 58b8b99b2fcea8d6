package projection

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// A file is binary: word; count of sections; of each: its size, its deflated size and its CRC-32; then
// the sections, deflated each (package gzipjoin). Numbers are varints. The first section is the head,
// and in a summary one of its user follows:
//
//	texts           count; each text, sorted: length and bytes. Other values refer to them by number
//	findings        count; of each: CVE, severity, exploitability, update's title, id and address,
//	                mitigation status, title and address of the batch; score (float64, bits
//	                reversed); marks
//	sets            count; of each: count of findings, and differences of their numbers
//	releases        count; of each: vendor, name, version, end of support and its date, rows,
//	                weaknesses, number of its set, devices
//	configurations  count; of each: id, name, category, subcategory; impact as a score; marks;
//	                devices by outcome
//	CVEs, products  in the order of findings and releases: devices; devices and exposed devices
//	sums            devices, five counts by severity, and five of those with an exploit
//
// The others: the lists of devices of releases, and those of the outcomes of configurations (count; of
// each its length; then the bytes: differences between the numbers of devices); the devices: count;
// texts; of each 20 bytes id, then numbers.
const word = "muster projection 1\n"

// The sections of a file.
const (
	headSection = iota
	releaseSection
	outcomeSection
	deviceSection
	sectionCount
)

// summarySections is the number of sections in a file of a summary.
const summarySections = 2

const (
	// idSize is the size of a device's id, in bytes.
	idSize = 20
	// maxSection bounds a section, in bytes.
	maxSection = 1 << 30
)

// The marks of a finding.
const (
	markAdvisory = 1 << iota
	markAvailable
)

// texts numbers texts.
type texts struct {
	numbers map[string]uint64
	sorted  []string
}

func collect(each func(yield func(string))) *texts {
	t := &texts{numbers: map[string]uint64{}}
	each(func(s string) {
		if _, ok := t.numbers[s]; !ok {
			t.numbers[s] = 0
			t.sorted = append(t.sorted, s)
		}
	})
	slices.Sort(t.sorted)
	for i, s := range t.sorted {
		t.numbers[s] = uint64(i)
	}
	return t
}

func (t *texts) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(t.sorted)))
	for _, s := range t.sorted {
		dst = packed.AppendString(dst, s)
	}
	return dst
}

// refer appends the numbers of texts.
func (t *texts) refer(dst []byte, all ...string) []byte {
	for _, s := range all {
		dst = binary.AppendUvarint(dst, t.numbers[s])
	}
	return dst
}

func (f *Finding) texts() []string {
	return []string{f.CVE, f.Severity, f.Exploitability, f.Update.Title, f.Update.ID, f.Update.URL, f.MitigationStatus,
		f.BatchTitle, f.BatchURL}
}

func (r *Release) texts() []string {
	return []string{r.Vendor, r.Name, r.Version, r.EndOfSupport, r.EndOfSupportDate}
}

func (c *Configuration) texts() []string { return []string{c.ID, c.Name, c.Category, c.Subcategory} }

func (h *Head) texts(yield func(string)) {
	each := func(all []string) {
		for _, s := range all {
			yield(s)
		}
	}
	for i := range h.Findings {
		each(h.Findings[i].texts())
	}
	for i := range h.Releases {
		each(h.Releases[i].texts())
	}
	for i := range h.Configurations {
		each(h.Configurations[i].texts())
	}
}

func appendFloat(dst []byte, f float64) []byte {
	return binary.AppendUvarint(dst, bits.ReverseBytes64(math.Float64bits(f)))
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.AppendVarint(dst, 0)
	}
	return binary.AppendVarint(dst, t.UnixMilli())
}

// append encodes the section.
func (h *Head) append(dst []byte) []byte {
	t := collect(h.texts)
	dst = t.append(dst)
	dst = binary.AppendUvarint(dst, uint64(len(h.Findings)))
	for i := range h.Findings {
		f := &h.Findings[i]
		dst = appendFloat(t.refer(dst, f.texts()...), f.Score)
		marks := byte(0)
		if f.Advisory {
			marks |= markAdvisory
		}
		if f.UpdateAvailable {
			marks |= markAvailable
		}
		dst = append(dst, marks)
	}
	dst = h.appendReleases(dst, t)
	dst = binary.AppendUvarint(dst, uint64(len(h.Configurations)))
	for i := range h.Configurations {
		c := &h.Configurations[i]
		dst = appendFloat(t.refer(dst, c.texts()...), c.Impact)
		marks := byte(0)
		if c.UserImpact {
			marks = 1
		}
		dst = packed.AppendNumbers(append(dst, marks), c.Devices[:]...)
	}
	for i := range h.CVEs {
		dst = packed.AppendNumbers(dst, h.CVEs[i].Devices)
	}
	for i := range h.Products {
		dst = packed.AppendNumbers(dst, h.Products[i].Devices, h.Products[i].Exposed)
	}
	dst = packed.AppendNumbers(dst, h.Devices)
	return appendSeverities(appendSeverities(dst, &h.Severities), &h.Exploited)
}

func appendSeverities(dst []byte, s *counts.Severities) []byte {
	return packed.AppendNumbers(dst, s.Critical, s.High, s.Medium, s.Low, s.Unrated)
}

// appendReleases encodes the sets of findings, each once, and the releases.
func (h *Head) appendReleases(dst []byte, t *texts) []byte {
	var sets []byte
	number, known := make([]int64, len(h.Releases)), map[string]int64{}
	var set []byte
	for i := range h.Releases {
		set = binary.AppendUvarint(set[:0], uint64(len(h.Releases[i].Findings)))
		last := uint32(0)
		for _, f := range h.Releases[i].Findings {
			set = binary.AppendUvarint(set, uint64(f-last))
			last = f
		}
		n, ok := known[string(set)]
		if !ok {
			n = int64(len(known))
			known[string(set)] = n
			sets = append(sets, set...)
		}
		number[i] = n
	}
	dst = binary.AppendUvarint(dst, uint64(len(known)))
	dst = append(dst, sets...)
	dst = binary.AppendUvarint(dst, uint64(len(h.Releases)))
	for i := range h.Releases {
		r := &h.Releases[i]
		dst = append(t.refer(dst, r.texts()...), byte(r.Shown))
		dst = packed.AppendNumbers(dst, r.Weaknesses, number[i], r.Devices)
	}
	return dst
}

func (l *lists) encode() (dst []byte) {
	dst = binary.AppendUvarint(dst, uint64(len(l.ends)))
	for n := range l.ends {
		dst = binary.AppendUvarint(dst, uint64(len(l.of(n))))
	}
	return append(dst, l.data...)
}

// appendDevices encodes the devices.
func appendDevices(dst []byte, all []Device) ([]byte, error) {
	t := collect(func(yield func(string)) {
		for i := range all {
			for _, s := range append([]string{all[i].OSPlatform, all[i].OSVersion, all[i].OSArchitecture}, all[i].Tags...) {
				yield(s)
			}
		}
	})
	dst = t.append(binary.AppendUvarint(dst, uint64(len(all))))
	for i := range all {
		d := &all[i]
		id, err := hex.DecodeString(d.ID)
		if err != nil || len(id) != idSize {
			return nil, fmt.Errorf("device id %q: want 40 hexadecimal digits", d.ID)
		}
		if i > 0 && d.ID <= all[i-1].ID {
			return nil, fmt.Errorf("device %q does not come after %q", d.ID, all[i-1].ID)
		}
		dst = packed.AppendString(append(dst, id...), d.Name)
		dst = t.refer(dst, d.OSPlatform, d.OSVersion, d.OSArchitecture)
		dst = t.refer(binary.AppendUvarint(dst, uint64(len(d.Tags))), d.Tags...)
		dst = appendTime(appendTime(dst, d.FirstSeen), d.LastSeen)
		marks := byte(0)
		if d.FromRows {
			marks = 1
		}
		dst = append(dst, marks, byte(d.State), byte(d.Reason))
		dst = appendSeverities(appendSeverities(dst, &d.Severities), &d.Exploited)
		dst = packed.AppendNumbers(packed.AppendNumbers(dst, d.Software), d.Outcomes[:]...)
	}
	return dst, nil
}

// Encode returns the file of a projection.
func (p *Projection) Encode(e *gzipjoin.Encoder) ([]byte, error) {
	devices, err := appendDevices(nil, p.Devices)
	if err != nil {
		return nil, err
	}
	return encode(e, p.Head.append(nil), p.releases.encode(), p.outcomes.encode(), devices)
}

// Encode returns the file of a head with a section of its user, for a summary.
func (h *Head) Encode(e *gzipjoin.Encoder, more []byte) ([]byte, error) {
	return encode(e, h.append(nil), more)
}

func encode(e *gzipjoin.Encoder, sections ...[]byte) ([]byte, error) {
	file := binary.AppendUvarint([]byte(word), uint64(len(sections)))
	var data []byte
	for _, section := range sections {
		var f gzipjoin.Fragment
		var err error
		if data, f, err = e.Append(data, section); err != nil {
			return nil, fmt.Errorf("making projection: %w", err)
		}
		file = packed.AppendNumbers(file, f.Raw, f.Size)
		file = binary.LittleEndian.AppendUint32(file, f.CRC)
	}
	return append(file, data...), nil
}
