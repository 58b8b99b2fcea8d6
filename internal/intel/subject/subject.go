package subject

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/ecosystem"
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

// Package returns the key of a package of an ecosystem, by its name in any spelling. An ecosystem may
// be a repository ("Maven:https://maven.google.com"), whose slashes are escaped.
func Package(of, name string) string {
	return PackagePrefix + strings.ReplaceAll(of, "/", escapedSlash) + "/" + ecosystem.Normal(of, name)
}

const escapedSlash = "%2F"

// Ecosystem returns the ecosystem of a package's key; ok is false for a CPE pair.
func Ecosystem(key string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(key, PackagePrefix)
	if !ok {
		return "", false
	}
	name, _, _ = strings.Cut(rest, "/")
	return strings.ReplaceAll(name, escapedSlash, "/"), true
}

// SchemeOf returns the version scheme of a subject; ok is false if it is unknown, so that no
// versions can be compared.
func SchemeOf(key string) (scheme version.Scheme, ok bool) {
	name, isPackage := Ecosystem(key)
	if !isPackage {
		return version.Generic, true
	}
	return ecosystem.SchemeOf(name)
}
