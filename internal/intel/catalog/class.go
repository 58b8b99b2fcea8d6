package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/inventory"
)

// PlatformClass reduces a device's platform to what may decide a verdict, so that devices which
// cannot differ share verdicts. Windows and macOS keep no version (their own entry has it). Linux
// keeps the distribution and the part of its release that its feeds distinguish
// ("enterprise_linux_9" for 9.4).
func PlatformClass(osPlatform, osVersion string) (string, string) {
	if osPlatform != inventory.Linux {
		return osPlatform, ""
	}
	id, release, ok := inventory.Distribution(osVersion)
	if !ok {
		return osPlatform, strings.ToLower(osVersion) // an unknown distribution is not an unnamed one
	}
	return osPlatform, inventory.OSVersion(id, ecosystem.DistributionOf(id).Class(release))
}
