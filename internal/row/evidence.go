package row

import (
	"github.com/muster-project/muster/defender"
)

// EvidencePiece says where a software was found on a device.
type EvidencePiece struct {
	members []byte
}

// Evidence renders the paths that prove a software: once per device and software. The paths are
// written in the given order; [] if there are none.
func Evidence(diskPaths, registryPaths []string) EvidencePiece {
	b := make([]byte, 0, len(`,"DiskPaths":[],"RegistryPaths":[]`)+roomFor(diskPaths)+roomFor(registryPaths))
	b = appendStrings(appendKey(b, defender.FieldDiskPaths), diskPaths)
	return EvidencePiece{appendStrings(appendKey(b, defender.FieldRegistryPaths), registryPaths)}
}

// roomFor returns the approximate size of the encoded paths in bytes.
func roomFor(paths []string) (room int) {
	const quotesAndBackslashes = 16
	for _, path := range paths {
		room += len(path) + quotesAndBackslashes
	}
	return room
}
