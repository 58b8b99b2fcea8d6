package defender

// EvidencePiece is where a software was found on a device.
type EvidencePiece struct {
	members []byte
}

// Evidence renders the paths that show a software to be there: once a device
// and software. The paths are written in the order given, [] where none are.
func Evidence(diskPaths, registryPaths []string) EvidencePiece {
	b := appendStrings(appendKey(nil, FieldDiskPaths), diskPaths)
	return EvidencePiece{appendStrings(appendKey(b, FieldRegistryPaths), registryPaths)}
}
