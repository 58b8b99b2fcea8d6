package facts

// ListedKeys are the keys of families that have a list of their own.
func ListedKeys() map[string][]string {
	return map[string][]string{
		"sysctl": sysctls[:], "filemode": modePaths[:], "mounts": mountPoints[:], "services": knownUnits[:],
		"modules": knownModules[:],
	}
}
