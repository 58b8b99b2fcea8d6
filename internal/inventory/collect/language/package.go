package language

import (
	"cmp"
	"strings"

	"github.com/package-url/packageurl-go"
)

// Package is a package of a language at a version, as package URLs name it.
type Package struct {
	// Kind is the type of its package URL: "pypi", "npm", "gem", "golang", "cargo".
	Kind, Namespace, Name, Version string
}

// maxText bounds the name and the version of a package, in bytes.
const maxText = 512

// newPackage returns a package whose name may have a namespace before its last slash; ok is false if its name or
// version is none.
func newPackage(kind, name, version string) (p Package, ok bool) {
	if name == "" || version == "" || len(name) > maxText || len(version) > maxText ||
		strings.ContainsFunc(name+version, isOdd) {
		return Package{}, false
	}
	purl := packageurl.NewPackageURL(kind, "", name, version, nil, "")
	if at := strings.LastIndexByte(name, '/'); at >= 0 {
		purl.Namespace, purl.Name = name[:at], name[at+1:]
	}
	if purl.Normalize() != nil || purl.Name == "" {
		return Package{}, false
	}
	return Package{purl.Type, purl.Namespace, purl.Name, purl.Version}, true
}

func isOdd(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfffd }

// PURL returns the package URL.
func (p Package) PURL() string {
	return packageurl.NewPackageURL(p.Kind, p.Namespace, p.Name, p.Version, nil, "").ToString()
}

// compare orders packages.
func (p Package) compare(q Package) int {
	return cmp.Or(cmp.Compare(p.Kind, q.Kind), cmp.Compare(p.Namespace, q.Namespace), cmp.Compare(p.Name, q.Name),
		cmp.Compare(p.Version, q.Version))
}
