package benchmark_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory/collect"
)

// A check of a key that no collector sends would say nothing, or only test the default. So a
// folder is made as a machine with every key of the cases, and its report must have them.
func TestCollectorGathersWhatChecksRead(t *testing.T) {
	root := t.TempDir()
	for name, text := range policies {
		appendLine(t, root, name, strings.TrimRight(text, "\n"))
	}
	for _, c := range linuxCases(t) {
		for family, values := range c.Facts {
			for key, value := range values {
				layOut(t, root, family, key, value)
			}
		}
	}
	r, warnings, err := collect.Collect(t.Context(), collect.Config{Root: root, Name: "host", OS: "debian:12"})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	for _, c := range linuxCases(t) {
		for family, values := range c.Facts {
			for key := range values {
				if _, ok := r.Facts[configured(family)][key]; !ok && laidOut(family, key) {
					t.Errorf("%s: the collector does not send %q of %s", c.ID, key, family)
				}
			}
		}
	}
}

// linuxCases returns the cases of checks of Linux.
func linuxCases(t *testing.T) []testCase {
	return slices.DeleteFunc(cases(t), func(c testCase) bool { return c.Device["osPlatform"] != "Linux" })
}

// policies are files with every key of the families that the collector works out from several files.
var policies = map[string]string{
	"etc/passwd": "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n",
	"etc/group":  "root:x:0:\nshadow:x:42:\ndocker:x:43:\nlxd:x:44:\ndisk:x:6:\nsudo:x:27:ann\nann:x:1000:\n",
	"etc/shadow": "root:*:20000:0:99999:7:::\nann:$6$x$y:20000:1:365:7:30::\n",
	"etc/pam.d/login": "auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\n" +
		"auth required pam_faillock.so authfail\nauth required pam_deny.so\nsession optional pam_umask.so\n",
	"etc/pam.d/sshd": "auth include login\nsession include login\n",
	"etc/pam.d/passwd": "password requisite pam_pwquality.so\npassword required pam_pwhistory.so remember=24\n" +
		"password required pam_unix.so sha512\n",
	"etc/security/faillock.conf": "deny = 5\nunlock_time = 900\neven_deny_root\nroot_unlock_time = 60\n",
	"etc/security/pwquality.conf": "minlen = 14\ndictcheck = 1\ndifok = 2\nminclass = 3\ndcredit = -1\nucredit = -1\n" +
		"lcredit = -1\nmaxrepeat = 3\nmaxsequence = 3\nenforcing = 1\nenforce_for_root\n",
	"etc/sudoers":                "Defaults use_pty, logfile=/var/log/sudo.log, timestamp_timeout=5\n",
	"etc/apt/sources.list":       "deb http://deb.debian.org/debian stable main\n",
	"etc/login.defs":             "UMASK 027\n",
	"etc/yum.repos.d/a.repo":     "[a]\ngpgcheck=1\n",
	"etc/apparmor.d/a":           "profile a {\n}\n",
	"etc/security/limits.conf":   "* - core 0\n@dev hard core 9\n",
	"etc/profile":                "TMOUT=900\nreadonly TMOUT\nexport TMOUT\n",
	"etc/issue":                  "text\n",
	"etc/issue.net":              "text\n",
	"etc/motd":                   "text\n",
	"etc/chrony.conf":            "user _chrony\n",
	"etc/ntp.conf":               "server a\n",
	"etc/systemd/timesyncd.conf": "NTP=a\nFallbackNTP=b\n",
	"etc/apt/apt.conf":           "APT::Periodic { Enable 1; Update-Package-Lists 1; Unattended-Upgrade 1; };\n",
	"etc/dnf/automatic.conf":     "apply_updates = yes\nupgrade_type = security\n",
	"etc/rsyslog.conf":           "$FileCreateMode 0640\n",
	"boot/grub/grub.cfg":         "set superusers=a\n",
	"etc/audit/rules.d/a.rules":  auditRules,
}

// auditRules has a rule for everything that checks ask.
const auditRules = "-e 2\n-a task,never\n-w /etc/sudoers -p wa\n-w /etc/sudoers.d -p wa\n-w /etc/localtime -p wa\n-w /etc/hosts -p wa\n" +
	"-w /etc/issue -p wa\n-w /etc/issue.net -p wa\n-w /etc/group -p wa\n-w /etc/gshadow -p wa\n-w /etc/passwd -p wa\n" +
	"-w /etc/security/opasswd -p wa\n-w /etc/shadow -p wa\n-w /run/utmp -p wa\n-w /var/log/btmp -p wa\n-w /var/log/wtmp -p wa\n" +
	"-w /run/faillock -p wa\n-w /var/log/lastlog -p wa\n-w /usr/bin/chcon -p x\n-w /usr/bin/setfacl -p x\n-w /usr/bin/chacl -p x\n" +
	"-w /usr/sbin/usermod -p x\n-w /etc/apparmor -p wa\n-w /etc/apparmor.d -p wa\n-w /etc/selinux -p wa\n-w /usr/share/selinux -p wa\n" +
	"-w /var/log/sudo.log -p wa\n-a always,exit -S execve -C uid!=euid\n" +
	"-a always,exit -S creat,open,openat,truncate,ftruncate -F exit=-EPERM\n-a always,exit -S adjtimex,settimeofday,sethostname," +
	"setdomainname,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr," +
	"mount,rename,renameat,unlink,unlinkat,init_module,finit_module,delete_module\n"

// configured returns the family that tells what the machine of a case is configured to do.
func configured(family string) string {
	for _, names := range benchmark.Stateful() {
		if names[0] == family {
			return names[1]
		}
	}
	return family
}

// laidOut excludes facts that are not in a file of their own.
func laidOut(family, key string) bool {
	return !slices.Contains([]string{"services", "firewall", "modules_running", "apparmor_running",
		"cmdline_running", "selinux_running"}, family) &&
		!strings.HasPrefix(key, "Match ") && !(configured(family) == "mounts" && key == "/")
}

// layOut sets one fact on the machine below root.
func layOut(t *testing.T, root, family, key, value string) {
	t.Helper()
	switch configured(family) {
	case "sshd":
		if strings.HasPrefix(key, "Match ") {
			return // internal/inventory/collect/facts compares them with sshd
		}
		appendLine(t, root, "etc/ssh/sshd_config", key+" "+value)
	case "sysctl":
		appendLine(t, root, "etc/sysctl.d/muster.conf", key+" = "+value)
	case "login.defs":
		appendLine(t, root, "etc/login.defs", key+" "+value)
	case "pwquality", "faillock":
		appendLine(t, root, "etc/security/"+family+".conf", key+" = "+value)
	case "auditd":
		appendLine(t, root, "etc/audit/auditd.conf", key+" = "+value)
	case "journald":
		appendLine(t, root, "etc/systemd/journald.conf", key+"="+value)
	case "coredump":
		appendLine(t, root, "etc/systemd/coredump.conf", key+"="+value)
	case "selinux":
		appendLine(t, root, "etc/selinux/config", key+"="+value)
	case "ufw":
		appendLine(t, root, "etc/ufw/ufw.conf", key+"="+value)
	case "modules":
		appendLine(t, root, "etc/modprobe.d/muster.conf", "install "+key+" /bin/false")
	case "mounts":
		appendLine(t, root, "etc/fstab", "none "+key+" tmpfs "+value+" 0 0")
	case "pam":
		service, line, _ := strings.Cut(key, " ")
		kind, module, _ := strings.Cut(line, " ")
		appendLine(t, root, "etc/pam.d/"+service, fmt.Sprintf("%s required %s", kind, module))
	case "filemode":
		layOutFile(t, root, key)
	case "apparmor_running", "selinux_running": // of a live machine
	case "cmdline":
		if family == "cmdline" {
			appendLine(t, root, "boot/grub/grub.cfg", "linux /vmlinuz "+key+"="+value)
		}
	case "rsyslog", "banners", "audit_rules", "apparmor", "boot", "limits", "shell", "time", "updates": // in policies
	case "services", "modules_running", "firewall", "accounts", "lockout", "passwords", "umask", "sudo", "sources", "rhosts":
	default:
		t.Errorf("family %q is unknown here", family)
	}
}

// folders are the names of facts of family filemode that are folders.
var folders = map[string]bool{
	"/etc/cron.d": true, "/etc/cron.hourly": true, "/etc/cron.daily": true, "/etc/cron.weekly": true,
	"/etc/cron.monthly": true, "/etc/ssh": true, "/etc/sudoers.d": true, "/root": true, "/tmp": true, "/var/tmp": true,
	"/var/log": true, "/var/log/audit": true,
}

// layOutFile makes a file, or a folder if the name is one.
func layOutFile(t *testing.T, root, name string) {
	t.Helper()
	if folders[name] {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
		return
	}
	appendLine(t, root, name, "")
}

func appendLine(t *testing.T, root, name, line string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, line); err != nil {
		t.Fatal(err)
	}
}
