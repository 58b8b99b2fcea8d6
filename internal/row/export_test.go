package row

import (
	"fmt"

	"github.com/muster-project/muster/defender"
)

// ParseTimestamp parses a spelling of a Timestamp as value of kind k, in rows of any version.
func ParseTimestamp(k defender.Kind, text string) (Timestamp, error) {
	if n := timestampLength(k, []byte(text)); n == 0 || n != len(text) {
		return Timestamp{}, fmt.Errorf("reading row time %q: want the form 2020-11-03 10:13:34", text)
	}
	return timestampOf([]byte(text)), nil
}

// Key returns the key of rows made with the piece; for a clean row the key of its software. The
// caller must not change it.
func (v *VulnerabilityPiece) Key() []byte { return v.key }
