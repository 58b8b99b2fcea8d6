package durable

import (
	"fmt"
	"os"

	system "golang.org/x/sys/windows"
)

// privately gives the system, administrators and the owner full access, nobody else any, and is
// inherited by everything in the folder. Otherwise every user could read folders in ProgramData.
const privately = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)"

// MakePrivate makes a folder that only its owner and administrators can enter. An existing folder
// stays as it is.
func MakePrivate(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	descriptor, err := system.SecurityDescriptorFromString(privately)
	if err != nil {
		return fmt.Errorf("protecting %q: %w", path, err)
	}
	list, _, err := descriptor.DACL()
	if err == nil {
		err = system.SetNamedSecurityInfo(path, system.SE_FILE_OBJECT,
			system.DACL_SECURITY_INFORMATION|system.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	}
	if err != nil {
		return fmt.Errorf("protecting %q: %w", path, err)
	}
	return nil
}
