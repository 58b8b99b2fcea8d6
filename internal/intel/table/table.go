package table

import (
	"slices"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/subject"
)

// Table is one compiled feed. It is immutable and safe for concurrent use. Columns of equal length
// make a part, a row is an index into them, and texts are indices into Texts. If rows belong to
// those of another part, that part has a column of starts with one element more than it has rows.
type Table struct {
	id string
	// Records is the number of the feed's records. Weight is the number of rules that a catalog
	// may have to make from them, plus one for each record that makes none.
	Records, Weight int
	// Extent is what the feed holds, for comparing it with what its publisher lists.
	Extent Extent

	Texts      column.Texts
	CVEs       CVEs
	Words      Words
	Known      Known
	Likely     Likely
	Subjects   Subjects
	Titles     Titles
	Statements Statements
	Ranges     Ranges
	Fixes      Fixes
	Votes      Votes
	Lifecycles Lifecycles
	Binaries   Binaries
	Updates    Updates
	// Aliases are files of software titles.
	Aliases []uint32
	// Checks are files of checks of settings.
	Checks []uint32
}

// CVEs has the CVEs that the feed names, and the advisories that name none, by id.
type CVEs struct {
	ID []uint32
	// Flags are the flags of each CVE.
	Flags   []byte
	Exploit []byte
	// Score is the feed's preferred score in tenths, or Unscored; Rank and By say how it compares
	// with others' scores.
	Score, Rank, By []byte
	// Severity is the highest intel.Severity that a record gives in words.
	Severity []byte
	// Published and Updated are in seconds since 1970, or Unknown.
	Published, Updated []uint64
	// Vector is that of the preferred score.
	Vector []uint32
}

// The flags of a CVE.
const (
	// Rejected CVEs make no findings, whichever source states them.
	Rejected byte = 1 << iota
	// Told CVEs are known from more than a statement on a product.
	Told
)

// Unscored is the score if none is known.
const Unscored = 255

// Unknown is the time if none is known.
const Unknown = 1 << 63

// Subjects has the CPE pairs and packages that the feed names, by key.
type Subjects struct {
	Key   []uint32
	Flags []byte
	// Statements are the starts of each subject's rows in Statements.
	Statements []uint32
}

// The flags of a subject.
const (
	// Pair is a CPE pair that was seen, with or without a statement.
	Pair byte = 1 << iota
	// Desktop is a pair that was seen without a target_sw or with one of desktops or servers.
	Desktop
)

// Titles has the titles that have statements, by vendor and name: all feeds together decide which
// subject they mean.
type Titles struct {
	Vendor, Name []uint32
	// Statements are the starts of each title's rows in Statements, after those of subjects.
	Statements []uint32
}

// Statements has what one document says about one subject, or title, and one CVE.
type Statements struct {
	CVE []uint32
	// Source is the document's name inside the feed.
	Source    []uint32
	Platforms []uint32
	// Target and Edition must be named by the component: other software that the subject runs in,
	// or a module stream; and a CPE's sw_edition.
	Target, Edition []uint32
	Fix             []uint32
	Trust           []byte
	// Ranges are the starts of each statement's rows in Ranges.
	Ranges []uint32
}

// Ranges has the versions of statements; see intel.Range.
type Ranges struct {
	Exact, Low, High []uint32
	Flags            []byte
}

// The flags of a range.
const (
	lowExcluded byte = 1 << iota
	highIncluded
	unaffected
)

// Fixes has the recommended updates.
type Fixes struct {
	ID, Title, URL []uint32
	Available      []byte
	// Severity is the advisory's word, an intel.Severity, and State an intel.FixState.
	Severity, State []byte
}

// Votes counts the records that wrote a title beside a CPE pair with a target_sw, by all of these.
type Votes struct{ Vendor, Name, Subject, Target, Count []uint32 }

// Lifecycles has the release cycles of products, by their keys.
type Lifecycles struct {
	// Keys are starts in Key, Cycles are starts in the columns after it.
	Keys, Cycles []uint32
	// Key is for example "slug:python", which comes first, "cpe:python:python" or
	// "pkg:generic/python".
	Key          []uint32
	Name, Latest []uint32
	Ended        []byte
	// EndsAt is in seconds since 1970, or Unknown.
	EndsAt []uint64
}

// Binaries has the packages that were built from source packages, as far as advisories list them, by
// name: for installed packages whose report does not name their source.
type Binaries struct {
	// Name is a publisher and the name of a package ("openSUSE/libopenssl3"), Source a source package.
	Name, Source []uint32
}

// built is a row of Binaries, with the numbers of its texts.
type built struct{ name, source uint32 }

// visit visits the columns.
func (b *Binaries) visit(v column.Visitor) {
	v.Numbers(&b.Name)
	v.Numbers(&b.Source)
}

// check reports whether the columns make a table of texts, by name.
func (b *Binaries) check(texts uint32) bool {
	return column.Same(len(b.Name), len(b.Source)) && column.Within(texts, b.Name, b.Source) && slices.IsSorted(b.Name)
}

// Range returns a range.
func (t *Table) Range(i uint32) intel.Range {
	r := &t.Ranges
	return intel.Range{
		Exact: t.Texts.Text(r.Exact[i]), Low: t.Texts.Text(r.Low[i]), High: t.Texts.Text(r.High[i]),
		LowExcluded: r.Flags[i]&lowExcluded != 0, HighIncluded: r.Flags[i]&highIncluded != 0,
		Unaffected: r.Flags[i]&unaffected != 0,
	}
}

// Fix returns a fix.
func (t *Table) Fix(i uint32) intel.Fix {
	f := &t.Fixes
	return intel.Fix{Title: t.Texts.Text(f.Title[i]), ID: t.Texts.Text(f.ID[i]), URL: t.Texts.Text(f.URL[i]),
		Available: f.Available[i] == 1, Severity: intel.Severity(f.Severity[i]),
		State: intel.FixState(f.State[i])}
}

// Title returns the title with number i.
func (t *Table) Title(i int) subject.Title {
	return subject.Title{Vendor: t.Texts.Text(t.Titles.Vendor[i]), Name: t.Texts.Text(t.Titles.Name[i])}
}

// EachTitle calls yield with the title and the row of each statement about a CVE that was made on a
// title.
func (t *Table) EachTitle(cve string, yield func(subject.Title, uint32)) {
	id, ok := t.Texts.Find(cve)
	if !ok {
		return
	}
	number, ok := slices.BinarySearch(t.CVEs.ID, id)
	for i := range t.Titles.Vendor {
		for row := t.Titles.Statements[i]; ok && row < t.Titles.Statements[i+1]; row++ {
			if t.Statements.CVE[row] == uint32(number) {
				yield(t.Title(i), row)
			}
		}
	}
}

// Time decodes a time in a column.
func Time(seconds uint64) time.Time {
	if seconds == Unknown {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// secondsOf encodes a time for a column.
func secondsOf(t time.Time) uint64 {
	if t.IsZero() {
		return Unknown
	}
	return uint64(t.Unix())
}
