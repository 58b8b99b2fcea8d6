package macos

// ParsePlist is parsePlist.
func ParsePlist(data []byte) (map[string]string, error) { return parsePlist(data) }
