package blob

import "golang.org/x/sys/windows"

// fullCodes are what the system says where there is no room: on the disk, in the
// user's quota, in a file.
func fullCodes() []error {
	return []error{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED, windows.ERROR_FILE_TOO_LARGE}
}
