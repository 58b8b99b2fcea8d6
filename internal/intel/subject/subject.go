package subject

import (
	"strings"

	"github.com/muster-project/muster/internal/version"
)

// A subject is what rules are about: a CPE pair ("a:google:chrome") or a package of an ecosystem
// ("pkg:Debian:12/openssl"). The keys cannot collide, since a CPE part is one letter.

// PackagePrefix begins the keys of packages.
const PackagePrefix = "pkg:"

// CPE returns the key of a CPE pair.
func CPE(part, vendor, product string) string {
	return part + ":" + vendor + ":" + product
}

// Package returns the key of a package of an ecosystem.
func Package(ecosystem, name string) string {
	return PackagePrefix + ecosystem + "/" + name
}

// Ecosystem returns the ecosystem of a package's key; ok is false for a CPE pair.
func Ecosystem(key string) (ecosystem string, ok bool) {
	rest, ok := strings.CutPrefix(key, PackagePrefix)
	if !ok {
		return "", false
	}
	ecosystem, _, _ = strings.Cut(rest, "/")
	return ecosystem, true
}

// SchemeOf returns the version scheme of a subject; ok is false if it is unknown, so that no
// versions can be compared.
func SchemeOf(key string) (scheme version.Scheme, ok bool) {
	ecosystem, isPackage := Ecosystem(key)
	if !isPackage {
		return version.Generic, true
	}
	return version.SchemeOf(ecosystem)
}
