package table

import (
	"regexp"

	"github.com/muster-project/muster/internal/intel"
)

// javaUpdate matches the other spellings of 1.8.0_381 in bounds.
var javaUpdate = regexp.MustCompile(`^(?:1\.(\d+)\.0:update_?|(\d+)u)(\d+)$`)

// isJava reports whether a CPE product has Java's versions.
func isJava(product string) bool {
	return product == "jre" || product == "jdk" || product == "java_se" || product == "openjdk"
}

// Spelled returns a version of a CPE product in the spelling of the product's bounds.
func Spelled(product, version string) string {
	if isJava(product) {
		return javaVersion(version)
	}
	return version
}

func javaVersion(version string) string {
	return javaUpdate.ReplaceAllString(version, "1.$1$2.0_$3")
}

// javaBounds converts the bounds of a range to one of the four spellings that sources use: bounds
// in different spellings cannot be compared.
func javaBounds(r intel.Range) intel.Range {
	for _, bound := range [...]*string{&r.Exact, &r.Low, &r.High} {
		*bound = javaVersion(*bound)
	}
	return r
}
