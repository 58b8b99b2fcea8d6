package assess

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// maxMatched bounds the memory for components whose exceptions were looked for, in bytes.
const maxMatched = 8 << 20

// excepted knows which exceptions match which components. A nil one has none.
type excepted struct {
	set   *except.Set
	known map[string][]match // by component key
	size  int
}

// match is a CVE, or advisory, of a component for which there are exceptions.
type match struct {
	cve   string
	rules except.Matches
}

// Decision is what an exception decides about a CVE in a component of a device.
type Decision struct {
	// Component is the component's key; Vendor, Name and Version are those of its rows.
	Component, Vendor, Name, Version string
	CVE                              string
	// By is the exception. It may be one that changes nothing.
	By *except.Exception
}

// of returns the CVEs of a component for which there are exceptions.
func (x *excepted) of(c *catalog.Catalog, component catalog.Component, key string) []match {
	if x == nil {
		return nil
	}
	found, ok := x.known[key]
	if ok {
		return found
	}
	v := c.Verdict(component)
	software := except.Software{PURL: component.PURL, Vendor: v.Vendor, Name: v.Name, Version: v.Version}
	for i := range v.Hits {
		if rules := x.set.Matching(v.Hits[i].CVE, software); rules != nil {
			found = append(found, match{v.Hits[i].CVE, rules})
		}
	}
	slices.SortFunc(found, func(x, y match) int { return strings.Compare(x.cve, y.cve) })
	const one = 100
	if x.size += len(key) + one*(1+len(found)); x.size > maxMatched {
		clear(x.known)
		x.size = len(key) + one*(1+len(found))
	}
	x.known[key] = found
	return found
}

// Excepts returns a fingerprint of what exceptions decide about a device, which does not depend on the order
// of decisions. It is zero if they change nothing.
func Excepts(all []Decision) (sum [16]byte) {
	for _, d := range all {
		if !d.By.Hides() && !d.By.Marks() {
			continue
		}
		one := sha256.Sum256(fmt.Append(nil, d.Component, "\x00", d.CVE, "\x00", d.By.ID, "\x00", d.By.Hides()))
		for i := range sum {
			sum[i] ^= one[i]
		}
	}
	return sum
}

// Hidden counts the decisions that hide a finding.
func Hidden(all []Decision) (n int64) {
	for _, d := range all {
		if d.By.Hides() {
			n++
		}
	}
	return n
}
