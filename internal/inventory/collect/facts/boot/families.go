package boot

import "github.com/muster-project/muster/internal/inventory/collect/facts"

// Families returns the families of this package; doc/facts.md describes them.
func Families() []facts.Family {
	return []facts.Family{
		{Name: "apparmor", Read: apparmor},
		{Name: "apparmor_running", Running: true, Read: runningAppArmor},
		{Name: "audit_rules", Read: auditRules},
		{Name: "boot", Read: boot},
		{Name: "cmdline", Read: commandLine},
		{Name: "cmdline_running", Running: true, Read: runningCommandLine},
		{Name: "selinux_running", Running: true, Read: runningSELinux},
	}
}
