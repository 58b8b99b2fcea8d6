package blob

import "golang.org/x/sys/windows"

// fullCodes are the system's errors for a lack of room: on the disk, in the user's quota, in a
// file.
func fullCodes() []error {
	return []error{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED,
		windows.ERROR_FILE_TOO_LARGE}
}
