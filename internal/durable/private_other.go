//go:build !windows

package durable

import "os"

// MakePrivate makes a folder that only its owner can enter. An existing folder stays as it is.
func MakePrivate(path string) error { return os.MkdirAll(path, 0o700) }
