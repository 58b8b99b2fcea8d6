package table

import "github.com/muster-project/muster/internal/intel/column"

// Likely has how likely CVEs are to be exploited. Unlike other parts it names CVEs by text: a score alone
// makes no CVE known.
type Likely struct {
	// CVE has texts, which ascend.
	CVE []uint32
	// Score and Percentile are in billionths.
	Score, Percentile []uint32
	// Edition is the publication that each score comes from.
	Edition []uint32
	// Day, in seconds since 1970 or Unknown, and Model, a text, are those of editions.
	Day   []uint64
	Model []uint32
}

// visit visits the columns.
func (l *Likely) visit(v column.Visitor) {
	for _, part := range [...]*[]uint32{&l.CVE, &l.Score, &l.Percentile, &l.Edition, &l.Model} {
		v.Numbers(part)
	}
	v.Longs(&l.Day)
}

// check reports whether the columns make a table of texts.
func (l *Likely) check(texts uint32) bool {
	return column.Same(len(l.CVE), len(l.Score), len(l.Percentile), len(l.Edition)) &&
		column.Same(len(l.Day), len(l.Model)) && column.Within(texts, l.CVE, l.Model) && ascends(l.CVE) &&
		column.Within(uint32(len(l.Day)), l.Edition) && column.Within(whole+1, l.Score, l.Percentile)
}

// whole is a likelihood of 1, in billionths.
const whole = 1_000_000_000
