package bucket

import (
	"time"
)

// version is one version of an object.
type version struct {
	etag     string // "" if it was made here and not looked at since
	bytes    int64
	sum      string // the SHA-256 in its metadata, in hexadecimal; "" if it was not made by a Store
	modified time.Time
	put      string // the random number of its put
}

// Names of metadata.
const (
	metaSum = "sha256"
	metaPut = "put"
)

// metadata is that of an object of this version; none if it was not made by a put.
func (v version) metadata() map[string]string {
	if v.put == "" {
		return nil
	}
	return map[string]string{metaSum: v.sum, metaPut: v.put}
}

// same reports whether two versions are one.
func (v version) same(w version) bool {
	if v.etag == "" || w.etag == "" {
		return v.bytes == w.bytes && v.sum != "" && v.sum == w.sum
	}
	return v.etag == w.etag && v.bytes == w.bytes
}

// pieceSize is the size of every piece but the last one, in bytes.
const pieceSize = 1 << 20

// count is how many pieces a version has.
func (v version) count() int { return int((v.bytes + pieceSize - 1) / pieceSize) }

// sizeOf is how many bytes a piece has.
func (v version) sizeOf(index int) int { return int(min(pieceSize, v.bytes-int64(index)*pieceSize)) }
