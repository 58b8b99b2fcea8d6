package table

import (
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/words"
)

// Words has what the feed says about CVEs in words.
type Words struct {
	// CVE ascends: each CVE has at most one entry in Texts.
	CVE   []uint32
	Texts *words.Texts
}

// visit visits the columns.
func (w *Words) visit(v column.Visitor) {
	if w.Texts == nil {
		w.Texts = &words.Texts{}
	}
	v.Numbers(&w.CVE)
	w.Texts.Visit(v)
}

// check reports whether the columns make a table of so many CVEs.
func (w *Words) check(cves uint32) bool {
	return w.Texts.Check() && w.Texts.Len() == len(w.CVE) && column.Within(cves, w.CVE) && ascends(w.CVE)
}

// Known has the CVEs that are in CISA's catalog of known exploited vulnerabilities, by what the feed
// says.
type Known struct {
	// CVE ascends.
	CVE []uint32
	// Added and Due are in seconds since 1970, or Unknown.
	Added, Due []uint64
	Flags      []byte
}

// The flags of an entry in CISA's catalog.
const (
	// Ransomware is known to use it.
	Ransomware byte = 1 << iota
	// Copied is what another publisher says of the entry.
	Copied
)

// visit visits the columns.
func (k *Known) visit(v column.Visitor) {
	v.Numbers(&k.CVE)
	v.Longs(&k.Added)
	v.Longs(&k.Due)
	v.Bytes(&k.Flags)
}

// check reports whether the columns make a table of so many CVEs.
func (k *Known) check(cves uint32) bool {
	return column.Same(len(k.CVE), len(k.Added), len(k.Due), len(k.Flags)) && column.Within(cves, k.CVE) && ascends(k.CVE)
}

// At returns an entry.
func (k *Known) At(i int) Exploited {
	return Exploited{Added: k.Added[i], Due: k.Due[i], Flags: k.Flags[i]}
}

// Exploited is an entry in CISA's catalog. Its times are those of a column.
type Exploited struct {
	Added, Due uint64
	Flags      byte
}

// ascends reports whether numbers ascend, each once.
func ascends(numbers []uint32) bool {
	for i := 1; i < len(numbers); i++ {
		if numbers[i-1] >= numbers[i] {
			return false
		}
	}
	return true
}
