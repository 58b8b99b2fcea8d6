//go:build unix

package disk

import (
	"io/fs"
	"syscall"
)

// openWithoutWaiting keeps the opening of a pipe without a writer, or of a
// terminal, from blocking or from doing anything else.
const openWithoutWaiting = syscall.O_NONBLOCK | syscall.O_NOCTTY

// OwnersKnown says that this system's files have a numeric user and group.
const OwnersKnown = true

// Owner returns a file's user and group.
func Owner(info fs.FileInfo) (uid, gid uint32) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Uid, stat.Gid
	}
	return 0, 0
}
