package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// maxFaults is how many faults one check names at most.
	maxFaults = 100
	// scanned is how many pages are read at once.
	scanned = 64
	// settled is how long to wait before a page that fails its checksum is read again: a
	// checkpoint may be writing it.
	settled = 50 * time.Millisecond
)

// check reads every page of the file, then has SQLite check tables and indexes, constraints and foreign
// keys. It uses a connection of its own that cannot write.
func (s *sqlite) check(ctx context.Context, pace func(context.Context, int64) error,
	fault func(error)) (checked Checked, err error) {
	if checked.Bytes, err = s.checkPages(ctx, pace, fault); err != nil {
		return checked, err
	}
	db, err := openReader(ctx, Config{Path: s.path, ReadConns: 1})
	if err == nil {
		err = errors.Join(s.checkRoots(ctx, db, fault), checkTables(ctx, db, fault))
		if checked.Bytes <= maxAtOnce {
			err = errors.Join(err, checkFree(ctx, db, fault))
		}
		err = errors.Join(err, db.Close())
	}
	if err = Explain(err); errors.Is(err, ErrDamaged) { // too damaged for the check to go on
		fault(err)
		err = nil
	}
	return checked, err
}

// checkPages compares each page of the file with its checksum.
func (s *sqlite) checkPages(ctx context.Context, pace func(context.Context, int64) error,
	fault func(error)) (int64, error) {
	file, err := os.Open(s.path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(io.NewSectionReader(file, 0, headerSize), header); err != nil {
		return 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	page := pageSizeOf(header)
	if string(header[:len(magic)]) != magic || page < 512 {
		fault(Damaged("%q has lost its header", filepath.Base(s.path)))
		return info.Size(), nil
	}
	if header[atReserved] != checksumSize {
		if header[atReserved] != 0 {
			fault(Damaged("the header of %q reserves %d bytes of each page", filepath.Base(s.path), header[atReserved]))
		}
		return info.Size(), nil
	}
	faults, buf := 0, make([]byte, scanned*page)
	for at := int64(0); at < info.Size() && faults < maxFaults; at += int64(len(buf)) {
		if err := pace(ctx, int64(len(buf))); err != nil {
			return info.Size(), err
		}
		n, err := file.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			fault(Damaged("%q at byte %d: %v", filepath.Base(s.path), at, err))
			faults++
		}
		for i := int64(0); i+page <= int64(n); i += page {
			if !sound(buf[i:i+page]) && !s.sound(ctx, file, buf[i:i+page], at+i) {
				fault(Damaged("page %d of %q does not match its checksum", (at+i)/page+1, filepath.Base(s.path)))
				faults++
			}
		}
	}
	return info.Size(), ctx.Err()
}

// sound reads a page again that did not match its checksum.
func (s *sqlite) sound(ctx context.Context, file io.ReaderAt, page []byte, at int64) bool {
	for range 3 {
		select {
		case <-ctx.Done():
			return true // the check is being stopped
		case <-time.After(settled):
		}
		if _, err := file.ReadAt(page, at); err == nil && sound(page) {
			return true
		}
	}
	return false
}

// The first byte of a page gives its type (https://www.sqlite.org/fileformat2.html, section 1.6).
const (
	tablePages = "\x05\x0d"
	indexPages = "\x02\x0a"
)

// checkRoots checks that the first page of each table and index has the right type. SQLite does
// not check that of an empty table. A file that is cut off is found by SQLite's own checks.
func (s *sqlite) checkRoots(ctx context.Context, db *sql.DB, fault func(error)) error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer file.Close()
	var size int64
	if err := db.QueryRowContext(ctx, `PRAGMA page_size`).Scan(&size); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, `SELECT type, name, rootpage FROM sqlite_schema WHERE rootpage > 1`)
	_, err = Collect(rows, err, func(rows *sql.Rows) (_ struct{}, err error) {
		var kind, name string
		var page int64
		if err := rows.Scan(&kind, &name, &page); err != nil {
			return struct{}{}, err
		}
		pages := tablePages
		if kind == "index" {
			pages = indexPages
		}
		first := make([]byte, 1)
		_, err = file.ReadAt(first, (page-1)*size)
		if errors.Is(err, io.EOF) {
			return struct{}{}, nil // the log has it, which a full disk kept from being emptied
		}
		if err != nil || !strings.Contains(pages, string(first)) {
			fault(Damaged("%s %q begins with a page of the wrong type", kind, name))
		}
		return struct{}{}, nil
	})
	return err
}

// maxAtOnce bounds the databases, in bytes, that SQLite checks at once for the list of free pages: above, that would
// keep the log from being emptied for long. A page of zeros matches its checksum.
const maxAtOnce = 256 << 20

// checkFree checks the list of free pages.
func checkFree(ctx context.Context, db *sql.DB, fault func(error)) error {
	rows, err := db.QueryContext(ctx, `PRAGMA quick_check`)
	found, err := Collect(rows, err, ScanText)
	if errors.Is(err, ErrDamaged) {
		fault(fmt.Errorf("the list of free pages: %w", err))
		return nil
	}
	for _, text := range found {
		if strings.Contains(text, "Freelist") || strings.Contains(text, "freelist") {
			fault(Damaged("%s", text))
		}
	}
	return err
}

// checkTables lets SQLite check the database table by table, so that no read keeps the log from
// being emptied for long.
func checkTables(ctx context.Context, db *sql.DB, fault func(error)) error {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
	tables, err := Collect(rows, err, ScanText)
	if err != nil {
		return err
	}
	var failed error
	for _, table := range tables {
		rows, err := db.QueryContext(ctx, fmt.Sprintf(`PRAGMA integrity_check(%q)`, table))
		found, err := Collect(rows, err, ScanText)
		if errors.Is(err, ErrDamaged) { // other tables may be readable
			fault(fmt.Errorf("table %q: %w", table, err))
			continue
		}
		failed = errors.Join(failed, err)
		for _, text := range found {
			if text != "ok" {
				fault(Damaged("table %q: %s", table, text))
			}
		}
	}
	return errors.Join(failed, checkForeignKeys(ctx, db, fault))
}

// checkForeignKeys finds rows that refer to rows that do not exist.
func checkForeignKeys(ctx context.Context, db *sql.DB, fault func(error)) error {
	rows, err := db.QueryContext(ctx, `PRAGMA foreign_key_check`)
	found := 0
	_, err = Collect(rows, err, func(rows *sql.Rows) (_ struct{}, err error) {
		var table, parent string
		var row, key sql.NullInt64
		if err = rows.Scan(&table, &row, &parent, &key); err == nil {
			if found++; found <= maxFaults {
				fault(Damaged("table %q: row %d refers to a row of %q that does not exist", table, row.Int64, parent))
			}
		}
		return struct{}{}, err
	})
	if errors.Is(err, ErrDamaged) {
		fault(fmt.Errorf("foreign keys: %w", err))
		return nil
	}
	return err
}
