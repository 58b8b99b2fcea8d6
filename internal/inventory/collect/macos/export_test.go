package macos

import "io"

// ReadSigners is readSigners.
func ReadSigners(in io.ReaderAt) ([]string, error) { return readSigners(in) }
