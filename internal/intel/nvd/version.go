package nvd

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cpe"
)

// maxVersion bounds a version text in bytes; longer text is ignored.
const maxVersion = 128

// versions returns the versions of a match. It returns false if there is none, if the version is
// "not applicable", which matches no concrete one (NISTIR 7696), and if a bound is not a version.
// A version beside bounds is part of the product's name ("windows_10" 1809, up to a build) and is
// moved there.
func (m match) versions(name *cpe.Name) (intel.Range, bool) {
	bounds, ok := m.bounds()
	switch {
	case !ok || name.Version == cpe.NA || strings.ContainsAny(name.Version, "*?"):
		return bounds, false
	case bounds == intel.Range{}:
		return exact(*name)
	case name.Version != "":
		name.Product += "_" + name.Version
		return bounds, true
	}
	return updated(bounds, name.Update)
}

// updated reads a range whose name has an update. Up to and with a version it ends at that update of it:
// 4.2.8 with update p18 is 4.2.8:p18. Of another range the update says nothing clear.
func updated(bounds intel.Range, update string) (intel.Range, bool) {
	if update == "" || update == cpe.NA {
		return bounds, true
	}
	if !bounds.HighIncluded {
		return bounds, false
	}
	bounds.High = cpe.WithUpdate(bounds.High, update)
	return bounds, len(bounds.High) <= maxVersion
}

func exact(name cpe.Name) (intel.Range, bool) {
	version := name.Version
	if version != "" {
		version = cpe.WithUpdate(version, name.Update)
	}
	return intel.Range{Exact: version}, version != "" && len(version) <= maxVersion
}

// bounds reads the four bounds. A date instead of a version, and overlong text, bound nothing.
func (m match) bounds() (intel.Range, bool) {
	r := intel.Range{Low: m.StartIncluding, High: m.EndExcluding}
	if r.Low == "" && m.StartExcluding != "" {
		r.Low, r.LowExcluded = m.StartExcluding, true
	}
	if r.High == "" && m.EndIncluding != "" {
		r.High, r.HighIncluded = m.EndIncluding, true
	}
	return r, !intel.IsDate(r.High) && len(r.Low) <= maxVersion && len(r.High) <= maxVersion
}
