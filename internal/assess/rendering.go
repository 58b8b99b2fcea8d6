package assess

import (
	"time"

	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/row"
)

// rendering has the pieces of a component's rows that are the same on every device.
type rendering struct {
	Source
	key         string // ComponentKey
	fingerprint [16]byte
	product     bool
	software    row.SoftwarePiece
	clean       row.VulnerabilityPiece
	findings    []finding // by CVE
	// advisories are those that name no CVE, by id.
	advisories []finding
	coverage   coverage.Answer
	// excepted are the CVEs and advisories for which there are exceptions, by id.
	excepted []match
	// next is when the status of support changes; zero for never.
	next time.Time
	// isShared says that the pieces are another rendering's.
	isShared bool
}

// finding is a rendered CVE, or advisory without one, that affects the component.
type finding struct {
	cve      string
	severity string
	piece    row.VulnerabilityPiece
	// marked is the piece that says that the finding is excepted, if an exception may want it.
	marked   *row.VulnerabilityPiece
	isMarked bool
}

// size returns the approximate size of the rendering in bytes, for bounding the cache: texts of
// reports may be long, and every piece has them.
func (r *rendering) size() int {
	const piece, names = 900, 5 // bytes without the names, and how often a piece has these
	if r.isShared {
		return 2*len(r.key) + piece
	}
	return 2*len(r.key) + (2+len(r.findings)+len(r.advisories))*(piece+names*len(r.software.Key()))
}
