package projection

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/row"
)

// Builder makes the projection of one range from its devices in order of id. Findings, releases and
// configurations are numbered in the order in which they come; finish sorts them.
type Builder struct {
	parser
	findings       map[Finding]uint32
	allFindings    []Finding
	releases       map[string]uint32 // by what distinguishes them
	allReleases    []*building
	configurations map[row.Configuration]uint32
	allConfigured  []configured
	devices        []Device
	// has are the releases of all devices, one after the other; each device's end at its place in ends.
	has  []uint32
	ends []int
	// reader marks the notes on what rows of software were made of, read are the findings by the text of
	// their fields, and checked are the configurations by the pieces of their rows.
	reader  *assess.Reader
	read    map[string]uint32
	checked map[*row.ConfigurationPiece]uint32
	cursors [defender.DatasetCount]cursor
	copied  copied
	buf     []byte
}

// building is a release while its devices come.
type building struct {
	Release
	id    string // what distinguishes it; it begins with
	key   int    // the order of its rows, of so many bytes
	tally *tally // of its findings; nil without
}

// share makes the texts of the software parts of the id, where that has them as they are: a device may
// have very many releases.
func (r *building) share() {
	if key := strings.Split(r.id[:r.key], "\x00"); len(key) == 3 && r.SoftwareKey == (row.SoftwareKey{Vendor: key[0],
		Name: key[1], Version: key[2]}) {
		r.SoftwareKey = row.SoftwareKey{Vendor: key[0], Name: key[1], Version: key[2]}
	}
}

// tally counts the findings of a release.
type tally struct{ severities, exploited counts.Severities }

type configured struct {
	row.Configuration
	lists [OutcomeCount]list
}

// copied is the projection that was last copied from: its releases and configurations by number, one
// more than the new number, 0 if it has none yet.
type copied struct {
	from                     *Projection
	releases, configurations []uint32
}

// NewBuilder begins a range.
func NewBuilder() *Builder {
	return &Builder{
		parser:   parser{texts: map[string]string{}},
		findings: map[Finding]uint32{}, releases: map[string]uint32{}, configurations: map[row.Configuration]uint32{},
		reader: new(assess.Reader), read: map[string]uint32{}, checked: map[*row.ConfigurationPiece]uint32{},
	}
}

// AddRows adds a device by its rows alone. The device needs an id; what else is known of it is kept,
// and what is not is read from the rows.
func (b *Builder) AddRows(d Device, rows *assess.Rows) error {
	if d.Name == "" {
		if err := b.identity(&d, rows); err != nil {
			return err
		}
	}
	b.begin(&d)
	var live []*cursor
	for _, set := range softwareDatasets {
		c := &b.cursors[set]
		if err := c.start(set, rows[set]); err != nil {
			return err
		}
		live = append(live, c)
	}
	var key []byte
	for {
		first := earliest(live)
		if first == nil {
			break
		}
		key = append(key[:0], first.key...)
		var some assess.Rows
		for _, c := range live {
			var err error
			if some[c.dataset], err = c.take(key); err != nil {
				return err
			}
		}
		if err := b.addSoftware(&some, nil); err != nil {
			return err
		}
	}
	return b.addConfigurations(rows[defender.Configurations])
}

// earliest returns the cursor with the first key; nil if all are at their end.
func earliest(all []*cursor) (first *cursor) {
	for _, c := range all {
		if c.key != nil && (first == nil || string(c.key) < string(first.key)) {
			first = c
		}
	}
	return first
}

// Add adds a device with the rows that were just made, and from what.
func (b *Builder) Add(d Device, rows *assess.Rows, from *assess.Made) error {
	b.begin(&d)
	var begin [defender.DatasetCount]uint32
	for i := range from.Software {
		s := &from.Software[i]
		var some assess.Rows
		for set := range rows {
			some[set] = rows[set][begin[set]:s.Rows[set].End]
			begin[set] = s.Rows[set].End
		}
		if err := b.addSoftware(&some, s); err != nil {
			return err
		}
	}
	for i := range from.Judged {
		j := &from.Judged[i]
		n, ok := b.checked[j.Piece]
		if !ok {
			if _, err := b.scan(defender.Configurations, rows[defender.Configurations][j.At:]); err != nil {
				return err
			}
			n = b.internConfiguration(b.configuration())
			b.checked[j.Piece] = n
		}
		b.judge(n, OutcomeOf(j.Applicable, j.Compliant))
	}
	return nil
}

// begin begins a device: what it has is added to it.
func (b *Builder) begin(d *Device) {
	d.Severities, d.Exploited, d.Software, d.Outcomes = counts.Severities{}, counts.Severities{}, 0, [OutcomeCount]int64{}
	b.devices, b.ends = append(b.devices, *d), append(b.ends, len(b.has))
}

// current returns the device that was begun last, and its number.
func (b *Builder) current() (*Device, uint32) {
	n := len(b.devices) - 1
	return &b.devices[n], uint32(n)
}

// addSoftware adds the rows of one software of the device; from may be nil.
func (b *Builder) addSoftware(rows *assess.Rows, from *assess.MadeSoftware) error {
	if from != nil && from.Of != nil && b.noted(from) {
		b.have(from.Of.Note.Number)
		return nil
	}
	r, err := b.release(rows, b.readFinding)
	if err != nil {
		return err
	}
	if r.Shown == 0 && len(r.Findings) == 0 {
		return nil // all its rows were dropped
	}
	n := b.internRelease(&r)
	if from != nil && from.Of != nil {
		note := &from.Of.Note
		note.By, note.Number = b.reader, n
		for set := range note.Rows {
			note.Rows[set] = from.Rows[set].N
		}
	}
	b.have(n)
	return nil
}

// noted reports whether the builder has read as many rows of the same source.
func (b *Builder) noted(s *assess.MadeSoftware) bool {
	note := &s.Of.Note
	if note.By != b.reader {
		return false
	}
	for set := range note.Rows {
		if note.Rows[set] != s.Rows[set].N {
			return false
		}
	}
	return true
}

// have adds a release to the device. Finish does the rest, for all devices together: the releases of one
// are far from each other in memory.
func (b *Builder) have(n uint32) {
	b.has = append(b.has, n)
	b.ends[len(b.ends)-1] = len(b.has)
}

// judge adds the outcome of a configuration to the device.
func (b *Builder) judge(n uint32, o Outcome) {
	d, number := b.current()
	b.allConfigured[n].lists[o].add(number)
	d.Outcomes[o]++
}

func (b *Builder) addConfigurations(rows []byte) (err error) {
	for len(rows) > 0 {
		if rows, err = b.scan(defender.Configurations, rows); err != nil {
			return err
		}
		b.judge(b.internConfiguration(b.configuration()),
			OutcomeOf(b.is(defender.FieldIsApplicable), b.is(defender.FieldIsCompliant)))
	}
	return nil
}

// readFinding numbers the finding of the row that was scanned.
func (b *Builder) readFinding(advisory bool) uint32 {
	text := b.appendFinding(b.buf[:0], advisory)
	b.buf = text
	if n, ok := b.read[string(text)]; ok {
		return n
	}
	f := b.finding(advisory)
	n := b.internFinding(&f)
	if len(b.read) >= maxRead {
		clear(b.read)
	}
	b.read[string(text)] = n
	return n
}

func (b *Builder) internFinding(f *Finding) uint32 {
	n, ok := b.findings[*f]
	if !ok {
		n = uint32(len(b.allFindings))
		b.findings[*f] = n
		b.allFindings = append(b.allFindings, *f)
	}
	return n
}

func (b *Builder) internConfiguration(c row.Configuration) uint32 {
	n, ok := b.configurations[c]
	if !ok {
		n = uint32(len(b.allConfigured))
		b.configurations[c] = n
		b.allConfigured = append(b.allConfigured, configured{Configuration: c})
	}
	return n
}

// internRelease numbers a release, whose findings have the builder's numbers.
func (b *Builder) internRelease(r *Release) uint32 {
	key := r.AppendKey(b.buf[:0])
	end := len(key)
	key = append(key, 0, byte(r.Shown))
	key = append(append(append(key, r.EndOfSupport...), 0), r.EndOfSupportDate...)
	key = binary.AppendVarint(append(key, 0), r.Weaknesses)
	for _, f := range r.Findings {
		key = binary.AppendUvarint(key, uint64(f))
	}
	b.buf = key
	n, ok := b.releases[string(key)]
	if ok {
		return n
	}
	n = uint32(len(b.allReleases))
	made := &building{Release: *r, id: string(key), key: end}
	made.Devices = 0
	made.share()
	b.releases[made.id] = n
	if len(r.Findings) > 0 {
		made.tally = new(tally)
	}
	for _, f := range r.Findings {
		made.tally.count(&b.allFindings[f])
	}
	b.allReleases = append(b.allReleases, made)
	return n
}

// count counts a finding, unless it is an advisory without a CVE.
func (t *tally) count(f *Finding) {
	if f.Advisory {
		return
	}
	t.severities.Count(f.Severity)
	if f.Exploited() {
		t.exploited.Count(f.Severity)
	}
}

// Copy adds devices [from, to) of another projection.
func (b *Builder) Copy(old *Projection, from, to int) error {
	if to > len(old.Devices) {
		return fmt.Errorf("devices %d to %d of a projection of %d: %w", from, to, len(old.Devices), ErrForm)
	}
	if b.copied.from != old {
		b.copied = copied{old, make([]uint32, len(old.Releases)), make([]uint32, len(old.Configurations))}
	}
	has := old.Transposed()
	for i := from; i < to; i++ {
		d := old.Devices[i]
		b.begin(&d)
		for _, r := range has.Releases(i) {
			b.have(b.renumberRelease(old, r))
		}
		for _, j := range has.Judged(i) {
			b.judge(b.renumberConfiguration(old, j.Configuration), j.Outcome)
		}
	}
	return nil
}

func (b *Builder) renumberRelease(old *Projection, r uint32) uint32 {
	known := &b.copied.releases[r]
	if *known == 0 {
		same := old.Releases[r]
		same.Findings = make([]uint32, len(old.Releases[r].Findings))
		for i, f := range old.Releases[r].Findings {
			same.Findings[i] = b.internFinding(&old.Findings[f])
		}
		*known = b.internRelease(&same) + 1
	}
	return *known - 1
}

func (b *Builder) renumberConfiguration(old *Projection, c uint32) uint32 {
	known := &b.copied.configurations[c]
	if *known == 0 {
		*known = b.internConfiguration(old.Configurations[c].Configuration) + 1
	}
	return *known - 1
}
