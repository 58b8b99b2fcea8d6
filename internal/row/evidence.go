package row

import (
	"github.com/muster-project/muster/defender"
)

// EvidencePiece is where a software was found on a device.
type EvidencePiece struct {
	members []byte
}

// Evidence renders the paths that show a software to be there: once a device
// and software. The paths are written in the order given, [] where none are.
func Evidence(diskPaths, registryPaths []string) EvidencePiece {
	b := make([]byte, 0, len(`,"DiskPaths":[],"RegistryPaths":[]`)+roomFor(diskPaths)+roomFor(registryPaths))
	b = appendStrings(appendKey(b, defender.FieldDiskPaths), diskPaths)
	return EvidencePiece{appendStrings(appendKey(b, defender.FieldRegistryPaths), registryPaths)}
}

// roomFor returns about how many bytes the paths take when encoded.
func roomFor(paths []string) (room int) {
	const quotesAndBackslashes = 16
	for _, path := range paths {
		room += len(path) + quotesAndBackslashes
	}
	return room
}
