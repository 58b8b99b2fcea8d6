package node

import (
	"errors"
	"os"

	win "golang.org/x/sys/windows" // windows is a function of the tests
)

// tryLock locks a file for this process, unless another one holds it. It locks a byte far
// behind the file's end, so that others can read the holder.
func tryLock(file *os.File) (held bool, err error) {
	place := win.Overlapped{OffsetHigh: 1 << 30}
	err = win.LockFileEx(win.Handle(file.Fd()),
		win.LOCKFILE_EXCLUSIVE_LOCK|win.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place)
	if errors.Is(err, win.ERROR_LOCK_VIOLATION) {
		return true, nil
	}
	return false, err
}
