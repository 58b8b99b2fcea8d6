package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/table"
)

// format is the file format of an index. Format 1 contained everything that all feeds said,
// compiled together; format 2 had no severities, format 3 was of tables without extents, format 4 had
// no vectors, format 5 no count of advisories without a CVE, format 6 no spellings of makers.
var format = column.Format{Magic: "muster catalog\n", Version: 7}

// rulesVersion is raised when the program gives other answers for the same index and tables, so
// that earlier answers are made anew.
const rulesVersion = 8

// Tables finds the table of a feed by its id.
type Tables func(id string) (*table.Table, error)

// Open loads the catalog in a file. Errors wrap ErrDamaged, ErrNewer, ErrOlder, the error of
// reading the file, or that of tables.
func Open(fsys fs.FS, name string, tables Tables) (*Catalog, error) {
	data, err := column.ReadFile(fsys, name)
	var c *Catalog
	if err == nil {
		c, err = Decode(data, tables)
	}
	if err != nil {
		return nil, fmt.Errorf("opening catalog %q: %w", name, err)
	}
	return c, nil
}

// Readable reads the head of a file. Its error wraps ErrOlder, ErrNewer or ErrDamaged if the
// catalog will not open, as far as the head shows.
func Readable(fsys fs.FS, name string) error {
	if err := format.Readable(fsys, name); err != nil {
		return fmt.Errorf("reading catalog %q: %w", name, err)
	}
	return nil
}

// Decode loads the catalog from a file's bytes and keeps none of them.
func Decode(data []byte, tables Tables) (*Catalog, error) {
	x := &index{}
	sum, err := format.Read(data, x.visit)
	if err != nil {
		return nil, err
	}
	if !x.check() {
		return nil, fmt.Errorf("%w: columns do not agree", ErrDamaged)
	}
	opened := make([]*table.Table, len(x.feeds.table))
	for i, id := range x.feeds.table {
		if opened[i], err = tables(x.texts.Text(id)); err != nil {
			return nil, fmt.Errorf("table of feed %q: %w", x.texts.Text(x.feeds.name[i]), err)
		}
	}
	return newCatalog(x, opened, catalogID(sum))
}

// Identify returns the id of the catalog in a file and the file's size in bytes, without loading
// it. Older formats have an id, too. If the file has the wanted id by the rules of an earlier program,
// which made it, that is returned.
func Identify(fsys fs.FS, name, wanted string) (id string, bytes int64, err error) {
	sum, bytes, err := format.Identify(fsys, name)
	if err != nil {
		return "", bytes, fmt.Errorf("reading catalog %q: %w", name, err)
	}
	for rules := range uint32(rulesVersion) {
		if idByRules(sum, rules) == wanted {
			return wanted, bytes, nil
		}
	}
	return catalogID(sum), bytes, nil
}

// catalogID is the hash of the index and of the rules for reading it.
func catalogID(sum column.Sum) string { return idByRules(sum, rulesVersion) }

func idByRules(sum column.Sum, rules uint32) string {
	sum = sha256.Sum256(binary.LittleEndian.AppendUint32(sum[:], rules))
	return hex.EncodeToString(sum[:16])
}

// WriteFile writes the catalog's file. The tables of its feeds are not part of it.
func (c *Catalog) WriteFile(out io.Writer) error {
	if err := format.Write(out, c.visit); err != nil {
		return fmt.Errorf("writing catalog: %w", err)
	}
	return nil
}
