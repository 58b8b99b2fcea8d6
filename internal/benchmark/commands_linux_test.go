package benchmark_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect"
)

// neglected is a machine on which most checks fail.
var neglected = map[string]string{
	"etc/passwd": "root:x:0:0::/root:/bin/sh\n",
	"etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nPermitTunnel yes\n  GatewayPorts=yes\n" +
		"Match User ann\n  PasswordAuthentication yes\n  PermitTunnel yes\n",
	"etc/ssh/sshd_config.d/a.conf": "x11forwarding yes\nStrictModes no\nPermitRootLogin yes\n",
	"etc/sysctl.d/50.conf": "kernel.sysrq=1\nnet.ipv4.tcp_timestamps=2\nnet.ipv6.conf.all.disable_ipv6=1\n" +
		"net.ipv6.conf.default.disable_ipv6=0\nvm.mmap_min_addr=0\nfs.suid_dumpable=2\n",
	"etc/modprobe.d/a.conf":               "blacklist udf\n",
	"etc/audit/auditd.conf":               "tcp_listen_port = 60\nwrite_logs = no\nlocal_events=no\ndisk_full_action = SUSPEND\n",
	"etc/systemd/journald.conf":           "[Journal]\nCompress=no\n",
	"etc/selinux/config":                  "SELINUX=enforcing\nSELINUXTYPE=minimum\n",
	"etc/fstab":                           "a / ext4 defaults 0 1\na /var ext4 defaults 0 2\na /boot ext4 dev 0 2\na /tmp ext4 suid 0 2\n",
	"etc/sudoers":                         "",
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
}

// What a command leaves must satisfy its check, the first time and again. The commands run on files of a folder:
// programs that would change the machine that tests are replaced by ones that do nothing.
func TestCommandsSatisfyTheirChecks(t *testing.T) {
	root, programs := t.TempDir(), t.TempDir()
	for name, text := range neglected {
		appendLine(t, root, name, text)
	}
	for _, name := range []string{"systemctl", "sysctl", "modprobe", "mount", "sshd", "auditctl", "service", "augenrules"} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b := load(t)
	judge := func(id string) string {
		r, _, err := collect.Collect(t.Context(), collect.Config{Root: root, Name: "host", OS: "debian:12"})
		if err != nil {
			t.Fatal(err)
		}
		results, err := b.Evaluate(r)
		if err != nil {
			t.Fatal(err)
		}
		return said(results, id)
	}
	families := []string{"sshd", "sysctl", "modules", "mounts", "auditd", "journald", "selinux", "audit_rules", "limits",
		"shell", "banners", "updates", "rsyslog"}
	if os.Getuid() == 0 {
		families = append(families, "filemode") // its commands give files to root
	}
	failed := 0
	for _, d := range b.Definitions() {
		if d.Command == "" || !slices.Contains(families, d.Facts[0]) {
			continue
		}
		if judge(d.ID) != "nonCompliant" {
			continue
		}
		failed++
		for range 2 {
			command := below(t, root, d.Command)
			c := exec.CommandContext(t.Context(), "sh", "-e", "-c", command)
			c.Env = []string{"PATH=" + programs + ":/usr/bin:/bin"}
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", d.ID, err, out)
			}
		}
		if judge(d.ID) != "compliant" {
			t.Errorf("%s: its command does not satisfy it:\n%s", d.ID, d.Command)
		}
	}
	if failed < 60 {
		t.Errorf("only %d checks failed before their commands", failed)
	}
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
		}
		moved += line
	}
	if rest := auditRule.ReplaceAllString(moved, ""); path.MatchString(strings.ReplaceAll(rest, root, "@")) {
		t.Fatalf("a command would change this machine: %s", command)
	}
	return moved
}
