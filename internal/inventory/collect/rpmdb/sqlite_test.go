package rpmdb_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/rpmdb"
)

// packagesTable is the table as rpm makes it (lib/backend/sqlite.cc).
const packagesTable = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"

// plainSQLite reads an SQLite file without a log.
func plainSQLite(file *io.SectionReader) iter.Seq2[[]byte, error] { return rpmdb.SQLite(file, nil) }

// newSQLite opens a new SQLite file and returns its path.
func newSQLite(t testing.TB, dir string, pragmas string) (*sql.DB, string) {
	t.Helper()
	file := filepath.Join(dir, "rpmdb.sqlite")
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	db, err := driver.Open("file:" + file)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(pragmas); err != nil {
		t.Fatal(err)
	}
	return db, file
}

// makeSQLite lets SQLite write a file with the blobs.
func makeSQLite(blobs [][]byte) []byte {
	dir, err := os.MkdirTemp("", "muster-rpmdb-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "rpmdb.sqlite")
	db, err := driver.Open("file:" + file + "?_pragma=synchronous(off)&_pragma=page_size(512)")
	if err == nil {
		_, err = db.Exec(packagesTable)
	}
	for _, blob := range blobs {
		if err == nil {
			_, err = db.Exec("INSERT INTO Packages (blob) VALUES ($1)", blob)
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		panic(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	return data
}

// readBeside collects the blobs of an SQLite file and its log.
func readBeside(t testing.TB, file string) (all [][]byte, err error) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var log *io.SectionReader
	if wal, err := os.ReadFile(file + "-wal"); err == nil {
		log = section(wal)
	}
	for blob, err := range rpmdb.SQLite(section(data), log) {
		if err != nil {
			return all, err
		}
		all = append(all, blob)
	}
	return all, nil
}

// askSQLite returns SQLite's answer for a table. For a view the answer might never end.
func askSQLite(db *sql.DB) ([][]byte, error) {
	rows, err := db.Query("SELECT blob FROM Packages ORDER BY hnum")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]byte
	for rows.Next() {
		var blob []byte
		if err := rows.Scan(&blob); err != nil {
			return all, err
		}
		all = append(all, blob)
	}
	return all, rows.Err()
}

// TestSQLiteIsWhatSQLiteReads lets SQLite change databases at random, in each of its journal
// modes, and compares after each step with what SQLite itself reads: pages of all sizes, trees of
// several levels, rows over several pages, removed rows, restarted logs, half a transaction in a
// log.
func TestSQLiteIsWhatSQLiteReads(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.SampledFrom([]int{512, 1024, 4096, 65536}).Draw(r, "page size")
		mode := rapid.SampledFrom([]string{"wal", "delete", "persist"}).Draw(r, "journal mode")
		vacuum := rapid.IntRange(0, 2).Draw(r, "auto_vacuum")
		db, file := newSQLite(t, dir, fmt.Sprintf(
			"PRAGMA page_size=%d; PRAGMA auto_vacuum=%d; PRAGMA synchronous=off; PRAGMA journal_mode=%s; PRAGMA wal_autocheckpoint=%d; PRAGMA cache_size=5",
			size, vacuum, mode, rapid.SampledFrom([]int{0, 3, 1000}).Draw(r, "checkpoint after")))
		defer db.Close()
		must := func(query string, args ...any) {
			if _, err := db.Exec(query, args...); err != nil {
				r.Fatal(query, err)
			}
		}
		must(packagesTable)
		must("CREATE TABLE Name (key TEXT, hnum INTEGER); CREATE INDEX n ON Name(key)")
		for range rapid.IntRange(1, 6).Draw(r, "steps") {
			switch rapid.IntRange(0, 5).Draw(r, "step") {
			case 0, 1, 2:
				n := rapid.IntRange(1, 40).Draw(r, "rows")
				length := rapid.SampledFrom([]int{0, 10, 470, 500, 1000, 5000, 15000}).Draw(r, "length")
				must(`WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM i WHERE i < $1)
					INSERT INTO Packages (blob) SELECT randomblob($2 + i % 40) FROM i`, n, length)
				must("INSERT INTO Name SELECT hex(hnum), hnum FROM Packages")
			case 3:
				must("DELETE FROM Packages WHERE hnum % 3 = 1")
			case 4:
				must("PRAGMA wal_checkpoint(restart)")
			case 5:
				must("BEGIN; UPDATE Packages SET blob = randomblob(3000); ROLLBACK")
			}
			want, err := askSQLite(db)
			if err != nil {
				r.Fatal(err)
			}
			got, err := readBeside(t, file)
			if err != nil || !slices.EqualFunc(want, got, bytes.Equal) {
				r.Fatalf("SQLite reads %d blobs, this package %d others, %v", len(want), len(got), err)
			}
		}
	})
}

// hostile are schemas in which Packages is not an ordinary table, or not only that. The error is
// "" if the table may be read anyway.
var hostile = []struct{ name, schema, problem string }{
	{"a view without end", "CREATE VIEW Packages AS WITH RECURSIVE i(hnum, blob) AS (SELECT 1, zeroblob(1000) UNION ALL SELECT hnum+1, blob FROM i) SELECT * FROM i", `not a table but "view"`},
	{"a view that sorts without end", "CREATE VIEW Packages AS WITH RECURSIVE i(hnum, blob) AS (SELECT 1, randomblob(1000000) UNION ALL SELECT hnum+1, randomblob(1000000) FROM i) SELECT * FROM i ORDER BY blob", `not a table but "view"`},
	{"a view of a huge blob", "CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(1000000000) AS blob",
		`not a table but "view"`},
	{"a view in other letters", "CREATE VIEW PACKAGES AS SELECT 1 AS hnum, x'00' AS blob", `not a table but "view"`},
	{"an index of that name", "CREATE TABLE t (x); CREATE INDEX Packages ON t (x)", `not a table but "index"`},
	{"no table", "CREATE TABLE Name (x)", "no table"},
	{"nothing", "SELECT 1", "beyond the end of the file"},
	{"without rowid", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB) WITHOUT ROWID; INSERT INTO Packages VALUES (1, x'00')", "not that of a table"},
	{"a third column", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB, x); INSERT INTO Packages VALUES (1, x'00', 2)", "more than 2 values"},
	{"a column alone", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY); INSERT INTO Packages VALUES (1)",
		"are not hnum and blob"},
	{"a generated column", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB AS (zeroblob(1000000000)) VIRTUAL); INSERT INTO Packages VALUES (1)", "a computed column"},
	{"a column in the position of a computed one", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB GENERATED ALWAYS AS(zeroblob(9)), later); INSERT INTO Packages VALUES (1, x'01')", "a computed column"},
	{"a column in a comment", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY /*, blob */, other); INSERT INTO Packages VALUES (1, x'01')", "are not hnum and blob"},
	{"a column in a text", "CREATE TABLE Packages (hnum DEFAULT ', blob', other); INSERT INTO Packages VALUES (1, x'01')", "are not hnum and blob"},
	{"texts for blobs", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (1, 'text')", "has no blob"},
	{"null for a blob", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (1, NULL)", "has no blob"},
	{"other columns in the way", "CREATE TABLE Packages (blob BLOB, hnum INTEGER); INSERT INTO Packages VALUES (x'00', 2)", "are not hnum and blob"},
	{"texts in UTF-16", "PRAGMA encoding='UTF-16'; " + packagesTable, "not UTF-8"},
	{"triggers", packagesTable + "; INSERT INTO Packages VALUES (1, x'00'); CREATE TRIGGER Packages AFTER INSERT ON Packages BEGIN SELECT randomblob(1000000000); END", ""},
	{"a column with a condition", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB CHECK (length(blob) < 3) DEFAULT (randomblob(1000000000))); INSERT INTO Packages VALUES (1, x'00')", ""},
	{"an index on an expression", packagesTable +
		"; CREATE INDEX i ON Packages (hex(blob)); INSERT INTO Packages VALUES (1, x'00')", ""},
}

// TestHostileSchemas tries to get something executed, or something else taken for the table of
// packages.
func TestHostileSchemas(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			db, file := newSQLite(t, t.TempDir(), "PRAGMA page_size=1024; PRAGMA journal_mode=delete")
			defer db.Close()
			if _, err := db.Exec(h.schema); err != nil {
				t.Fatal(err)
			}
			checkHostile(t, file, h.problem)
		})
	}
}

// checkHostile reads a file and compares the error.
func checkHostile(t *testing.T, file, problem string) {
	t.Helper()
	got, err := readBeside(t, file)
	switch {
	case problem == "" && err == nil:
	case problem == "" || err == nil:
		t.Errorf("%d blobs, error is %v, want %q", len(got), err, problem)
	case !errors.Is(err, rpmdb.ErrDamaged) || !strings.Contains(err.Error(), problem):
		t.Errorf("error is %v, want %q", err, problem)
	}
}

// TestSchemaThatWasForged writes to the schema what SQLite itself would not.
func TestSchemaThatWasForged(t *testing.T) {
	for name, test := range map[string]struct{ change, problem string }{
		"a table on no page":       {"UPDATE sqlite_schema SET rootpage = 0", "virtual table"},
		"a page below zero":        {"UPDATE sqlite_schema SET rootpage = -5", "virtual table"},
		"a page beyond the end":    {"UPDATE sqlite_schema SET rootpage = 7000", "page 7000 is beyond the last page"},
		"the schema as the table":  {"UPDATE sqlite_schema SET rootpage = 1", "more than 2 values"},
		"a page that is a text":    {"UPDATE sqlite_schema SET rootpage = 'x'", "virtual table"},
		"two tables":               {"INSERT INTO sqlite_schema VALUES ('table','PACKAGES','PACKAGES',2,'')", "two tables"},
		"no statement":             {"UPDATE sqlite_schema SET sql = NULL", "are not hnum and blob"},
		"a view that has a page":   {"UPDATE sqlite_schema SET type = 'view'", "not a table"},
		"a kind that is no letter": {"UPDATE sqlite_schema SET type = zeroblob(100000)", "not a table"},
		"a name without end":       {"UPDATE sqlite_schema SET name = hex(zeroblob(1000000))", "no table"},
	} {
		t.Run(name, func(t *testing.T) {
			db, file := newSQLite(t, t.TempDir(),
				"PRAGMA page_size=1024; CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
			defer db.Close()
			if _, err := db.Exec("INSERT INTO Packages VALUES (1, x'00'); PRAGMA writable_schema=on; " +
				test.change); err != nil {
				t.Fatal(err)
			}
			checkHostile(t, file, test.problem)
		})
	}
}

// TestDamagedSQLite damages one number at a time in a file of 1,024-byte pages: the schema is page
// 1, the table page 2, with rows over pages 3 and 4.
func TestDamagedSQLite(t *testing.T) {
	db, file := newSQLite(t, t.TempDir(),
		"PRAGMA page_size=1024; CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (1, zeroblob(3000))")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cell := 1024 + int(binary.BigEndian.Uint16(good[1024+8:]))
	for name, test := range map[string]struct {
		at      int
		value   []byte
		problem string
	}{
		"no magic":                {0, []byte("X"), "not an SQLite file"},
		"newer format":            {19, []byte{3}, "not an SQLite file"},
		"pages of 513 bytes":      {16, []byte{2, 1}, "pages of 513"},
		"all of a page reserved":  {20, []byte{255}, ""},
		"cells beyond the page":   {1024 + 3, []byte{255, 255}, "65535 cells"},
		"a cell beyond the end":   {1024 + 8, []byte{3, 254}, "beyond the end of page 2"},
		"a page of an index":      {1024, []byte{10}, "type 10"},
		"an inner page":           {1024, []byte{5}, ""},
		"a huge row":              {cell, []byte{0x8f, 0xff, 0xff, 0xff, 0x7f}, "a header of"},
		"a row of 2^64 bytes":     {cell, []byte{255, 255, 255, 255, 255, 255, 255, 255, 255}, "a row of"},
		"a row beyond the file":   {cell, []byte{0xff, 0x7f}, "larger than the file"},
		"overflow beyond the end": {2048 + 2, []byte{9}, "beyond the last page 4"},
		"overflow in a circle":    {2048, []byte{0, 0, 0, 3}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			data := bytes.Clone(good)
			copy(data[test.at:], test.value)
			_, err := readAll(plainSQLite, data)
			if test.problem == "" {
				if err != nil && !errors.Is(err, rpmdb.ErrDamaged) {
					t.Errorf("error is %v", err)
				}
				return
			}
			if !errors.Is(err, rpmdb.ErrDamaged) || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error is %v, want %q", err, test.problem)
			}
		})
	}
}

// countingReader counts the bytes read of a file.
type countingReader struct {
	io.ReaderAt
	bytes int64
}

func (s *countingReader) ReadAt(p []byte, offset int64) (int, error) {
	s.bytes += int64(len(p))
	return s.ReaderAt.ReadAt(p, offset)
}

// TestNoFileCostsMoreThanItsSize checks that every container reads little more than the size of
// the file, whatever its pages refer to.
func TestNoFileCostsMoreThanItsSize(t *testing.T) {
	for _, c := range containers {
		t.Run(c.name, func(t *testing.T) {
			good := c.make([][]byte{bytes.Repeat([]byte{7}, 9000), {1}, bytes.Repeat([]byte{3}, 700)})
			rapid.Check(t, func(r *rapid.T) {
				data := bytes.Clone(good)
				for range rapid.IntRange(1, 8).Draw(r, "damages") {
					at := rapid.IntRange(0, len(data)-4).Draw(r, "at")
					value := rapid.OneOf(rapid.Uint32Range(0, 40), rapid.Uint32()).Draw(r, "value")
					rapid.SampledFrom([]binary.ByteOrder{binary.LittleEndian, binary.BigEndian}).Draw(r,
						"order").PutUint32(data[at:], value)
				}
				counted := &countingReader{ReaderAt: bytes.NewReader(data)}
				for _, err := range c.open(io.NewSectionReader(counted, 0, int64(len(data)))) {
					if err != nil && !errors.Is(err, rpmdb.ErrDamaged) {
						r.Fatal(err)
					}
				}
				if most := 3*int64(len(data)) + 1<<10; counted.bytes > most {
					r.Fatalf("%d bytes were read of a file of %d", counted.bytes, len(data))
				}
			})
		})
	}
}

// TestChainOfSmallPagesEnds leads one chain through the same page, a byte at a time.
func TestChainOfSmallPagesEnds(t *testing.T) {
	data := makeBerkeley(binary.LittleEndian, [][]byte{bytes.Repeat([]byte{1}, 900), bytes.Repeat([]byte{2}, 900)})
	page := data[2*512:]
	binary.LittleEndian.PutUint32(page[16:], 2)
	binary.LittleEndian.PutUint16(page[22:], 1)
	if _, err := readAll(rpmdb.Berkeley, data); !errors.Is(err, rpmdb.ErrDamaged) ||
		!strings.Contains(err.Error(), "form a cycle") {
		t.Errorf("error is %v", err)
	}
}

// TestHeaderOfOneLongText refers to one text without an end a hundred thousand times.
func TestHeaderOfOneLongText(t *testing.T) {
	const tags, size = 100_000, 8 << 20
	blob := binary.BigEndian.AppendUint32(nil, tags)
	blob = binary.BigEndian.AppendUint32(blob, size)
	for range tags {
		for _, n := range []uint32{1000, 6, 0, 1} {
			blob = binary.BigEndian.AppendUint32(blob, n)
		}
	}
	blob = append(blob, bytes.Repeat([]byte("x"), size-1)...)
	blob = append(blob, 0)
	if _, err := rpmdb.ParseHeader(blob); !errors.Is(err, rpmdb.ErrDamaged) ||
		!strings.Contains(err.Error(), "does not end within") {
		t.Errorf("error is %v", err)
	}
}

func TestHotJournal(t *testing.T) {
	for content, want := range map[string]bool{
		"": false, "\xd9\xd5": false, strings.Repeat("\x00", 512): false,
		"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + strings.Repeat("\x00", 500): true,
	} {
		if got, err := rpmdb.HotJournal(section([]byte(content))); got != want || err != nil {
			t.Errorf("%.12q: %v, %v", content, got, err)
		}
	}
}

func FuzzSQLite(f *testing.F) {
	f.Add(makeSQLite([][]byte{{1}, bytes.Repeat([]byte{2}, 3000)}), []byte{})
	db, file := newSQLite(f, f.TempDir(), "PRAGMA page_size=512; PRAGMA journal_mode=wal; "+
		packagesTable+"; INSERT INTO Packages VALUES (1, zeroblob(900))")
	defer db.Close()
	data, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	wal, err := os.ReadFile(file + "-wal")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, wal)
	f.Fuzz(func(t *testing.T, data, wal []byte) {
		total := 0
		for blob, err := range rpmdb.SQLite(section(data), section(wal)) {
			if err != nil && !errors.Is(err, rpmdb.ErrDamaged) {
				t.Fatal(err)
			}
			if total += len(blob); total > len(data)+len(wal) {
				t.Fatalf("%d bytes of blobs in %d", total, len(data)+len(wal))
			}
		}
	})
}

// drawSchema draws a schema with something named Packages, and rows if possible.
func drawSchema(r *rapid.T) string {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(r, label) }
	name := pick("name", "Packages", "'Packages'", "packages", `"PACKAGES"`, "[Packages]")
	hnum := pick("hnum", "hnum", "HNUM", `"hnum"`, "x", "blob") +
		pick("its type", " INTEGER PRIMARY KEY", " INTEGER PRIMARY KEY AUTOINCREMENT", "", " TEXT", " INT UNIQUE")
	blob := pick("blob", "blob", "Blob", "[blob]", "y", "hnum") +
		pick("its type", " BLOB NOT NULL", " BLOB", "", " TEXT", " BLOB DEFAULT (randomblob(100))",
			" BLOB CHECK (length(blob) < 5000)", " BLOB AS (zeroblob(9)) STORED",
			" BLOB AS (zeroblob(9)) VIRTUAL", " BLOB COLLATE NOCASE")
	table := "CREATE " + pick("temporary", "", "", "", "TEMP ") + "TABLE " + name + " (" + hnum + ", " + blob +
		pick("more", "", "", "", ", z", ", CHECK (1)", ", PRIMARY KEY (hnum, blob)") + ")" +
		pick("options", "", "", " WITHOUT ROWID", " STRICT")
	loop := "WITH RECURSIVE i(hnum, blob) AS (SELECT 1, x'00' UNION ALL SELECT hnum + 1, randomblob(hnum) FROM i) SELECT * FROM i"
	what := pick("what", table, table, table, table, "CREATE VIEW "+name+" AS "+loop,
		"CREATE TABLE t (hnum, blob); CREATE VIEW "+name+" AS SELECT * FROM t",
		"CREATE TABLE "+name+" AS "+loop+" LIMIT 9")
	trigger := "CREATE TRIGGER t AFTER INSERT ON Packages BEGIN INSERT INTO Packages SELECT hnum + 1000, randomblob(9) FROM Packages WHERE hnum < 1000; END"
	extra := pick("extra", "", trigger, "CREATE INDEX i ON Packages (hex(blob))",
		"ALTER TABLE Packages ADD COLUMN later DEFAULT 7", "ALTER TABLE Packages RENAME TO Other")
	rows := pick("rows", "", "INSERT INTO Packages VALUES (1, x'01')", "INSERT INTO Packages (hnum) VALUES (5)",
		"INSERT INTO Packages (blob) VALUES (zeroblob(4000)), (x''), (x'0102')", "INSERT INTO Packages VALUES (3, 'text')",
		"INSERT INTO Packages VALUES ('a', NULL)")
	return what + ";\n" + extra + ";\n" + rows
}

// TestSchemas compares with what SQLite reads from a table of any schema: the same blobs, or an
// error. Values that SQLite has to compute are never read.
func TestSchemas(t *testing.T) {
	dir := t.TempDir()
	read := 0
	rapid.Check(t, func(r *rapid.T) {
		db, file := newSQLite(t, dir, "PRAGMA page_size=512; PRAGMA synchronous=off; PRAGMA user_version=1")
		defer db.Close()
		for statement := range strings.SplitSeq(drawSchema(r), ";\n") {
			db.Exec(statement) // a failed statement keeps the ones before
		}
		db.Exec("DROP TABLE IF EXISTS temp.Packages")
		got, err := readBeside(t, file)
		if err != nil {
			if !errors.Is(err, rpmdb.ErrDamaged) {
				r.Fatal(err)
			}
			return
		}
		read++
		want, err := askSQLite(db)
		slices.SortFunc(want, bytes.Compare)
		slices.SortFunc(got, bytes.Compare)
		if err != nil || !slices.EqualFunc(want, got, bytes.Equal) {
			r.Fatalf("SQLite reads %d blobs, %v, this package %d others", len(want), err, len(got))
		}
	})
	if read == 0 && !testing.Short() {
		t.Error("no schema was one that can be read")
	}
}

// FuzzSchema lets SQLite make a database from any statements. Reading it ends with blobs or
// ErrDamaged, and reads no more than the file.
func FuzzSchema(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.schema)
	}
	f.Fuzz(func(t *testing.T, schema string) {
		file := filepath.Join(t.TempDir(), "rpmdb.sqlite")
		db, err := driver.Open("file:"+file, func(c *sqlite3.Conn) error {
			c.Limit(sqlite3.LIMIT_ATTACHED, 0) // no other file is touched
			c.Limit(sqlite3.LIMIT_LENGTH, 1<<20)
			return c.Exec("PRAGMA page_size=512; PRAGMA synchronous=off; PRAGMA max_page_count=2000")
		})
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		db.ExecContext(ctx, schema) // an error keeps the statements before
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return // it was never made
		}
		counted := &countingReader{ReaderAt: bytes.NewReader(data)}
		for _, err := range plainSQLite(io.NewSectionReader(counted, 0, int64(len(data)))) {
			if err != nil && !errors.Is(err, rpmdb.ErrDamaged) {
				t.Fatal(err)
			}
		}
		if counted.bytes > 2*int64(len(data))+100 {
			t.Fatalf("%d bytes were read of a file of %d", counted.bytes, len(data))
		}
	})
}
