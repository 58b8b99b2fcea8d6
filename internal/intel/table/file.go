package table

import (
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"

	"github.com/muster-project/muster/internal/intel/column"
)

// format is the file format of tables. Its version is raised when the columns change, and also when a
// parser reads other records of the same files: a table of an earlier version is compiled anew from the
// feed's raw files, which are kept, so what was mended reaches feeds that nobody fetches again.
//
// Format 1 had no severities and fewer levels of trust, format 2 no extents, format 3 no words and
// vectors, format 4 no advisories without a CVE and no likelihoods, format 5 no updates. Format 6 had other bounds of
// SharePoint and of store packages. Format 7 had no states of fixes, no publishers' own statements, no statements on
// builds for minor releases, no titles of software, no exploits by references to Exploit-DB without a tag, and updates
// for what is open. Format 8 had no checks of settings, format 9 versions with a dot twice.
var format = column.Format{Magic: "muster table\n", Version: 10}

// ID identifies the table's content.
func (t *Table) ID() string { return t.id }

func idOf(sum column.Sum) string { return hex.EncodeToString(sum[:16]) }

// Decode loads the table from a file's bytes and keeps none of them. Errors wrap
// column.ErrDamaged, column.ErrNewer or column.ErrOlder.
func Decode(data []byte) (*Table, error) {
	t := &Table{}
	sum, err := format.Read(data, t.visit)
	if err == nil && !t.check() {
		err = fmt.Errorf("%w: columns do not agree", column.ErrDamaged)
	}
	if err != nil {
		return nil, err
	}
	t.id = idOf(sum)
	return t, nil
}

// Open loads the table in a file. Errors are those of Decode and of reading the file.
func Open(fsys fs.FS, name string) (*Table, error) {
	data, err := column.ReadFile(fsys, name)
	var t *Table
	if err == nil {
		t, err = Decode(data)
	}
	if err != nil {
		return nil, fmt.Errorf("opening table %q: %w", name, err)
	}
	return t, nil
}

// Identify returns the id of the table in a file and the file's size in bytes, without loading it.
func Identify(fsys fs.FS, name string) (id string, bytes int64, err error) {
	sum, bytes, err := format.Identify(fsys, name)
	if err != nil {
		return "", bytes, fmt.Errorf("reading table %q: %w", name, err)
	}
	return idOf(sum), bytes, nil
}

// WriteFile writes the table's file.
func (t *Table) WriteFile(out io.Writer) error {
	if err := format.Write(out, t.visit); err != nil {
		return fmt.Errorf("writing table: %w", err)
	}
	return nil
}

// visit calls v with every part of the table in the file's order.
func (t *Table) visit(v column.Visitor) {
	column.Int(v, &t.Records)
	column.Int(v, &t.Weight)
	t.Texts.Visit(v)
	t.Extent.visit(v)
	t.Binaries.visit(v)
	c, s, l := &t.CVEs, &t.Statements, &t.Lifecycles
	v.Numbers(&c.ID)
	for _, part := range [...]*[]byte{&c.Flags, &c.Exploit, &c.Score, &c.Rank, &c.By, &c.Severity} {
		v.Bytes(part)
	}
	v.Longs(&c.Published)
	v.Longs(&c.Updated)
	v.Numbers(&c.Vector)
	t.Words.visit(v)
	t.Known.visit(v)
	t.Likely.visit(v)
	t.Updates.visit(v)
	v.Numbers(&t.Subjects.Key)
	v.Bytes(&t.Subjects.Flags)
	for _, part := range [...]*[]uint32{
		&t.Subjects.Statements, &t.Titles.Vendor, &t.Titles.Name, &t.Titles.Statements,
		&s.CVE, &s.Source, &s.Platforms, &s.Target, &s.Edition, &s.Fix, &s.Ranges,
		&t.Ranges.Exact, &t.Ranges.Low, &t.Ranges.High, &t.Fixes.ID, &t.Fixes.Title, &t.Fixes.URL,
		&t.Votes.Vendor, &t.Votes.Name, &t.Votes.Subject, &t.Votes.Target, &t.Votes.Count,
		&l.Keys, &l.Cycles, &l.Key, &l.Name, &l.Latest,
	} {
		v.Numbers(part)
	}
	for _, part := range [...]*[]byte{&s.Trust, &t.Ranges.Flags, &t.Fixes.Available, &t.Fixes.Severity, &t.Fixes.State,
		&l.Ended} {
		v.Bytes(part)
	}
	v.Longs(&l.EndsAt)
	v.Numbers(&t.Aliases)
	v.Numbers(&t.Checks)
}

// check reports whether every number refers to an existing row, so that a damaged file cannot
// cause access out of bounds.
func (t *Table) check() bool {
	s, l := &t.Statements, &t.Lifecycles
	texts, statements := uint32(t.Texts.Len()), uint32(len(s.CVE))
	return t.Texts.Check() && t.sameLengths() && t.Extent.check(texts) && t.Binaries.check(texts) &&
		t.Words.check(uint32(len(t.CVEs.ID))) && t.Known.check(uint32(len(t.CVEs.ID))) &&
		t.Likely.check(texts) && t.Updates.check(texts, uint32(len(t.CVEs.ID))) &&
		column.Within(texts, t.CVEs.ID, t.CVEs.Vector, t.Subjects.Key, t.Titles.Vendor, t.Titles.Name,
			s.Source, s.Target, s.Edition,
			t.Ranges.Exact, t.Ranges.Low, t.Ranges.High, t.Fixes.ID, t.Fixes.Title, t.Fixes.URL,
			t.Votes.Vendor, t.Votes.Name, t.Votes.Subject, t.Votes.Target, l.Key, l.Name, l.Latest, t.Aliases, t.Checks) &&
		column.Within(uint32(len(t.CVEs.ID)), s.CVE) && column.Within(uint32(len(t.Fixes.ID)), s.Fix) &&
		column.Starts(s.Ranges, statements, uint32(len(t.Ranges.Exact))) && t.statementsInside(statements) &&
		column.Starts(l.Keys, uint32(len(l.Cycles)-1), uint32(len(l.Key))) &&
		column.Starts(l.Cycles, uint32(len(l.Keys)-1), uint32(len(l.Name))) && t.keyed()
}

func (t *Table) sameLengths() bool {
	c, s, r, f, l := &t.CVEs, &t.Statements, &t.Ranges, &t.Fixes, &t.Lifecycles
	return column.Same(len(c.ID), len(c.Flags), len(c.Exploit), len(c.Score), len(c.Rank), len(c.By), len(c.Severity),
		len(c.Published), len(c.Updated), len(c.Vector)) &&
		column.Same(len(t.Subjects.Key), len(t.Subjects.Flags), len(t.Subjects.Statements)-1) &&
		column.Same(len(t.Titles.Vendor), len(t.Titles.Name), len(t.Titles.Statements)-1) &&
		column.Same(len(s.CVE), len(s.Source), len(s.Platforms), len(s.Target), len(s.Edition), len(s.Fix), len(s.Trust)) &&
		column.Same(len(r.Exact), len(r.Low), len(r.High), len(r.Flags)) &&
		column.Same(len(f.ID), len(f.Title), len(f.URL), len(f.Available), len(f.Severity),
			len(f.State)) &&
		column.Same(len(t.Votes.Vendor), len(t.Votes.Name), len(t.Votes.Subject), len(t.Votes.Target), len(t.Votes.Count)) &&
		column.Same(len(l.Name), len(l.Latest), len(l.Ended), len(l.EndsAt)) && len(l.Keys) > 0 &&
		len(l.Keys) == len(l.Cycles)
}

// statementsInside reports whether subjects and, after them, titles cover all statements.
func (t *Table) statementsInside(statements uint32) bool {
	middle := t.Subjects.Statements[len(t.Subjects.Statements)-1]
	if middle > statements || t.Titles.Statements[0] != middle {
		return false
	}
	later := make([]uint32, len(t.Titles.Statements))
	for i, at := range t.Titles.Statements {
		later[i] = at - middle
	}
	return column.Starts(t.Subjects.Statements, uint32(len(t.Subjects.Key)), middle) &&
		column.Starts(later, uint32(len(t.Titles.Vendor)), statements-middle)
}

// keyed reports whether rows that are merged by key are in order, each key once, and whether every
// life cycle has a key.
func (t *Table) keyed() bool {
	if !ascends(t.CVEs.ID) || !ascends(t.Subjects.Key) {
		return false
	}
	for i := 1; i < len(t.Lifecycles.Keys); i++ {
		if t.Lifecycles.Keys[i-1] == t.Lifecycles.Keys[i] {
			return false
		}
	}
	return true
}
