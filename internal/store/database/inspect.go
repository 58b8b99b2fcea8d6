package database

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-project/muster/internal/durable"
)

// The parts of SQLite's file format (https://www.sqlite.org/fileformat2.html) that are read here.
const (
	magic          = "SQLite format 3\x00"
	headerSize     = 100 // of the first page
	atPageSize     = 16
	atReserved     = 20
	atChanges      = 24 // the change counter
	atPages        = 28 // number of pages, valid if atValidFor equals the change counter
	atValidFor     = 92
	logHeader      = 32 // of the write-ahead log
	logFrameHeader = 24 // of each frame in it
)

// checksumSize is the size of the checksum at the end of every page, over the rest of the page
// (https://www.sqlite.org/cksumvfs.html). SQLite itself leaves these bytes alone.
const checksumSize = 8

// inspect checks a database before SQLite opens it. SQLite would take an absent or empty file for
// a new database, and the valid beginning of a damaged log for all of it. inspect changes nothing.
// existing says that there must be a database.
func inspect(path string, existing, acceptLog bool) error {
	for _, name := range []string{path, path + "-wal", path + "-shm", openMark(path), movingMark(path)} {
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			return Damaged("%q is not a regular file", filepath.Base(name)) // opening a pipe would wait
		}
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if existing {
			return Damaged("%q is gone", filepath.Base(path))
		}
		return inspectNone(path)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		if existing {
			return Damaged("%q is empty", filepath.Base(path))
		}
		return inspectNone(path)
	}
	log, err := inspectLog(path, acceptLog)
	if err == nil && log && !acceptLog {
		err = inspectOwner(file, path)
	}
	if err != nil {
		return err
	}
	return inspectPages(file, info.Size(), log)
}

// inspectNone refuses to create a database beside the log of another one, because SQLite would
// remove that log.
func inspectNone(path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return Damaged("%q is gone or empty, but its log is there", filepath.Base(path))
	}
	return nil
}

// inspectPages checks the header, the number of pages and the first page's checksum. If there is a
// log, the pages are not checked: the log may hold newer ones, and a crash may have left some half
// written.
func inspectPages(file io.ReaderAt, size int64, log bool) error {
	header := make([]byte, headerSize)
	if n, err := file.ReadAt(header, 0); n < headerSize {
		return Damaged("it has only %d bytes (%v)", n, err)
	}
	if string(header[:len(magic)]) != magic {
		return Damaged("it is not an SQLite database: it begins with %q", header[:len(magic)])
	}
	page := pageSizeOf(header)
	if page < 512 || page&(page-1) != 0 {
		return Damaged("its header gives an invalid page size of %d bytes", page)
	}
	if header[atReserved] != 0 && header[atReserved] != checksumSize {
		return Damaged("its header reserves %d bytes of each page", header[atReserved])
	}
	first := make([]byte, page)
	if _, err := file.ReadAt(first, 0); err != nil {
		if log {
			return nil
		}
		return Damaged("its first page cannot be read: %v", err)
	}
	reserved := first[atReserved]
	if first[atReserved] = checksumSize; reserved == 0 && sound(first) {
		return Damaged("its header says that pages have no checksums, but the first page has one")
	}
	if log {
		return nil
	}
	if reserved == checksumSize && !sound(first) {
		return Damaged("its first page does not match its checksum")
	}
	pages := int64(binary.BigEndian.Uint32(first[atPages:]))
	current := bytes.Equal(first[atChanges:atChanges+4], first[atValidFor:atValidFor+4])
	if current && size < pages*page {
		return Damaged("it has %d bytes, want %d", size, pages*page)
	}
	return nil
}

func pageSizeOf(header []byte) int64 {
	size := int64(binary.BigEndian.Uint16(header[atPageSize:]))
	if size == 1 {
		return 65536
	}
	return size
}

// sound reports whether a page matches its checksum.
func sound(page []byte) bool {
	body, sum := page[:len(page)-checksumSize], page[len(page)-checksumSize:]
	var s1, s2 uint32
	for ; len(body) >= 8; body = body[8:] {
		s1 += binary.LittleEndian.Uint32(body) + s2
		s2 += binary.LittleEndian.Uint32(body[4:]) + s1
	}
	return binary.LittleEndian.Uint32(sum) == s1 && binary.LittleEndian.Uint32(sum[4:]) == s2
}

// openMark is the name of a file that exists while the database is open and its newest commits are
// in the log. If it exists and the log does not, the log was lost.
func openMark(path string) string { return path + "-open" }

// inspectLog checks the write-ahead log and reports whether there is one that is not empty.
func inspectLog(path string, accept bool) (bool, error) {
	file, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return false, inspectNoLog(path, accept)
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	if info.Size() == 0 {
		return false, inspectNoLog(path, accept)
	}
	if accept {
		return true, nil
	}
	valid, later, err := readLog(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		return true, fmt.Errorf("reading %q: %w", filepath.Base(path)+"-wal", err)
	}
	if later >= 2 {
		return true, fmt.Errorf("%w: %w: %q has %d good frames, then damage, and after the damage %d commits that would be lost",
			ErrDamaged, ErrLog, filepath.Base(path)+"-wal", valid, later)
	}
	return true, nil
}

// inspectOwner refuses a log beside a database that was closed. Closing leaves no log, so this one
// is of another database, and SQLite would write it over this one. Programs from before page
// checksums made no marks.
func inspectOwner(file io.ReaderAt, path string) error {
	header := make([]byte, headerSize)
	if n, _ := file.ReadAt(header, 0); n < headerSize || header[atReserved] != checksumSize {
		return nil
	}
	for _, mark := range []string{openMark(path), movingMark(path)} {
		if _, err := os.Stat(mark); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %w: the database was closed, which leaves no log, but %q is there: %w",
		ErrDamaged, ErrLog, filepath.Base(path)+"-wal", errForeign)
}

// errForeign is wrapped if there is a log where there must be none.
var errForeign = errors.New("it may be of another database")

// setAside renames a log that may be of another database, so that it is neither used nor lost.
func setAside(path string) error {
	if err := inspect(path, true, false); !errors.Is(err, errForeign) {
		return nil // inspect finds the others again
	}
	return os.Rename(path+"-wal", path+"-wal.given-up-"+time.Now().UTC().Format("20060102T150405Z"))
}

// inspectNoLog reports a log that should exist and does not.
func inspectNoLog(path string, accept bool) error {
	if _, err := os.Stat(openMark(path)); err == nil && !accept {
		return fmt.Errorf("%w: %w: %q is gone; the process before was killed, and its last commits were in that file",
			ErrDamaged, ErrLog, filepath.Base(path)+"-wal")
	}
	return nil
}

// readLog counts the frames of a log up to the first bad one, where SQLite stops, and the commits
// after it. A power loss may leave one such commit, which was never acknowledged: each commit is
// synced before the next begins. readLog holds two frames at a time, because a log may be as large
// as its database.
func readLog(log io.Reader) (valid, later int, err error) {
	head := make([]byte, logHeader)
	if ok, err := readWhole(log, head); !ok {
		return 0, 0, err
	}
	page := int(binary.BigEndian.Uint32(head[8:]))
	good := page >= 512 && page <= 65536 && page&(page-1) == 0
	if !good {
		page = pageSize
	}
	sum := logSum{big: binary.BigEndian.Uint32(head)&1 == 1}
	sum.add(head[:24])
	good = good && sum.is(head[24:32]) && binary.BigEndian.Uint32(head)&^1 == 0x377f0682
	header := good
	salts := head[16:24]
	commits := map[string]int{}
	var before []byte // the last commit's frame
	frame := make([]byte, logFrameHeader+page)
	for {
		if ok, err := readWhole(log, frame); err != nil {
			return valid, 0, err
		} else if !ok {
			break
		}
		if good && bytes.Equal(frame[8:16], salts) {
			sum.add(frame[:8])
			sum.add(frame[logFrameHeader:])
			if good = sum.is(frame[16:24]); good {
				valid++
				continue
			}
		}
		good = false
		// A commit may be padded with copies of its last frame.
		copied := before != nil && bytes.Equal(frame[:16], before[:16]) &&
			bytes.Equal(frame[logFrameHeader:], before[logFrameHeader:])
		if binary.BigEndian.Uint32(frame[4:]) != 0 && !copied {
			commits[string(frame[8:16])]++
			before = append(before[:0], frame...)
		}
	}
	if header { // a log that has just been restarted still has old frames
		return valid, commits[string(salts)], nil
	}
	for _, n := range commits { // the log's header is damaged
		later = max(later, n)
	}
	return valid, later, nil
}

// readWhole fills buf and reports whether there were enough bytes.
func readWhole(from io.Reader, buf []byte) (bool, error) {
	_, err := io.ReadFull(from, buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
	return err == nil, err
}

// logSum is the running checksum of a log. Its numbers are read in either byte order; stored
// values are big-endian.
type logSum struct {
	big    bool
	s1, s2 uint32
}

func (s *logSum) add(data []byte) {
	number := binary.LittleEndian.Uint32
	if s.big {
		number = binary.BigEndian.Uint32
	}
	for ; len(data) >= 8; data = data[8:] {
		s.s1 += number(data) + s.s2
		s.s2 += number(data[4:]) + s.s1
	}
}

func (s *logSum) is(stored []byte) bool {
	return binary.BigEndian.Uint32(stored) == s.s1 && binary.BigEndian.Uint32(stored[4:]) == s.s2
}

// markOpen records that the log must exist from now on.
func markOpen(path string) error {
	file, err := os.OpenFile(openMark(path), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// movingMark is the name of a file that exists from before a log is begun until the log has been
// moved into the database. Without it and openMark there is no log.
func movingMark(path string) string { return path + "-moving" }

// markMoving records durably that there may be a log from now on.
func markMoving(path string) error {
	file, err := os.OpenFile(movingMark(path), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), durable.SyncFolder(filepath.Dir(path)))
}

// markMoved records that there is no log any more, if that is so.
func markMoved(path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil
	}
	if err := os.Remove(movingMark(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// markClosed records durably that the log may go. It must come before the log goes.
func markClosed(path string) error {
	if err := os.Remove(openMark(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return durable.SyncFolder(filepath.Dir(path))
}

// pageSize is the size of a database page in bytes.
const pageSize = 8192
