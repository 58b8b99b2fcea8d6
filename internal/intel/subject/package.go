package subject

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/version"
)

// IsRPM reports whether an ecosystem has RPM packages.
func IsRPM(name string) bool {
	scheme, _ := ecosystem.SchemeOf(name)
	return scheme == version.RPM
}

// ModuleMark begins the part of a version that describes the package's module.
const ModuleMark = ".module"

// WithoutModule removes that part from a version: it is the build of the module, which related
// distributions number differently.
func WithoutModule(v string) string {
	head, _, _ := strings.Cut(v, ModuleMark)
	return head
}
