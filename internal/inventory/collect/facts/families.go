package facts

// Family is one family of facts and how to read it: nil if its source does not exist, an error if
// it could not be read.
type Family struct {
	Name string
	Read func(*Machine) (Values, error)
}

// Families returns all families of a Linux machine; the comment of package collect describes them.
func Families() []Family {
	return append(settingFamilies(),
		Family{"sshd", (*Machine).sshd},
		Family{"sysctl", (*Machine).sysctl},
		Family{"filemode", (*Machine).fileModes},
		Family{"services", (*Machine).services},
		Family{"mounts", (*Machine).mounts},
		Family{"modules", (*Machine).modules},
		Family{"pam", (*Machine).pam},
		Family{"accounts", (*Machine).accounts},
	)
}

// settingFamilies returns the families that are files of names and values.
func settingFamilies() []Family {
	var all []Family
	for _, s := range []settings{
		{family: "login.defs", file: "login.defs"},
		{family: "pwquality", file: "security/pwquality.conf", inline: true, first: "security/pwquality.conf.d"},
		{family: "faillock", file: "security/faillock.conf", inline: true},
		{family: "auditd", file: "audit/auditd.conf"},
		{family: "journald", file: "systemd/journald.conf", later: "systemd/journald.conf.d"},
		{family: "selinux", file: "selinux/config"},
		{family: "ufw", file: "ufw/ufw.conf"},
	} {
		all = append(all, Family{s.family, func(m *Machine) (Values, error) { return m.settings(s) }})
	}
	return all
}
