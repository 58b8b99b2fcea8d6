package snapshot

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// firstDatasets is how many datasets there were before NonCVEAdvisories: earlier versions of indexes,
// sheets, deltas and manifests have no others.
const firstDatasets = int(defender.NonCVEAdvisories)

// newline ends lines.
var newline = []byte{'\n'}

// unknownForm returns the error for data that does not begin with the expected word: "muster", the
// kind of file, and the version of its form.
func unknownForm(data []byte, what string, form int) error {
	word, _, ended := bytes.Cut(data[:min(len(data), 40)], newline)
	number, ours := strings.CutPrefix(string(word), "muster "+what+" ")
	if version, err := strconv.Atoi(number); ours && ended && err == nil && version > form {
		return fmt.Errorf("%s with form %d: %w", what, version, ErrNewer)
	}
	return fmt.Errorf("%s begins with %q: %w", what, word, ErrDamaged)
}

// decoder reads a binary file. After an error it returns zeros.
type decoder struct{ packed.Reader }

func newDecoder(data []byte) decoder { return decoder{packed.Reader{Rest: data}} }

// file reads the size and the SHA-256 of a file whose name has been read.
func (r *decoder) file(name string) File {
	return File{Path: name, Bytes: r.Number(), SHA256: Digest(r.Bytes(len(Digest{})))}
}
