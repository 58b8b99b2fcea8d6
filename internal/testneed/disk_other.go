//go:build !unix

package testneed

import "testing"

// LimitFiles skips the test: this platform cannot limit the size of files.
func LimitFiles(t testing.TB, _ uint64) (restore func()) {
	t.Helper()
	t.Skip("this platform cannot limit the size of files")
	return nil
}
