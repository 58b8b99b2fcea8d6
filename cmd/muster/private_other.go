//go:build !windows

package main

import "os"

// makePrivate makes a folder that only its owner can enter. One that is there
// stays as it is.
func makePrivate(path string) error { return os.MkdirAll(path, 0o700) }
