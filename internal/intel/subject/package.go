package subject

import (
	"strings"

	"github.com/muster-project/muster/internal/version"
)

// PackageName spells a package's name as its ecosystem compares names.
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

// IsRPM reports an ecosystem of RPM packages.
func IsRPM(ecosystem string) bool {
	scheme, ok := version.SchemeOf(ecosystem)
	return ok && scheme == version.RPM
}

// IsDistribution reports an ecosystem whose lists of versions only repeat what
// its ranges say.
func IsDistribution(ecosystem string) bool {
	scheme, ok := version.SchemeOf(ecosystem)
	return ok && (scheme == version.RPM || scheme == version.Debian || scheme == version.Alpine)
}

// ModuleMark begins what a version says of the module that its package is of.
const ModuleMark = ".module"

// WithoutModule removes that from a version: the build of the module, which
// relatives of a distribution number differently.
func WithoutModule(v string) string {
	head, _, _ := strings.Cut(v, ModuleMark)
	return head
}
