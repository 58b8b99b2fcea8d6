package testneed

import (
	"os/exec"
	"syscall"
)

// dieWithUs lets a process end with this one, also if this one is killed.
func dieWithUs(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
