package assess

import (
	"time"

	"github.com/muster-project/muster/internal/row"
)

// rendering holds the pieces of rows that a component has on every device.
type rendering struct {
	key         string // ComponentKey
	fingerprint [16]byte
	product     bool
	software    row.SoftwarePiece
	clean       row.VulnerabilityPiece
	findings    []finding // by CVE
	// next is when the status of support changes, zero for never.
	next time.Time
}

// finding is a CVE that affects the component, rendered.
type finding struct {
	cve      string
	severity string
	piece    row.VulnerabilityPiece
}

// size is about how many bytes the rendering takes, for bounding the memory of
// what is remembered: texts of reports may be long, and stand in every piece.
func (r *rendering) size() int {
	const piece, names = 700, 4 // beside the names, and how often these stand in it
	return 2*len(r.key) + (2+len(r.findings))*(piece+names*len(r.software.Key()))
}
