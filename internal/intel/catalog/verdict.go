package catalog

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/support"
)

// maxField bounds the texts of a component: of longer texts only the beginning counts. Reports have
// no longer ones (inventory.MaxString). The list of updates is no text of a report but many joined, and is not cut: the
// updates of a device are bounded (stored.MaxDevice), and Reduced leaves those that decide.
const maxField = 64 << 10

// Verdict returns the verdict on a component. It is shared: do not change it.
func (c *Catalog) Verdict(r Component) *Verdict {
	r = Reduced(c, bounded(r))
	if v := c.memo.Get(r); v != nil {
		return v
	}
	v := c.judge(r)
	c.memo.Put(r, v)
	return v
}

// bounded returns a component with the beginnings of its texts.
func bounded(r Component) Component {
	for _, field := range [...]*string{
		&r.Vendor, &r.Name, &r.Version, &r.CPE, &r.PURL, &r.BundleID, &r.SourcePackage, &r.SourceVersion,
	} {
		*field = (*field)[:min(len(*field), maxField)]
	}
	return r
}

// judge makes a verdict without the cache, of a component whose texts are bounded.
func (c *Catalog) judge(r Component) *Verdict {
	s := c.scratches.take(len(c.cves))
	defer c.scratches.give(s)
	found := resolver{c}.resolve(&r)
	v := &Verdict{
		Vendor: found.vendor, Name: found.name, Version: found.version,
		Product: found.product && !c.empty, Rule: found.rule,
	}
	if v.Product {
		updater{c}.update(&r, &found)
		c.match(&found, subject.PlatformOf(r.OSPlatform, r.OSVersion), s)
		v.Hits = updater{c}.withUpdates(c.hits(s), &found, s)
		updater{c}.nameMonths(v.Hits, &found, s)
		v.VersionEnd, v.ProductEnd = c.ends(&found)
	} else if found.rule != RuleExcluded {
		v.Rule = RuleNone
	}
	v.Coverage = coverer{c}.coverage(&r, &found, v)
	v.Fingerprint = v.fingerprint(s.digests)
	return v
}

// fingerprint hashes everything shown in rows; digests are those of the hits.
func (v *Verdict) fingerprint(digests []byte) [16]byte {
	row := make([]byte, 0, 256)
	for _, text := range append([]string{v.Vendor, v.Name, v.Version, v.Coverage.Wants}, v.Coverage.Feeds...) {
		row = append(binary.LittleEndian.AppendUint32(row, uint32(len(text))), text...)
	}
	row = append(row, column.Flag(v.Product), byte(v.Coverage.State), byte(v.Coverage.Reason))
	row = appendEnd(appendEnd(row, v.VersionEnd), v.ProductEnd)
	hits := sha256.Sum256(digests)
	sum := sha256.Sum256(append(row, hits[:]...))
	return [16]byte(sum[:16])
}

func appendEnd(row []byte, e support.End) []byte {
	return binary.LittleEndian.AppendUint32(append(row, column.Flag(e.Ended)), e.Seconds())
}
