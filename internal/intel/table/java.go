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

// javaBounds converts the bounds of a range to one of the four spellings that sources use: bounds
// in different spellings cannot be compared.
func javaBounds(r intel.Range) intel.Range {
	for _, bound := range [...]*string{&r.Exact, &r.Low, &r.High} {
		*bound = javaUpdate.ReplaceAllString(*bound, "1.$1$2.0_$3")
	}
	return r
}
