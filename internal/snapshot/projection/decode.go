package projection

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/bits"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// reader decodes sections; after an error it returns zeros.
type reader struct {
	packed.Reader
	texts []string
}

// File is the file of a projection, of which only the wanted sections are read. Each is checked by
// itself.
type File struct {
	from     io.ReaderAt
	sections []section
}

type section struct {
	at int64
	gzipjoin.Fragment
}

// Open reads the list of sections of a file: of a projection, or of a summary. Errors about its content
// wrap ErrForm.
func Open(from io.ReaderAt, size int64) (*File, error) {
	const most = len(word) + 1 + sectionCount*(2*binary.MaxVarintLen64+4)
	start := make([]byte, min(size, int64(most)))
	if _, err := from.ReadAt(start, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading projection: %w", err)
	}
	rest, ok := bytes.CutPrefix(start, []byte(word))
	if !ok {
		return nil, fmt.Errorf("it begins with %q: %w", start[:min(len(start), len(word))], ErrForm)
	}
	r := packed.Reader{Rest: rest}
	f := &File{from: from}
	n := r.Uvarint()
	if n != summarySections && n != sectionCount {
		r.Fail("%d sections", n)
		n = 0
	}
	for range n {
		one := section{Fragment: gzipjoin.Fragment{Raw: r.Number(), Size: r.Number()}}
		one.CRC = binary.LittleEndian.Uint32(r.Bytes(4))
		if one.Raw > maxSection || one.Size > size {
			r.Fail("section of %d bytes", one.Size)
		}
		f.sections = append(f.sections, one)
	}
	at := int64(len(start) - len(r.Rest))
	for i := range f.sections {
		f.sections[i].at = at
		at += f.sections[i].Size
	}
	if at != size {
		r.Fail("%d bytes, want %d", size, at)
	}
	if r.Err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, r.Err)
	}
	return f, nil
}

// section inflates a section.
func (f *File) section(n int) (*reader, error) {
	if n >= len(f.sections) {
		return nil, fmt.Errorf("no section %d: %w", n, ErrForm)
	}
	s := f.sections[n]
	deflated := make([]byte, s.Size)
	if n, err := f.from.ReadAt(deflated, s.at); n < len(deflated) { // an empty section may be at the end
		return nil, fmt.Errorf("reading projection: %w", err)
	}
	raw, err := gzipjoin.NewDecoder().Append(nil, deflated, s.Fragment)
	if err != nil {
		return nil, fmt.Errorf("section %d: %w: %w", n, ErrForm, err)
	}
	return &reader{Reader: packed.Reader{Rest: raw}}, nil
}

// end checks that all was read without an error.
func (r *reader) end(last string) error {
	if err := r.End(last); err != nil {
		return fmt.Errorf("%w: %w", ErrForm, err)
	}
	return nil
}

func (r *reader) readTexts() {
	r.texts = make([]string, 0, r.Count(1))
	for range cap(r.texts) {
		r.texts = append(r.texts, r.Text())
	}
}

// refer reads the numbers of texts.
func (r *reader) refer(into ...*string) {
	for _, s := range into {
		n := r.Uvarint()
		if n >= uint64(len(r.texts)) {
			r.Fail("text %d of %d", n, len(r.texts))
			return
		}
		*s = r.texts[n]
	}
}

func (r *reader) float() float64 { return math.Float64frombits(bits.ReverseBytes64(r.Uvarint())) }

func (r *reader) severities() (s counts.Severities) {
	r.Numbers(&s.Critical, &s.High, &s.Medium, &s.Low, &s.Unrated)
	return s
}

func (r *reader) time() time.Time {
	if ms := r.Varint(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// Head reads the head.
func (f *File) Head() (*Head, error) {
	r, err := f.section(headSection)
	if err != nil {
		return nil, err
	}
	h := r.head()
	return h, r.end("sum")
}

// More reads the other section in a file of a summary.
func (f *File) More() ([]byte, error) {
	if len(f.sections) != summarySections {
		return nil, fmt.Errorf("%d sections: %w", len(f.sections), ErrForm)
	}
	r, err := f.section(headSection + 1)
	if err != nil {
		return nil, err
	}
	return r.Rest, nil
}

func (r *reader) head() *Head {
	h := &Head{}
	r.readTexts()
	h.Findings = make([]Finding, 0, r.Count(11))
	for range cap(h.Findings) {
		var f Finding
		r.refer(&f.CVE, &f.Severity, &f.Exploitability, &f.Update.Title, &f.Update.ID, &f.Update.URL, &f.MitigationStatus,
			&f.BatchTitle, &f.BatchURL)
		f.Score = r.float()
		marks := r.Bytes(1)[0]
		f.Advisory, f.UpdateAvailable = marks&markAdvisory != 0, marks&markAvailable != 0
		h.Findings = append(h.Findings, f)
	}
	r.releases(h)
	h.Configurations = make([]Configuration, 0, r.Count(6+OutcomeCount))
	for range cap(h.Configurations) {
		var c Configuration
		r.refer(&c.ID, &c.Name, &c.Category, &c.Subcategory)
		c.Impact = r.float()
		c.UserImpact = r.Bytes(1)[0] != 0
		for o := range c.Devices {
			c.Devices[o] = r.Number()
		}
		h.Configurations = append(h.Configurations, c)
	}
	distinct, _ := h.distinctCVEs()
	for _, c := range distinct {
		h.CVEs = append(h.CVEs, CVE{c.ID, c.Advisory, r.Number()})
	}
	for _, p := range h.ByProduct() {
		h.Products = append(h.Products, Product{p.Vendor, p.Name, r.Number(), r.Number()})
	}
	h.Devices, h.Severities, h.Exploited = r.Number(), r.severities(), r.severities()
	return h
}

// releases reads the sets of findings and the releases.
func (r *reader) releases(h *Head) {
	sets := make([][]uint32, 0, r.Count(1))
	for range cap(sets) {
		set, last := make([]uint32, 0, r.Count(1)), uint64(0)
		for i := range cap(set) {
			step := r.Uvarint()
			if last += step; last >= uint64(len(h.Findings)) || step > last || i > 0 && step == 0 {
				r.Fail("finding %d of %d", last, len(h.Findings))
				return
			}
			set = append(set, uint32(last))
		}
		sets = append(sets, set)
	}
	h.Releases = make([]Release, 0, r.Count(9))
	for range cap(h.Releases) {
		var one Release
		r.refer(&one.Vendor, &one.Name, &one.Version, &one.EndOfSupport, &one.EndOfSupportDate)
		one.Shown = Shown(r.Bytes(1)[0])
		one.Weaknesses = r.Number()
		n := r.Uvarint()
		if n >= uint64(len(sets)) {
			r.Fail("set %d of %d", n, len(sets))
			return
		}
		one.Findings, one.Devices = sets[n], r.Number()
		h.Releases = append(h.Releases, one)
	}
}

// Parse reads the file of a projection from memory.
func Parse(data []byte) (*Projection, error) {
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	return f.Projection()
}

// Projection reads everything.
func (f *File) Projection() (*Projection, error) {
	head, err := f.Head()
	if err != nil {
		return nil, err
	}
	devices, err := f.Devices()
	if err != nil {
		return nil, err
	}
	return f.With(head, devices)
}

// With reads everything but the head and the devices, which were read before.
func (f *File) With(head *Head, devices []Device) (p *Projection, err error) {
	p = &Projection{Head: *head, Devices: devices}
	if p.releases, err = f.lists(releaseSection); err != nil {
		return nil, err
	}
	if p.outcomes, err = f.lists(outcomeSection); err != nil {
		return nil, err
	}
	return p, p.check()
}

// check checks that the lists are those of the head.
func (p *Projection) check() error {
	if int64(len(p.Devices)) != p.Head.Devices || len(p.releases.ends) != len(p.Releases) ||
		len(p.outcomes.ends) != len(p.Configurations)*OutcomeCount {
		return fmt.Errorf("%d devices and %d and %d lists do not belong to the head: %w", len(p.Devices), len(p.releases.ends),
			len(p.outcomes.ends), ErrForm)
	}
	for i := range p.Releases {
		if !p.releases.check(i, p.Releases[i].Devices, len(p.Devices)) {
			return fmt.Errorf("devices of release %d: %w", i, ErrForm)
		}
	}
	for i := range p.Configurations {
		for o, n := range p.Configurations[i].Devices {
			if !p.outcomes.check(i*OutcomeCount+o, n, len(p.Devices)) {
				return fmt.Errorf("devices of configuration %d: %w", i, ErrForm)
			}
		}
	}
	return nil
}

func (f *File) lists(section int) (l lists, err error) {
	r, err := f.section(section)
	if err != nil {
		return l, err
	}
	l.ends = make([]uint32, 0, r.Count(1))
	sum := uint64(0)
	for range cap(l.ends) {
		if sum += r.Uvarint(); sum > uint64(len(r.Rest)) {
			r.Fail("cut off")
			break
		}
		l.ends = append(l.ends, uint32(sum))
	}
	l.data = r.Bytes(int(min(sum, maxSection)))
	return l, r.end("list")
}

// Devices reads the devices alone, without what they have.
func (f *File) Devices() ([]Device, error) {
	r, err := f.section(deviceSection)
	if err != nil {
		return nil, err
	}
	n := r.Count(idSize + 24)
	r.readTexts()
	all := make([]Device, 0, n)
	for i := range n {
		d := r.device()
		if i > 0 && d.ID <= all[i-1].ID {
			r.Fail("device %q does not come after %q", d.ID, all[i-1].ID)
		}
		if r.Err != nil {
			break
		}
		all = append(all, d)
	}
	return all, r.end("device")
}

func (r *reader) device() (d Device) {
	d.ID, d.Name = hex.EncodeToString(r.Bytes(idSize)), r.Text()
	r.refer(&d.OSPlatform, &d.OSVersion, &d.OSArchitecture)
	if n := r.Count(1); n > 0 {
		d.Tags = make([]string, n)
		for i := range d.Tags {
			r.refer(&d.Tags[i])
		}
	}
	d.FirstSeen, d.LastSeen = r.time(), r.time()
	marks := r.Bytes(3)
	d.FromRows, d.State, d.Reason = marks[0] != 0, coverage.State(marks[1]), coverage.Reason(marks[2])
	d.Severities, d.Exploited, d.Software = r.severities(), r.severities(), r.Number()
	for o := range d.Outcomes {
		d.Outcomes[o] = r.Number()
	}
	return d
}
