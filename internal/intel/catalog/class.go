package catalog

import "github.com/muster-project/muster/internal/inventory"

// PlatformClass cuts a device's platform down to what may decide a verdict, so
// that devices which cannot differ share their verdicts: Windows and macOS keep
// no version (their own entry has it), Linux keeps the distribution and as much
// of its release as its feeds tell apart ("enterprise_linux_9" of 9.4).
func PlatformClass(osPlatform, osVersion string) (string, string) {
	if osPlatform != inventory.Linux {
		return osPlatform, ""
	}
	id, release, ok := inventory.Distribution(osVersion)
	if !ok {
		return osPlatform, ""
	}
	return osPlatform, inventory.OSVersion(id, releaseClass(id, release))
}
