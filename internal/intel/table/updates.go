package table

import "github.com/muster-project/muster/internal/intel/column"

// Updates has a maker's updates, by product and id. An update without an id only says when a CVE was fixed.
type Updates struct {
	Product, ID, Title, URL, Build []uint32
	// Published is in seconds since 1970, or Unknown.
	Published []uint64
	// Fixed are the starts of each update's rows in CVE, which has rows of CVEs, and Severity.
	Fixed, CVE []uint32
	Severity   []byte
	// Replaced are the starts of each update's rows in Older, which has ids of updates for the same product.
	Replaced, Older []uint32
}

// visit visits the columns.
func (u *Updates) visit(v column.Visitor) {
	for _, part := range [...]*[]uint32{
		&u.Product, &u.ID, &u.Title, &u.URL, &u.Build, &u.Fixed, &u.CVE, &u.Replaced, &u.Older,
	} {
		v.Numbers(part)
	}
	v.Longs(&u.Published)
	v.Bytes(&u.Severity)
}

// check reports whether the columns make a table of texts and CVEs.
func (u *Updates) check(texts, cves uint32) bool {
	rows := uint32(len(u.Product))
	return column.Same(len(u.Product), len(u.ID), len(u.Title), len(u.URL), len(u.Build), len(u.Published)) &&
		column.Same(len(u.CVE), len(u.Severity)) &&
		column.Within(texts, u.Product, u.ID, u.Title, u.URL, u.Build, u.Older) && column.Within(cves, u.CVE) &&
		column.Starts(u.Fixed, rows, uint32(len(u.CVE))) && column.Starts(u.Replaced, rows, uint32(len(u.Older)))
}
