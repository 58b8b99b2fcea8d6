package rpmdb

import (
	"encoding/binary"
	"io"
	"math/bits"
)

// The write-ahead log of an SQLite file (sqlite.org/fileformat2.html section 4): a header, then
// frames, each a header and a page. Frames count if they have the header's salt and the right
// running checksum, up to the last one that ends a transaction. If a page is repeated, the later
// frame counts.
const (
	logMagic   = 0x377f0682 // its lowest bit: checksums are of big-endian words
	logVersion = 3007000
	logHeader  = 32
	logFrame   = 24      // the header of a frame
	maxFrames  = 1 << 18 // a GiB of pages of 4 KiB
)

// writeAheadLog is a log that was read: where the newest version of each page is.
type writeAheadLog struct {
	*container
	pageSize int64
	pages    int64            // of the database after the last transaction
	page     map[uint32]int64 // offset in the log, by page number
}

// readLog reads a log. It returns nil if the log has no complete transaction: SQLite treats such a
// log as empty.
func readLog(file *io.SectionReader) (*writeAheadLog, error) {
	log := &writeAheadLog{container: &container{SectionReader: file}, page: map[uint32]int64{}}
	if file.Size() < logHeader {
		return nil, nil
	}
	head, err := log.at(0, logHeader)
	if err != nil {
		return nil, err
	}
	sum := checksum{order: binary.LittleEndian}
	magic := binary.BigEndian.Uint32(head)
	if magic&1 == 1 {
		sum.order = binary.BigEndian
	}
	sum.add(head[:24])
	log.pageSize = int64(binary.BigEndian.Uint32(head[8:]))
	if magic&^1 != logMagic || binary.BigEndian.Uint32(head[4:]) != logVersion || !sum.is(head[24:]) ||
		bits.OnesCount64(uint64(log.pageSize)) != 1 || log.pageSize < 512 || log.pageSize > 64<<10 {
		return nil, nil
	}
	numbers, err := log.frames(string(head[16:24]), sum)
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	for i, number := range numbers {
		log.page[number] = logHeader + int64(i)*(logFrame+log.pageSize) + logFrame
	}
	return log, nil
}

// frames returns the page numbers of the frames that count, in order.
func (l *writeAheadLog) frames(salt string, sum checksum) ([]uint32, error) {
	var numbers []uint32
	whole := 0 // frames up to the end of the last transaction
	size := logFrame + l.pageSize
	for offset := int64(logHeader); offset+size <= l.Size(); offset += size {
		frame, err := l.at(offset, size)
		if err != nil {
			return nil, err
		}
		sum.add(frame[:8])
		sum.add(frame[logFrame:])
		number := binary.BigEndian.Uint32(frame)
		if number == 0 || string(frame[8:16]) != salt || !sum.is(frame[16:24]) {
			break
		}
		if len(numbers) == maxFrames {
			return nil, damaged("its log has more than %d pages", maxFrames)
		}
		numbers = append(numbers, number)
		if pages := binary.BigEndian.Uint32(frame[4:]); pages > 0 {
			whole, l.pages = len(numbers), int64(pages)
		}
	}
	return numbers[:whole], nil
}

// checksum is the running checksum of a log.
type checksum struct {
	order binary.ByteOrder
	a, b  uint32
}

// add adds data, a multiple of 8 bytes.
func (s *checksum) add(data []byte) {
	for ; len(data) >= 8; data = data[8:] {
		s.a += s.order.Uint32(data) + s.b
		s.b += s.order.Uint32(data[4:]) + s.a
	}
}

// is reports whether it equals a checksum in the log.
func (s *checksum) is(data []byte) bool {
	return binary.BigEndian.Uint32(data) == s.a && binary.BigEndian.Uint32(data[4:]) == s.b
}
