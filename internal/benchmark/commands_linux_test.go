package benchmark_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/testneed"
)

// neglected is a machine on which most checks fail.
var neglected = map[string]string{
	"etc/passwd": "root:x:0:0::/root:/bin/sh\nann:secret:1000:1000::/home/ann:/bin/sh\n",
	"etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nPermitTunnel yes\n  GatewayPorts=yes\n" +
		"Match User ann\n  PasswordAuthentication yes\n  PermitTunnel yes\n",
	"etc/ssh/sshd_config.d/a.conf": "x11forwarding yes\nStrictModes no\nPermitRootLogin yes\n" +
		"X11UseLocalhost no\nSyslogFacility LOCAL0\nPermitEmptyPasswords yes\nHostbasedAuthentication yes\nIgnoreRhosts no\n" +
		"PermitUserEnvironment yes\nMaxSessions 99\nLogLevel QUIET\nGSSAPIAuthentication yes\nKerberosAuthentication yes\nPrintLastLog no\n",
	"etc/sysctl.d/50.conf": "kernel.sysrq=1\nnet.ipv4.tcp_timestamps=2\nnet.ipv6.conf.all.disable_ipv6=1\n" +
		"net.ipv6.conf.default.disable_ipv6=0\nvm.mmap_min_addr=0\nfs.suid_dumpable=2\n" +
		"net.ipv4.ip_forward=1\nnet.ipv6.conf.all.accept_source_route=1\nnet.ipv4.icmp_echo_ignore_broadcasts=0\n" +
		"net.ipv4.icmp_ignore_bogus_error_responses=0\nnet.ipv4.tcp_syncookies=0\nkernel.randomize_va_space=0\n" +
		"kernel.perf_event_paranoid=0\nvm.unprivileged_userfaultfd=1\nnet.ipv4.conf.default.forwarding=1\n" +
		"net.ipv6.conf.default.forwarding=1\nkernel.yama.ptrace_scope=0\nkernel.dmesg_restrict=0\nkernel.unprivileged_bpf_disabled=0\n",
	"etc/modprobe.d/a.conf":     "blacklist udf\n",
	"etc/audit/auditd.conf":     "tcp_listen_port = 60\nwrite_logs = no\nlocal_events=no\ndisk_full_action = SUSPEND\ndisk_error_action = ignore\n",
	"etc/systemd/journald.conf": "[Journal]\nCompress=no\n",
	"etc/selinux/config":        "SELINUX=enforcing\nSELINUXTYPE=minimum\n",
	"etc/fstab": "a / ext4 defaults 0 1\na /var ext4 defaults 0 2\na /boot ext4 dev 0 2\na /tmp ext4 suid 0 2\n" +
		"a /home ext4 suid 0 2\na /var/log ext4 exec 0 2\na /var/log/audit ext4 suid 0 2\na /var/tmp ext4 dev 0 2\n",
	"etc/sudoers":                         "@includedir /etc/sudoers.d\n",
	"etc/crontab":                         "",
	"etc/issue":                           "\\s\n",
	"etc/ssh/ssh_host_rsa_key":            "",
	"etc/security/opasswd":                "",
	"tmp/a":                               "",
	"var/tmp/a":                           "",
	"var/log/audit/audit.log":             "",
	"etc/systemd/journald.conf.d/a.conf":  "[Journal]\nCompress=no\n",
	"etc/audit/rules.d/10-no-audit.rules": "-D\n-a task,never\n",
	"etc/security/limits.conf":            "* soft core 0\n@dev hard core 1\n",
	"etc/profile":                         "TMOUT=9000\nexport TMOUT\n",
	"etc/issue.net":                       "",
	"etc/motd":                            "\\s \\r\n",
	"etc/apt/apt.conf.d/20auto":           "APT::Periodic::Unattended-Upgrade \"0\";\n",
	"etc/rsyslog.conf":                    "$FileCreateMode 0644\n",
	"etc/pam.d/common-password": "password requisite pam_pwquality.so retry=3 minlen=6 dictcheck=0 difok=1 minclass=1 maxrepeat=9 maxsequence=9\n" +
		"password [success=1 default=ignore] pam_unix.so obscure yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so\n",
	"etc/pam.d/common-auth": "auth required pam_faillock.so preauth deny=50 unlock_time=1\nauth [success=1 default=ignore] pam_unix.so\n" +
		"auth [default=die] pam_faillock.so authfail deny=50 unlock_time=1\nauth requisite pam_deny.so\nauth required pam_permit.so\n",
	"etc/pam.d/common-account":    "account required pam_faillock.so\naccount required pam_unix.so\n",
	"etc/pam.d/login":             "@include common-auth\n@include common-account\n@include common-password\n",
	"etc/pam.d/passwd":            "@include common-password\n",
	"etc/security/pwquality.conf": "minlen = 8\n",
	"etc/security/faillock.conf":  "",
	"etc/shadow":                  "root::19000:0:99999:7:::\n",
	"etc/group":                   "root:x:0:\n",
	"etc/sudoers.d/a":             "ann ALL=(ALL) NOPASSWD: ALL\nDefaults !use_pty, timestamp_timeout=90\n",
	"root/.rhosts":                "+ +\n",
	"etc/yum.repos.d/a.repo":      "[a]\nbaseurl=https://x\nenabled=1\ngpgcheck=0\n",
	"etc/passwd-":                 "", "etc/group-": "", "etc/hosts.allow": "", "etc/cron.allow": "root\n", "etc/at.allow": "root\n",
	"boot/grub2/user.cfg":       "GRUB2_PASSWORD=grub.pbkdf2.sha512.10000.aa\n",
	"etc/selinux/semanage.conf": "",
	"etc/systemd/coredump.conf": "[Coredump]\nStorage=external\n",
}

// notRun has the commands that no test runs, and why.
var notRun = map[string]string{
	"scid-902523": "libselinux is a package of RPM alone", "scid-902522": "AppArmor is not asked for where SELinux is configured",
}

// overtaken has the checks that another command leaves without a subject, and how.
var overtaken = map[string]string{"scid-902112": "X11 forwarding is off"}

// What a command leaves must satisfy its check, the first time and again. The commands run on files of a folder:
// programs that would change the machine that tests are replaced by ones that do nothing, systemctl, dpkg, usermod and
// pwconv by themselves on that folder, and apt-get by dpkg.
func TestCommandsSatisfyTheirChecks(t *testing.T) {
	b := load(t)
	tree := maps.Clone(neglected)
	addPackages(tree, b)
	addUnits(tree, b)
	root := collecttest.LayMachine(t, tree)
	for _, name := range []string{"etc/passwd-", "etc/hosts.allow", "etc/ssh", "var/log", "tmp", "var/tmp"} {
		if err := os.Chmod(filepath.Join(root, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	programs := stand(t, root)
	judge := func() map[string]string {
		r, _, err := collect.Collect(t.Context(), collect.Config{Root: root, Name: "host", OS: "debian:12"})
		if err != nil {
			t.Fatal(err)
		}
		results, err := b.Evaluate(r)
		if err != nil {
			t.Fatal(err)
		}
		verdicts := map[string]string{}
		for _, d := range b.Definitions() {
			verdicts[d.ID] = said(results, d.ID)
		}
		return verdicts
	}
	run := map[string]bool{}
	for range 2 { // a command may make another's check applicable
		for _, round := range rounds(b, judge(), run) {
			for _, d := range round {
				run[d.ID] = true
				alone(t, root, programs, below(t, root, d.Command))
			}
			after := judge()
			for _, d := range round {
				if verdict := after[d.ID]; verdict != "compliant" && (verdict != "notApplicable" || overtaken[d.ID] == "") {
					t.Errorf("%s is %s: its command does not satisfy it:\n%s", d.ID, verdict, d.Command)
				}
			}
		}
	}
	for _, d := range b.Definitions() {
		if ofLinux(d) && !run[d.ID] && notRun[d.ID] == "" {
			t.Errorf("%s: nobody runs its command, as its check does not fail here", d.ID)
		}
	}
	t.Logf("%d commands were run; %d were not: %v", len(run), len(notRun), notRun)
}

func ofLinux(d *benchmark.Definition) bool {
	return d.Command != "" && slices.Contains(d.Platforms, "Linux")
}

// rounds returns the checks that fail and whose commands were not run: of each round no two judge by the same facts, so
// that a command does not do the work of another.
func rounds(b *benchmark.Benchmark, verdicts map[string]string, run map[string]bool) (all [][]*benchmark.Definition) {
	at := map[string]int{}
	for _, d := range b.Definitions() {
		if !ofLinux(d) || run[d.ID] || notRun[d.ID] != "" || verdicts[d.ID] != "nonCompliant" {
			continue
		}
		n := at[d.Facts[0]]
		if n == len(all) {
			all = append(all, nil)
		}
		all[n] = append(all[n], d)
		at[d.Facts[0]]++
	}
	return all
}

// path is the beginning of a path that a command reads or writes.
var path = regexp.MustCompile(`(^|[\s>(=;])/(etc|boot|root|tmp|var)\b`)

// auditRule is a line with a rule of audit.
var auditRule = regexp.MustCompile(`(?m)^-[wa] .*$`)

// below returns a command whose files are those below root. What awk compares with the fields of fstab is text.
func below(t *testing.T, root, command string) string {
	t.Helper()
	moved := ""
	for line := range strings.Lines(command) {
		if !strings.HasPrefix(line, "-w ") && !strings.HasPrefix(line, "-a ") { // not a rule of audit, which names files
			line = path.ReplaceAllString(line, "${1}"+root+"/$2")
			line = strings.ReplaceAll(line, "find / ", "find "+root+" ")
			line = strings.ReplaceAll(line, "logfile="+root, "logfile=") // what a file says
		}
		moved += line
	}
	rest := strings.ReplaceAll(auditRule.ReplaceAllString(moved, ""), root, "@")
	rest = strings.ReplaceAll(rest, "logfile=/", "@/")
	if path.MatchString(rest) || strings.Contains(rest+"\n", " / ") || strings.Contains(rest+"\n", " /\n") {
		t.Fatalf("a command would change this machine: %s", command)
	}
	return moved
}

// alone runs a command, twice, where nothing can be written but below two folders.
func alone(t *testing.T, root, programs, command string) {
	t.Helper()
	const script = `mount --bind "$1" "$1"; mount --bind "$2" "$2"
while read -r _ point _; do
	case $point in "$1" | "$2" | /proc* | /sys* | /dev*) ;; *) mount -o remount,bind,ro "$point" 2> /dev/null || [ "$point" != / ] ;; esac
done < /proc/self/mounts
! touch /usr/muster-was-here 2> /dev/null
export PATH="$2:/usr/bin:/bin" TMPDIR="$2"
sh -e -c "$3"
exec sh -e -c "$3"`
	arguments := []string{"--mount", "--propagation", "private"}
	if os.Geteuid() != 0 {
		arguments = append(arguments, "--user", "--map-root-user")
	}
	arguments = append(arguments, testneed.Command(t, "sh"), "-e", "-c", script, "sh", root, programs, command)
	c := exec.CommandContext(t.Context(), testneed.Command(t, "unshare"), arguments...)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s, of %s", err, out, command)
	}
}
