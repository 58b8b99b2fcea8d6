//go:build !windows

package blob

import "syscall"

// fullCodes are the system's errors for a lack of room: on the disk, in the user's quota, in a
// file.
func fullCodes() []error { return []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} }
