package macos

import "io"

// ParsePlist is parsePlist.
func ParsePlist(data []byte) (map[string]string, error) { return parsePlist(data) }

// ReadSigners is readSigners.
func ReadSigners(in io.ReaderAt) ([]string, error) { return readSigners(in) }
