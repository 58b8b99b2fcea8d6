//go:build unix

package disk

import (
	"io/fs"
	"syscall"
)

// openWithoutWaiting keeps opening a pipe without a writer, or a terminal, from blocking or having
// other effects.
const openWithoutWaiting = syscall.O_NONBLOCK | syscall.O_NOCTTY

// OwnersKnown says whether files have a numeric user and group on this system.
const OwnersKnown = true

// Owner returns a file's user and group.
func Owner(info fs.FileInfo) (uid, gid uint32) {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Uid, stat.Gid
	}
	return 0, 0
}
