//go:build !windows

package blob

import "syscall"

// fullCodes are what the system says where there is no room: on the disk, in the
// user's quota, in a file.
func fullCodes() []error { return []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} }
