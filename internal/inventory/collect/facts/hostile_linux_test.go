package facts_test

import "strings"

// Tables of machines whose files, as large as they may be, make families work: work_linux_test.go tries them.

const sshdUnit = "usr/lib/systemd/system/ssh.service"

// hostileSettings are machines for files of names and values.
func hostileSettings() []hostileMachine {
	return []hostileMachine{
		{"login.defs passwords umask accounts", "names", map[string]string{"etc/login.defs": many("A%d b\n"),
			"etc/passwd": many("a%d:x:1:1::/:/bin/sh\n")}},
		{"login.defs", "one name", map[string]string{"etc/login.defs": many("UMASK 022\n")}},
		{"pwquality", "folders", spread(7, "etc/security/pwquality.conf.d/%d.conf", many("a%d=1\n"),
			map[string]string{"etc/security/pwquality.conf": "a"})},
		{"faillock", "comments", map[string]string{"etc/security/faillock.conf": many("#")}},
		{"auditd", "one line", map[string]string{"etc/audit/auditd.conf": many("= ")}},
		{"journald", "names", map[string]string{"etc/systemd/journald.conf": many("[a]b%d=\"\\\\\\\\\"\n")}},
		{"coredump", "names", map[string]string{"etc/systemd/coredump.conf": many("A%d=\n")}},
		{"selinux", "lines", map[string]string{"etc/selinux/config": many("\n")}},
		{"ufw", "lines", map[string]string{"etc/ufw/ufw.conf": many("A%d\n")}},
	}
}

// hostileSSHD are machines for sshd.
func hostileSSHD() []hostileMachine {
	return []hostileMachine{
		{"sshd", "options", map[string]string{"etc/ssh/sshd_config": many("Option%d x\n")}},
		{"sshd", "one repeated", map[string]string{"etc/ssh/sshd_config": many("AllowUsers a%d\n")}},
		{"sshd", "Match blocks", map[string]string{"etc/ssh/sshd_config": many("Match User a%d,!b\nBanner x%d\n")}},
		{"sshd", "Match blocks of one option each", map[string]string{
			"etc/ssh/sshd_config": many("Match Group *\nOption%d a\n")}},
		{"sshd", "patterns of stars", map[string]string{"etc/ssh/sshd_config": many("Match User " +
			strings.Repeat("*a", 400) + "b,%d\nBanner x\n"),
			"etc/group": many("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%d:x:0:\n")}},
		{"sshd", "groups and patterns", map[string]string{"etc/ssh/sshd_config": "Match Group " + many("b%d,") +
			"\nBanner x\n", "etc/group": many("a%d:x:0:\n")}},
		{"sshd", "Match Group often, root's groups", map[string]string{
			"etc/ssh/sshd_config": many("Match Group b%d\nPermitRootLogin no\n"), "etc/group": many("a%d:x:0:\n")}},
		{"sshd", "members", map[string]string{"etc/ssh/sshd_config": "a b\n", "etc/group": "a:x:1:" + many("u%d,") +
			"\n"}},
		{"sshd", "includes of includes", spread(7, "etc/ssh/sshd_config.d/%d.conf",
			"Include sshd_config.d/*.conf\n"+some(20_000, "# %d\n"), map[string]string{
				"etc/ssh/sshd_config": "Include sshd_config.d/*.conf\n"})},
		{"sshd", "includes of nothing", map[string]string{"etc/ssh/sshd_config": many("Include nothing%d\n")}},
		{"sshd", "includes of folders", spread(300, "etc/ssh/d%d/x/y", "", map[string]string{
			"etc/ssh/sshd_config": many("Include */*/* */*/*a\n")})},
		{"sshd", "quotes", map[string]string{"etc/ssh/sshd_config": "A " + many("'\\'\"")}},
		{"sshd", "words", map[string]string{"etc/ssh/sshd_config": "Match " + many("user=a ")}},
		{"sshd", "variables", map[string]string{sshdUnit: "[Service]\nEnvironment=A=" + strings.Repeat("a",
			500_000) + "\nExecStart=/usr/sbin/sshd " + strings.Repeat("${A}", 120_000) + "\n",
			"etc/ssh/sshd_config": "a b\n"}},
		{"sshd", "variables of words", map[string]string{sshdUnit: "[Service]\nEnvironment='A=" +
			strings.Repeat("-o ", 150_000) + "'\nExecStart=/usr/sbin/sshd" + strings.Repeat(" $A", 150_000) + "\n",
			"etc/ssh/sshd_config": "a b\n"}},
		{"sshd", "environment files", map[string]string{sshdUnit: "[Service]\n" + some(20_000,
			"EnvironmentFile=-/etc/default/ssh%d\n") + "ExecStart=/usr/sbin/sshd $A\n",
			"etc/ssh/sshd_config": "a b\n", "etc/default/ssh1": many("A%d=x\n")}},
		{"sshd", "one environment file", map[string]string{sshdUnit: "[Service]\n" + some(25_000,
			"EnvironmentFile=-/etc/default/ssh\n#%d\n") + "ExecStart=/usr/sbin/sshd $A\n",
			"etc/ssh/sshd_config": "a b\n", "etc/default/ssh": some(4000, "A%d=x\n")}},
		{"sshd services", "lines that go on", map[string]string{sshdUnit: "[Service]\nExecStart=" + many("a\\\n"),
			"etc/ssh/sshd_config": "a b\n", "usr/lib/systemd/system/m.target.wants/ssh.service": ""}},
		{"sshd", "environment that goes on", map[string]string{"etc/default/ssh": many("A=\\\n"),
			"etc/init.d/ssh": "", "etc/ssh/sshd_config": "a b\n"}},
		{"sshd", "a command line of options", map[string]string{sshdUnit: "[Service]\nExecStart=/usr/sbin/sshd" +
			many(" -oA%d=b") + "\n", "etc/ssh/sshd_config": "a b\n"}},
	}
}

// hostileKernels are machines for the kernel.
func hostileKernels() []hostileMachine {
	return []hostileMachine{
		{"sysctl", "names", spread(7, "etc/sysctl.d/%d.conf", many("kernel.a%d=1\n"))},
		{"sysctl", "values that change", map[string]string{"etc/sysctl.d/a.conf": some(30_000, "kernel.a%d=1\n"),
			"etc/sysctl.d/b.conf": some(30_000, "kernel.a%d=2\n"), "etc/sysctl.d/c.conf": some(30_000,
				"kernel.a%d=3\n")}},
		{"sysctl", "wildcards", map[string]string{"etc/sysctl.d/a.conf": some(900, strings.Repeat("*.", 100)+
			"%d=1\n")}},
		{"sysctl", "stars", map[string]string{"etc/sysctl.d/a.conf": some(900, strings.Repeat("*e", 100)+
			"%d=1\n")}},
		{"sysctl_running", "a value", map[string]string{"proc/sys/kernel/sysrq": many("a ")}},
		{"sysctl", "ufw", map[string]string{"etc/sysctl.d/a.conf": "", "etc/ufw/ufw.conf": "ENABLED=yes\n",
			"etc/ufw/sysctl.conf": many("a/b%d=1\n")}},
		{"mounts", "options", map[string]string{"etc/fstab": "a /tmp tmpfs " + many("user,exec,") + " 0 0\n"}},
		{"mounts", "options of their own", map[string]string{"etc/fstab": "a /tmp tmpfs " +
			many("a%d,nosuid,suid,") + " 0 0\n"}},
		{"mounts", "lines", map[string]string{"etc/fstab": many("a /tmp tmpfs user,exec,nosuid 0 0\n")}},
		{"mounts", "options of a unit", map[string]string{"etc/systemd/system/tmp.mount": "[Mount]\n" +
			many("Options=user,a%d\n"), "etc/systemd/system/local-fs.target.wants/tmp.mount": ""}},
		{"mounts", "options of a unit in a line", map[string]string{
			"etc/systemd/system/tmp.mount":                       "[Mount]\nOptions=" + many("user,"),
			"etc/systemd/system/local-fs.target.wants/tmp.mount": ""}},
		{"mounts_running", "lines", map[string]string{
			"proc/self/mounts": many("a /tmp tmpfs user,exec,nosuid 0 0\n")}},
		{"modules", "install and wildcards", map[string]string{
			"etc/modprobe.d/a.conf": many("install a%d /bin/true\n"),
			"etc/modprobe.d/b.conf": many("install *%d* /bin/true\n")}},
		{"modules", "stars", map[string]string{"etc/modprobe.d/a.conf": many("install " + strings.Repeat("*a",
			200) + "%d /bin/true\n"), "etc/modprobe.d/b.conf": many("install " + strings.Repeat("a", 200) +
			"%d /bin/true\n")}},
		{"modules", "aliases", map[string]string{"etc/modprobe.d/a.conf": many("alias *%d off\n"),
			"etc/modprobe.d/b.conf": many("alias a%d off\n")}},
		{"modules", "lines that go on", map[string]string{"etc/modprobe.d/a.conf": many("a\\\n")}},
		{"modules", "shells in shells", map[string]string{"etc/modprobe.d/a.conf": "install a " + many("sh -c ")}},
		{"modules", "shells in quotes", map[string]string{"etc/modprobe.d/a.conf": "install a sh -c " +
			nested(16)}},
		{"modules", "commands", map[string]string{"etc/modprobe.d/a.conf": "install a " + many("true;")}},
		{"modules", "blacklist", map[string]string{"etc/modprobe.d/a.conf": many("blacklist a%d\n")}},
		{"modules", "lists of kernels", spread(7, "lib/modules/%d/modules.dep", many("kernel/a%d.ko:\n"))},
		{"modules_running", "names", map[string]string{"proc/modules": many("a%d 1 2\n")}},
	}
}

// hostileServices are machines for services.
func hostileServices() []hostileMachine {
	return []hostileMachine{
		{"services", "units that want one another", spread(1_900, "usr/lib/systemd/system/u%d.service", "[Unit]\n"+
			some(30, "Wants=u%d.service v%[1]d.service\n"), map[string]string{
			"usr/lib/systemd/system/m.target.wants/u1.service": ""})},
		{"services", "a unit that wants many", map[string]string{
			"usr/lib/systemd/system/u.service":                "[Unit]\nWants=" + many("a%d.service "),
			"usr/lib/systemd/system/m.target.wants/u.service": ""}},
		{"services", "units that are there", spread(9_000, "usr/lib/systemd/system/u%d.service", "")},
		{"services", "aliases", spread(4_000, "etc/systemd/system/u%d.service",
			"-> /usr/lib/systemd/system/cups.service", map[string]string{
				"usr/lib/systemd/system/cups.service": "[Service]\n" + some(20_000, "#%d\n") + "[Install]\n" +
					some(20_000, "Alias=a%d b c\n")})},
		{"services", "commands", map[string]string{"usr/lib/systemd/system/u.service": "[Service]\n" +
			many("ExecStart=/p%d\n"), "usr/lib/systemd/system/m.target.wants/u.service": ""}},
		{"services", "inetd", map[string]string{"etc/systemd/system/x.target.wants/inetd.service": "",
			"etc/inetd.conf":                       many("a%d b c d e /f\n"),
			"usr/lib/systemd/system/inetd.service": "[Service]\nExecStart=/usr/sbin/inetd\n"}},
		{"services", "xinetd", map[string]string{"etc/systemd/system/x.target.wants/xinetd.service": "",
			"usr/lib/systemd/system/xinetd.service": "[Service]\nExecStart=/usr/sbin/xinetd\n",
			"etc/xinetd.d/a":                        many("service a%d\n{\nserver=/b\n}\n")}},
		{"services", "a word of a command", map[string]string{
			"usr/lib/systemd/system/u.service":                "[Service]\nExecStart=" + many("@-\"'"),
			"usr/lib/systemd/system/m.target.wants/u.service": ""}},
		{"services", "scripts", spread(4_000, "etc/rc2.d/S01a%d", "-> ../init.d/a", map[string]string{
			"etc/init.d/a": ""})},
	}
}

// hostileAccounts are machines for accounts, sudo and sources.
func hostileAccounts() []hostileMachine {
	return []hostileMachine{
		{"filemode", "nothing", map[string]string{"etc/passwd": many("a\n")}},
		{"accounts", "accounts and groups", map[string]string{"etc/passwd": many("a%d:x:0:0::/:\n"),
			"etc/group": many("wheel:x:0:a%d\n"), "etc/shadow": many("a%d:$1$a:1:0:9:7:::\n")}},
		{"accounts", "members", map[string]string{"etc/passwd": many("a%d:x:1:1::/:\n"), "etc/group": "wheel:x:1:" +
			many("b%d,")}},
		{"accounts", "shells", map[string]string{"etc/passwd": many("a%d:x:1:1::/:/bin/z\n"),
			"etc/shells": many("/bin/a%d\n"), "etc/shadow": many("a%d:$6$a:1:0:9:7:::\n")}},
		{"accounts", "colons", map[string]string{"etc/passwd": "a" + many(":"), "etc/group": many("a:::::::::\n"),
			"etc/shadow": many(":")}},
		{"rhosts", "homes", map[string]string{"etc/passwd": some(30_000, "a%d:x:1:1::/h/%[1]d:\n")}},
		{"rhosts", "one home", map[string]string{"etc/passwd": many("a%d:x:1:1::/:\n"), ".rhosts": many("a + ")}},
		{"sources", "lines", map[string]string{
			"etc/apt/sources.list": many("deb [trusted=yes] http://h/%d a b\n")}},
		{"sources", "options", map[string]string{"etc/apt/sources.list": "deb [" + many("trusted=yes ") +
			"] http://a/b c d\n"}},
		{"sources", "stanzas", map[string]string{
			"etc/apt/sources.list.d/a.sources": many("URIs: http://a/%d\nTrusted: yes\n\n")}},
		{"sources", "addresses", map[string]string{"etc/apt/sources.list.d/a.sources": "URIs: " +
			many("http://a/%d ") + "\nTrusted: yes\n\n"}},
		{"sources", "settings", map[string]string{
			"etc/apt/apt.conf.d/a": many("APT::Get::AllowUnauthenticated \"true\";\n")}},
		{"sources", "repositories", map[string]string{"etc/dnf/dnf.conf": many("gpgcheck=0\n"),
			"etc/yum.repos.d/a.repo": many("[a%d]\ngpgcheck=0\n")}},
		{"sudo", "aliases and rules", map[string]string{"etc/sudoers": "User_Alias A=" + many("u%d,") + "\n",
			"etc/sudoers.d/a": ""}},
		{"sudo", "aliases by users", map[string]string{"etc/sudoers": "User_Alias A=" + some(50_000, "u%d,") +
			"\n" + some(15_000, "A ALL=NOPASSWD: ALL #%d\n")}},
		{"sudo", "rules", map[string]string{"etc/sudoers": many("u%d ALL=NOPASSWD: ALL\n")}},
		{"sudo", "aliases", map[string]string{"etc/sudoers": many("User_Alias A%d=b\n")}},
		{"sudo", "settings", map[string]string{"etc/sudoers": many("Defaults:A%d !authenticate\n")}},
		{"sudo", "settings of an alias", map[string]string{"etc/sudoers": "User_Alias A=" + some(50_000, "u%d,") +
			"\n" + some(20_000, "Defaults:A !authenticate #%d\n")}},
		{"sudo", "settings in a line", map[string]string{"etc/sudoers": "Defaults " +
			many("use_pty,!authenticate,")}},
		{"sudo", "lines that go on", map[string]string{"etc/sudoers": many("a\\\n")}},
		{"sudo", "includes of includes", spread(7, "etc/sudoers.d/%d", "@includedir /etc/sudoers.d\n",
			map[string]string{"etc/sudoers": "@includedir /etc/sudoers.d\n"})},
		{"sudo", "includes of nothing", map[string]string{"etc/sudoers": many("@includedir n%d\n")}},
	}
}

// hostileFirewalls are machines for firewalls.
func hostileFirewalls() []hostileMachine {
	return []hostileMachine{
		{"firewall", "nft braces", map[string]string{"etc/nftables.conf": many("{"),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft blocks", map[string]string{"etc/nftables.conf": many("table a b{"),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft chains in chains", map[string]string{"etc/nftables.conf": many("chain a{"),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft chains", map[string]string{"etc/nftables.conf": "table a {" +
			many("chain a%d { type filter hook input; drop; }\n"),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft words before a brace", map[string]string{"etc/nftables.conf": many("add ") + "{" + "\n" +
			"a", "etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft sets in a line", map[string]string{"etc/nftables.conf": "add table " + many("{}"),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft map in a line", map[string]string{"etc/nftables.conf": "x " + many("add {} "),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft includes", spread(7, "etc/nft/%d.conf", "include \"/etc/nft/*\"\n"+some(20_000, "# %d\n"),
			map[string]string{"etc/nftables.conf": "include \"/etc/nft/*\"\n",
				"etc/systemd/system/x.target.wants/nftables.service": ""})},
		{"firewall", "nft includes of nothing", map[string]string{"etc/nftables.conf": many("include \"a%d\"\n"),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft rules", map[string]string{
			"etc/nftables.conf": "table a { chain b { type filter hook input\n" + many("counter drop\n"),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "nft counters", map[string]string{
			"etc/nftables.conf": "table a { chain b { type filter hook input\n" + many("counter "),
			"etc/systemd/system/x.target.wants/nftables.service": ""}},
		{"firewall", "iptables", map[string]string{"etc/iptables/rules.v4": many("-A INPUT -j X\n"),
			"etc/systemd/system/x.target.wants/netfilter-persistent.service": ""}},
		{"firewall", "zone", map[string]string{"etc/firewalld/firewalld.conf": many("DefaultZone=a\n"),
			"etc/firewalld/zones/a.xml": many("<zone"), "etc/systemd/system/x.target.wants/firewalld.service": ""}},
		{"firewall", "ufw", map[string]string{"etc/ufw/ufw.conf": many("ENABLED=yes\n"),
			"etc/default/ufw": many("DEFAULT_INPUT_POLICY=a\n"),
			"etc/systemd/system/x.target.wants/ufw.service": ""}},
	}
}

// hostilePAM are machines for stacks of PAM.
func hostilePAM() []hostileMachine {
	return []hostileMachine{
		{"pam lockout passwords umask", "modules", map[string]string{
			"etc/pam.d/sshd":   many("auth [success=1 default=ignore] pam_unix.so\n"),
			"etc/pam.d/passwd": many("password [success=1 default=ignore] pam_unix.so\n"),
			"etc/pam.d/login":  some(1_900, "session sufficient pam_x%d.so\n")}},
		{"pam lockout umask passwords", "includes of includes", map[string]string{
			"etc/pam.d/sshd": many("auth include login\n"), "etc/pam.d/login": many("auth include sshd\n"),
			"etc/pam.d/passwd": many("password substack passwd\n")}},
		{"pam lockout umask passwords", "includes of nothing for the type", map[string]string{
			"etc/pam.d/sshd": some(40_000, "@include x\n#%d\n"), "etc/pam.d/x": some(40_000, "account a b\n#%d\n"),
			"etc/pam.d/passwd": some(40_000, "@include x\n#%d\n"), "etc/pam.d/login": some(40_000,
				"@include x\n#%d\n")}},
		{"pam lockout umask passwords", "includes of what is small", map[string]string{
			"etc/pam.d/sshd": many("@include x\n"), "etc/pam.d/x": strings.Repeat("@include y\n", 100),
			"etc/pam.d/y": "", "etc/pam.d/passwd": many("@include x\n"), "etc/pam.d/login": many("@include x\n")}},
		{"lockout passwords umask", "jumps", map[string]string{"etc/pam.d/sshd": some(1_900,
			"auth [default=%d] pam_faillock.so preauth\n"), "etc/pam.d/passwd": some(1_900,
			"password [default=%d] pam_unix.so remember=1\n"), "etc/pam.d/login": some(1_900,
			"session [default=%d] pam_umask.so\n"), "etc/login.defs": many("A b\n")}},
		{"pam lockout", "controls", map[string]string{"etc/pam.d/sshd": "auth [" + many("a=ok ") + "] a.so\n"}},
		{"pam lockout", "controls of modules", map[string]string{"etc/pam.d/sshd": some(1_900, "auth ["+
			strings.Repeat("a=b ", 130)+"] %d.so\n")}},
		{"pam lockout", "arguments", map[string]string{"etc/pam.d/sshd": "auth required pam_faillock.so " +
			many("[a] ") + "\n"}},
		{"pam lockout", "a line that goes on", map[string]string{
			"etc/pam.d/sshd": "auth required pam_faillock.so " + many("a\\\n") + "\n"}},
		{"pam", "one key", map[string]string{"etc/pam.d/sshd": many("auth a b\n")}},
		{"passwords", "options", map[string]string{"etc/pam.d/passwd": "password requisite pam_pwquality.so\n",
			"etc/security/pwquality.conf": many("minlen=1\n")}},
		{"umask", "session of modules that read login.defs", map[string]string{"etc/pam.d/login": some(1_900,
			"session optional pam_umask.so # %d\n"), "etc/login.defs": many("UMASK 022\n")}},
		{"umask", "lines", map[string]string{"etc/profile": many("umask 022\n"),
			"etc/profile.d/a.sh": many("if umask 022\n"), "etc/bashrc": many("umask 022 && umask 077\n")}},
		{"umask", "words", map[string]string{"etc/profile": many("umask 022 && ")}},
	}
}

// hostileBoots are machines for what a kernel starts with, enforces and records.
func hostileBoots() []hostileMachine {
	const conf, loaded, rules = "boot/grub/grub.cfg", "sys/kernel/security/apparmor/profiles", "etc/audit/rules.d/a.rules"
	return []hostileMachine{
		{"cmdline", "entries", map[string]string{conf: many("linux a audit=%d\n")}},
		{"cmdline", "one entry", map[string]string{conf: "linux a " + many("audit=%d ")}},
		{"cmdline", "quotes", map[string]string{conf: "linux a " + many("\"a ")}},
		{"cmdline", "variables", map[string]string{conf: "set a=" + strings.Repeat("audit=1,", 50_000) + "\nlinux a " + some(80_000, "$a ")}},
		{"cmdline", "entries with variables", map[string]string{conf: "set a=" + strings.Repeat("b", 100_000) + "\n" + some(400, "linux a $a $a $b %d\n")}},
		{"cmdline", "many variables", map[string]string{conf: many("set a%d=b\n")}},
		{"cmdline", "entries of folders", map[string]string{"boot/loader/entries/a.conf": many("options audit=%d\n")}},
		{"cmdline_running", "words", map[string]string{"proc/cmdline": many("audit=%d ")}},
		{"boot", "passwords", map[string]string{conf: many("password_pbkdf2 $a\n"), "boot/grub/user.cfg": many("GRUB2_PASSWORD=a\n")}},
		{"apparmor", "flags", map[string]string{"etc/apparmor.d/a": many("flags=(a) "), "etc/apparmor.d/b": many("flags=(a)\n")}},
		{"apparmor", "profiles", spread(3_000, "etc/apparmor.d/%d", "flags=(complain)")},
		{"apparmor_running", "profiles", map[string]string{"sys/module/apparmor/parameters/enabled": "Y", loaded: many("a%d (complain)\n")}},
		{"selinux_running", "a value", map[string]string{"etc/selinux/config": "", "sys/fs/selinux/enforce": many("1")}},
		{"audit_rules", "rules", map[string]string{rules: many("-w /etc/passwd -p rwxa -k a%d\n")}},
		{"audit_rules", "calls", map[string]string{rules: many("-a always,exit -F arch=%d -S open,openat,mount\n")}},
		{"audit_rules", "calls in a line", map[string]string{rules: "-a always,exit -S " + many("open,") + many(" -S open") + many(" -F arch=a%d")}},
		{"audit_rules", "names", spread(3_000, "etc/audit/rules.d/0000000000000000000000000000000000%d.rules", "")},
	}
}

// hostileUpkeep are machines for how they are kept.
func hostileUpkeep() []hostileMachine {
	return []hostileMachine{
		{"banners", "escapes", map[string]string{"etc/issue": many("\\"), "etc/motd": many("\\m")}},
		{"limits", "domains", map[string]string{"etc/security/limits.conf": many("a%d hard core 1\n")}},
		{"limits", "everybody", map[string]string{"etc/security/limits.conf": many("* - core %d\n")}},
		{"shell", "lines", map[string]string{"etc/profile": many("if TMOUT=%d\n")}},
		{"shell", "words", map[string]string{"etc/profile": many("TMOUT=1;"), "etc/bashrc": many("declare TMOUT=1;")}},
		{"time", "sources", map[string]string{"etc/chrony.conf": many("server a%d\n")}},
		{"time", "includes of includes", map[string]string{"etc/chrony.conf": many("include /etc/chrony.conf\n"), "etc/ntp.conf": many("includefile ntp.conf\n")}},
		{"time", "includes of nothing", map[string]string{"etc/chrony.conf": many("sourcedir a b c d e f g h i\n")}},
		{"time", "timesyncd", map[string]string{"etc/systemd/timesyncd.conf": many("NTP=a%d\n")}},
		{"time", "timesyncd in a line", map[string]string{"etc/systemd/timesyncd.conf": "NTP=" + many("a%d ")}},
		{"updates sources", "blocks", map[string]string{"etc/apt/apt.conf.d/a": many("a{")}},
		{"updates sources", "blocks with long names", map[string]string{"etc/apt/apt.conf.d/a": strings.Repeat("a", 200_000) + "{" + many("a{b c;};")}},
		{"updates sources", "words", map[string]string{"etc/apt/apt.conf.d/a": many("a ")}},
		{"updates sources", "comments", map[string]string{"etc/apt/apt.conf.d/a": many("/*") + "*/" + many("/**/")}},
		{"updates sources", "quotes", map[string]string{"etc/apt/apt.conf.d/a": many("\"a\" ")}},
		{"updates", "removed", map[string]string{"etc/apt/apt.conf.d/a": many("#clear a;")}},
		{"rsyslog", "lines", map[string]string{"etc/rsyslog.conf": many("*.* @a%d\n"), "etc/rsyslog.d/a.conf": many("input(imtcp) ")}},
		{"sources", "lines without encryption", map[string]string{"etc/apt/sources.list": many("deb http://h/%d a b\n")}},
		{"sources", "addresses that go on", map[string]string{"etc/apt/sources.list.d/a.sources": "URIs: http://a\n" + many(" http://h/%d\n")}},
		{"sources", "addresses of dnf", map[string]string{"etc/yum.repos.d/a.repo": "[a]\nbaseurl=" + many("http://h/%d,") + "\n"}},
	}
}

// nested returns a command with shells in quotes in shells.
func nested(depth int) string {
	command := "true"
	for range depth {
		command = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace("sh -c "+command) + `"`
	}
	return command
}
