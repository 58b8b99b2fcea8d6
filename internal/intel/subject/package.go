package subject

import (
	"strings"

	"github.com/muster-project/muster/internal/version"
)

// PackageName normalises a package's name as its ecosystem compares names.
func PackageName(ecosystem, name string) string {
	switch ecosystem {
	case "PyPI":
		return joinRuns(strings.ToLower(name))
	case "NuGet", "Packagist":
		return strings.ToLower(name)
	}
	return name
}

// joinRuns replaces runs of "-", "_" and "." by one "-", as PyPI does.
func joinRuns(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' }), "-")
}

// IsRPM reports whether an ecosystem has RPM packages.
func IsRPM(ecosystem string) bool {
	scheme, ok := version.SchemeOf(ecosystem)
	return ok && scheme == version.RPM
}

// IsDistribution reports whether an ecosystem's lists of versions only repeat its ranges.
func IsDistribution(ecosystem string) bool {
	scheme, ok := version.SchemeOf(ecosystem)
	return ok && (scheme == version.RPM || scheme == version.Debian || scheme == version.Alpine)
}

// ModuleMark begins the part of a version that describes the package's module.
const ModuleMark = ".module"

// WithoutModule removes that part from a version: it is the build of the module, which related
// distributions number differently.
func WithoutModule(v string) string {
	head, _, _ := strings.Cut(v, ModuleMark)
	return head
}
