package rpmdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/bits"
	"regexp"
	"strings"
)

// The SQLite container (sqlite.org/fileformat2.html): pages of one size, numbered from 1. A table
// is a tree of pages whose leaves contain the rows; the rest of a row that does not fit into a
// leaf is in a chain of overflow pages. The tree of page 1 is the schema: a row for each table,
// with the first page of its tree. Numbers are big-endian.
const (
	sqliteMagic    = "SQLite format 3\x00"
	sqliteHeader   = 100 // bytes, at the beginning of page 1
	sqliteUTF8     = 1
	sqliteLeast    = 480 // usable bytes of a page
	sqliteDepth    = 20  // levels of a tree, SQLite's own limit
	sqliteInterior = 5   // page types of a table
	sqliteLeaf     = 13
	sqlitePackages = "Packages" // the table
)

// sqliteColumns is the beginning of the statement that made the table: rpm's words, and the
// columns in rpm's order, because rows identify their columns only by position.
var sqliteColumns = regexp.MustCompile(
	`(?is)^CREATE TABLE ["'\x60\[]?Packages["'\x60\]]?\s*\(\s*["'\x60\[]?hnum\b["'\x60\]]?[\w\s]*,\s*["'\x60\[]?blob\b`)

// sqliteComputed finds the word without which no column is computed. Rows need not contain such a column, so
// that the values after it are in its position.
var sqliteComputed = regexp.MustCompile(`(?i)\bAS\b`)

var errNoPackages = fmt.Errorf("%w: it has no table %q", ErrDamaged, sqlitePackages)

// SQLite yields the header blobs of an SQLite file, in the order of their numbers. log is the
// write-ahead log beside it, with the newest changes, or nil.
//
// It walks the pages of an ordinary table named Packages with rows of a number and a blob, as rpm
// makes it. Nothing of the file is executed: views, triggers, virtual tables, expressions and
// pragmas of the file have no effect. An error ends the sequence: it wraps ErrDamaged or the error
// of a read.
func SQLite(file, log *io.SectionReader) iter.Seq2[[]byte, error] {
	return blobs(file, func(c *container, yield yielder) error {
		db := &sqlite{container: c}
		if err := db.open(log); err != nil {
			return err
		}
		root, err := db.root()
		if err != nil {
			return err
		}
		_, err = db.walk(root, 1, func(payload []byte) (bool, error) {
			row, err := sqliteRow(payload, 2)
			if err != nil {
				return false, err
			}
			if !row[1].isBlob() {
				return false, damaged("a row of %q has no blob", sqlitePackages)
			}
			return yield(row[1].data, nil), nil
		})
		return err
	})
}

// sqlite is an SQLite file that is being read.
type sqlite struct {
	*container
	log      *writeAheadLog // nil: none
	pageSize int64
	usable   int64 // bytes of a page with content
	last     int64 // number of the last page
	unread   int64 // pages not read yet: each is used once
}

// open reads the log and the first page's header.
func (db *sqlite) open(log *io.SectionReader) error {
	if log != nil && db.Size() > 0 { // SQLite ignores the log of an empty file
		read, err := readLog(log)
		if err != nil {
			return err
		}
		db.log = read
		db.left += log.Size()
	}
	head, err := db.header()
	if err != nil {
		return err
	}
	if string(head[:16]) != sqliteMagic || head[19] > 2 || string(head[21:24]) != "\x40\x20\x20" {
		return damaged("not an SQLite file of version 3")
	}
	db.pageSize = int64(binary.BigEndian.Uint16(head[16:]))
	if db.pageSize == 1 {
		db.pageSize = 64 << 10
	}
	db.usable = db.pageSize - int64(head[20])
	if bits.OnesCount64(uint64(db.pageSize)) != 1 || db.pageSize < 512 || db.usable < sqliteLeast {
		return damaged("pages of %d bytes, %d of them used", db.pageSize, db.usable)
	}
	if encoding := binary.BigEndian.Uint32(head[56:]); encoding != sqliteUTF8 {
		return damaged("its texts have encoding %d, not UTF-8", encoding)
	}
	db.last = db.Size() / db.pageSize
	db.unread = db.last
	if db.log != nil {
		if db.log.pageSize != db.pageSize {
			return damaged("its pages have %d bytes, and those in its log %d", db.pageSize, db.log.pageSize)
		}
		db.last = db.log.pages
		db.unread += int64(len(db.log.page))
	}
	return nil
}

// header reads the header of the first page.
func (db *sqlite) header() ([]byte, error) {
	if db.log != nil {
		if offset, ok := db.log.page[1]; ok {
			return db.log.at(offset, sqliteHeader)
		}
	}
	return db.at(0, sqliteHeader)
}

// page reads a page by its number.
func (db *sqlite) page(number int64) ([]byte, error) {
	if number < 1 || number > db.last {
		return nil, damaged("page %d is beyond the last page %d", number, db.last)
	}
	if db.unread--; db.unread < 0 {
		return nil, damaged("its pages form a cycle")
	}
	if db.log != nil {
		if offset, ok := db.log.page[uint32(number)]; ok {
			return db.log.at(offset, db.pageSize)
		}
	}
	return db.at((number-1)*db.pageSize, db.pageSize)
}

// root finds the first page of the table of packages.
func (db *sqlite) root() (int64, error) {
	var found int64
	_, err := db.walk(1, 1, func(payload []byte) (bool, error) {
		row, err := sqliteRow(payload, 5) // type, name, name of the table, page, SQL
		if err != nil || !strings.EqualFold(string(row[1].data), sqlitePackages) {
			return true, err
		}
		kind, page := string(row[0].data), row[3].integer()
		switch {
		case kind == "trigger": // triggers have their own names
			return true, nil
		case kind != "table":
			return false, damaged("%q is not a table but %.40q", sqlitePackages, kind)
		case page <= 0:
			return false, damaged("%q is a virtual table", sqlitePackages)
		case found != 0:
			return false, damaged("it has two tables %q", sqlitePackages)
		case !sqliteColumns.Match(row[4].data):
			return false, damaged("the columns of %q are not hnum and blob", sqlitePackages)
		case sqliteComputed.Match(row[4].data):
			return false, damaged("%q may have a computed column", sqlitePackages)
		}
		found = page
		return true, nil
	})
	if err == nil && found == 0 {
		err = errNoPackages
	}
	return found, err
}

// walk passes the rows of the tree below a page to take, in order, until take returns false.
func (db *sqlite) walk(number int64, depth int, take func([]byte) (bool, error)) (more bool, err error) {
	if depth > sqliteDepth {
		return false, damaged("a table with more than %d levels", sqliteDepth)
	}
	page, err := db.page(number)
	if err != nil {
		return false, err
	}
	head := page[:db.usable]
	if number == 1 {
		head = head[sqliteHeader:]
	}
	kind, cells := head[0], int(binary.BigEndian.Uint16(head[3:]))
	cut := map[byte]int{sqliteLeaf: 8, sqliteInterior: 12}[kind]
	if cut == 0 {
		return false, damaged("page %d has type %d, which is not that of a table", number, kind)
	}
	if cut+2*cells > len(head) {
		return false, damaged("page %d has %d cells", number, cells)
	}
	for i := range cells {
		offset := int(binary.BigEndian.Uint16(head[cut+2*i:]))
		if offset+4 > int(db.usable) {
			return false, damaged("a cell is beyond the end of page %d", number)
		}
		cell := page[offset:db.usable]
		if kind == sqliteInterior {
			more, err = db.walk(int64(binary.BigEndian.Uint32(cell)), depth+1, take)
		} else {
			more, err = db.row(cell, take)
		}
		if err != nil || !more {
			return false, err
		}
	}
	if kind == sqliteLeaf {
		return true, nil
	}
	return db.walk(int64(binary.BigEndian.Uint32(head[8:])), depth+1, take)
}

// row passes the row in a leaf's cell to take. A cell has the size of the payload, the row's
// number, the payload, and the page of the rest.
func (db *sqlite) row(cell []byte, take func([]byte) (bool, error)) (more bool, err error) {
	claimed, n := varint(cell)
	_, m := varint(cell[n:])
	if n == 0 || m == 0 {
		return false, damaged("a row's size is cut short")
	}
	size := int64(claimed)
	if size < 0 {
		return false, damaged("a row of %d bytes", claimed)
	}
	if err := db.take(size); err != nil {
		return false, err
	}
	payload, err := db.payload(cell[n+m:], size)
	if err != nil {
		return false, err
	}
	return take(payload)
}

// payload reads the bytes of a row. SQLite chooses how many of them are in the leaf so that the
// last overflow page is full.
func (db *sqlite) payload(cell []byte, size int64) ([]byte, error) {
	local := size
	if most := db.usable - 35; size > most {
		least := (db.usable-12)*32/255 - 23
		if local = least + (size-least)%(db.usable-4); local > most {
			local = least
		}
	}
	if local == size {
		if size > int64(len(cell)) {
			return nil, damaged("a row is beyond the end of its page")
		}
		return cell[:size], nil
	}
	if local+4 > int64(len(cell)) {
		return nil, damaged("a row is beyond the end of its page")
	}
	payload := append(make([]byte, 0, size), cell[:local]...)
	next := int64(binary.BigEndian.Uint32(cell[local:]))
	for int64(len(payload)) < size {
		page, err := db.page(next)
		if err != nil {
			return nil, err
		}
		rest := min(size-int64(len(payload)), db.usable-4)
		payload = append(payload, page[4:4+rest]...)
		next = int64(binary.BigEndian.Uint32(page))
	}
	return payload, nil
}

// sqliteValue is one value of a row: its serial type, which gives kind and length, and its bytes.
type sqliteValue struct {
	serial uint64
	data   []byte
}

func (v sqliteValue) isBlob() bool { return v.serial >= 12 && v.serial%2 == 0 }

// integer returns the value as a number; 0 if it is not a number.
func (v sqliteValue) integer() int64 {
	switch {
	case v.serial == 9: // the constant 1, which takes no bytes
		return 1
	case v.serial < 1 || v.serial > 6:
		return 0
	}
	number := int64(int8(v.data[0]))
	for _, b := range v.data[1:] {
		number = number<<8 | int64(b)
	}
	return number
}

// sqliteSizes are the lengths of the values of the serial types below 10.
var sqliteSizes = [...]uint64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}

// sqliteRow reads a row with a number of values: the size of its header, the serial types, the
// values.
func sqliteRow(payload []byte, columns int) ([]sqliteValue, error) {
	size, n := varint(payload)
	if n == 0 || size > uint64(len(payload)) || size < uint64(n) {
		return nil, damaged("a row of %d bytes with a header of %d", len(payload), size)
	}
	types, rest := payload[n:size], payload[size:]
	row := make([]sqliteValue, columns)
	for i := range row {
		serial, n := varint(types)
		if n == 0 {
			return nil, damaged("a row has %d values, want %d", i, columns)
		}
		types = types[n:]
		length := (serial - 12) / 2
		if serial < uint64(len(sqliteSizes)) {
			length = sqliteSizes[serial]
		}
		if serial == 10 || serial == 11 || length > uint64(len(rest)) {
			return nil, damaged("a value of type %d has fewer than %d bytes", serial, length)
		}
		row[i] = sqliteValue{serial, rest[:length]}
		rest = rest[length:]
	}
	if len(types) > 0 {
		return nil, damaged("a row has more than %d values", columns)
	}
	return row, nil
}

// varint reads a number of 1 to 9 bytes: seven bits each, the high bit means that more follow, and
// the ninth has eight. n is 0 if it is truncated.
func varint(data []byte) (value uint64, n int) {
	for i, b := range data[:min(len(data), 9)] {
		if i == 8 {
			return value<<8 | uint64(b), 9
		}
		value = value<<7 | uint64(b&0x7f)
		if b < 0x80 {
			return value, i + 1
		}
	}
	return 0, 0
}

// HotJournal reports whether the "-journal" file beside an SQLite file contains an unfinished
// transaction: the database itself is then inconsistent.
func HotJournal(journal *io.SectionReader) (bool, error) {
	const magic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
	head := make([]byte, len(magic))
	if _, err := journal.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return string(head) == magic, nil
}
