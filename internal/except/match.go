package except

import (
	"cmp"
	"strings"

	packageurl "github.com/package-url/packageurl-go"
)

// Software is what an exception's product is compared with: a package URL as reported, and vendor, name
// and version as rows show them.
type Software struct{ PURL, Vendor, Name, Version string }

// product is a Product whose package URL is parsed.
type product struct {
	Product
	url *packageurl.PackageURL
}

func newProduct(p Product) (product, error) {
	if p.PURL == "" {
		return product{p, nil}, nil
	}
	url, err := packageurl.FromString(p.PURL)
	return product{p, &url}, err
}

// matches reports whether the software is the product. url is the software's package URL; nil for none.
func (p *product) matches(s *Software, url *packageurl.PackageURL) bool {
	if p.url != nil {
		return url != nil && samePackage(p.url, url)
	}
	return (p.Vendor == "" || strings.EqualFold(p.Vendor, s.Vendor)) &&
		(p.Name == "" || strings.EqualFold(p.Name, s.Name)) && (p.Version == "" || p.Version == s.Version)
}

// samePackage reports whether a package is the one that a statement names. A statement without a version
// means all versions. What else it says must be the same: other qualifiers of the package do not
// matter, except for an epoch, which is part of the version.
func samePackage(stated, have *packageurl.PackageURL) bool {
	if stated.Type != have.Type || stated.Namespace != have.Namespace || stated.Name != have.Name ||
		stated.Subpath != "" && stated.Subpath != have.Subpath {
		return false
	}
	if stated.Version != "" && !sameVersion(stated, have) {
		return false
	}
	of := have.Qualifiers.Map()
	for _, q := range stated.Qualifiers {
		if q.Key != epoch && of[q.Key] != q.Value {
			return false
		}
	}
	return true
}

const epoch = "epoch"

// sameVersion compares versions as text, with their epochs: a qualifier, or before a colon.
func sameVersion(a, b *packageurl.PackageURL) bool {
	epochA, versionA := split(a)
	epochB, versionB := split(b)
	return versionA == versionB && epochA == epochB
}

// split returns epoch and version of a package of a distribution; the epoch of others is "0".
func split(p *packageurl.PackageURL) (string, string) {
	if p.Type != packageurl.TypeRPM && p.Type != packageurl.TypeDebian {
		return "0", p.Version
	}
	stated := p.Qualifiers.Map()[epoch]
	if before, after, ok := strings.Cut(p.Version, ":"); ok && strings.Trim(before, "0123456789") == "" {
		return cmp.Or(before, stated, "0"), after
	}
	return cmp.Or(stated, "0"), p.Version
}
