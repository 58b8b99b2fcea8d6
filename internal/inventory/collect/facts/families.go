package facts

// Family is one family of facts and how to read it: nil if its source does not exist, an error if
// nothing of it could be read.
type Family struct {
	Name string
	// Running says that the family tells what runs now, which a copied machine does not: it reads nothing there. All
	// others tell what is configured.
	Running bool
	Read    func(*Machine) (*Found, error)
}

// Families returns all families of a Linux machine; doc/facts.md describes them.
func Families() []Family {
	return append(settingFamilies(),
		Family{"sshd", false, sshd},
		Family{"sysctl_running", true, runningSysctls},
		Family{"sysctl", false, configuredSysctls},
		Family{"filemode", false, plain((*Machine).fileModes)},
		Family{"services", false, Services},
		Family{"mounts_running", true, runningMounts},
		Family{"mounts", false, configuredMounts},
		Family{"modules", false, modules},
		Family{"modules_running", true, runningModules},
	)
}

// plain reads a family without origins that is read as a whole or not at all.
func plain(read func(*Machine) (Values, error)) func(*Machine) (*Found, error) {
	return func(m *Machine) (*Found, error) {
		values, err := read(m)
		if values == nil {
			return nil, err
		}
		return &Found{Values: values}, err
	}
}

// settingFamilies returns the families that are files of names and values.
func settingFamilies() []Family {
	var all []Family
	for _, s := range []settings{
		{family: "login.defs", file: "login.defs"},
		{family: "pwquality", file: "security/pwquality.conf", inline: true, first: "security/pwquality.conf.d"},
		{family: "faillock", file: "security/faillock.conf", inline: true},
		{family: "auditd", file: "audit/auditd.conf"},
		{family: "journald", file: "systemd/journald.conf", later: "systemd/journald.conf.d", vendor: true},
		{family: "coredump", file: "systemd/coredump.conf", later: "systemd/coredump.conf.d", vendor: true},
		{family: "selinux", file: "selinux/config"},
		{family: "ufw", file: "ufw/ufw.conf"},
	} {
		all = append(all, Family{s.family, false, func(m *Machine) (*Found, error) { return m.settings(s) }})
	}
	return all
}
