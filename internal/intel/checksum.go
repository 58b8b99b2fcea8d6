package intel

import (
	"crypto/md5" //nolint:gosec // it is what publishers name; it finds damage, and is no defence
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// ErrSum says that a file is not the one whose hash its publisher names.
var ErrSum = errors.New("the file has not the hash that its publisher names")

// Sum is a hash that a publisher names for a file. It finds files that were damaged, cut off or mixed up on their way;
// it comes from the same place as the file, so whether the publisher is believed is a question of TLS.
type Sum struct {
	// Hash makes the hash, Want is its value.
	Hash func() hash.Hash
	Want []byte
	// Unpacked says that it is that of the content of a file packed by gzip.
	Unpacked bool
}

// SHA256 returns the sum of a text in hexadecimal digits, in either case.
func SHA256(text string) (Sum, error) {
	want, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(want) != sha256.Size {
		return Sum{}, fmt.Errorf("%.80q is not a SHA-256", text)
	}
	return Sum{Hash: sha256.New, Want: want}, nil
}

// Check compares bytes with a sum of them, as they are.
func (s Sum) Check(text []byte) error {
	h := s.Hash()
	h.Write(text)
	return s.compare(h)
}

func (s Sum) compare(h hash.Hash) error {
	if is := h.Sum(nil); subtle.ConstantTimeCompare(is, s.Want) != 1 {
		return fmt.Errorf("%w: it is %x, want %x", ErrSum, is, s.Want)
	}
	return nil
}

// maxUnpacked bounds a file that is unpacked for its hash, in bytes.
const maxUnpacked = 16 << 30

// checkFile compares a file with its sums.
func checkFile(dst *os.Root, name string, sums []Sum) error {
	for _, s := range sums {
		if err := s.checkFile(dst, name); err != nil {
			return err
		}
	}
	return nil
}

func (s Sum) checkFile(dst *os.Root, name string) error {
	file, err := dst.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var in io.Reader = file
	if s.Unpacked {
		z, err := gzip.NewReader(file)
		if err != nil {
			return fmt.Errorf("%w: it is not packed by gzip: %w", ErrSum, err)
		}
		defer z.Close()
		in = io.LimitReader(z, maxUnpacked)
	}
	h := s.Hash()
	if _, err := io.Copy(h, in); err != nil {
		return fmt.Errorf("%w: it cannot be read to its end: %w", ErrSum, err)
	}
	return s.compare(h)
}

// storageSums returns the sums that Google Cloud Storage names in a reply, of the object as it is stored
// (https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash). There is none if it was unpacked on its
// way.
func storageSums(reply *http.Response) (sums []Sum) {
	stored := reply.Header.Get("X-Goog-Stored-Content-Encoding")
	if reply.Uncompressed || stored != "" && stored != "identity" {
		return nil
	}
	for _, line := range reply.Header.Values("X-Goog-Hash") {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			want, err := base64.StdEncoding.DecodeString(value)
			switch {
			case err != nil:
			case name == "crc32c" && len(want) == crc32.Size:
				sums = append(sums, Sum{Want: want, Hash: func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }})
			case name == "md5" && len(want) == md5.Size:
				sums = append(sums, Sum{Want: want, Hash: md5.New})
			}
		}
	}
	return sums
}
