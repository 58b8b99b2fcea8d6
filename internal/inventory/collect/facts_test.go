package collect

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// TestFamilies makes a machine for each case and compares one family.
func TestFamilies(t *testing.T) {
	for _, test := range []struct {
		family, name string
		files        map[string]string
		want         map[string]string
	}{
		{"login.defs", "as written", map[string]string{
			"etc/login.defs": "# PASS_MAX_DAYS 1\nPASS_MAX_DAYS\t99999\n  UMASK  022\nENV_PATH PATH=/bin:/usr/bin\n",
		}, map[string]string{"PASS_MAX_DAYS": "99999", "UMASK": "022", "ENV_PATH": "PATH=/bin:/usr/bin"}},
		{"login.defs", "of openSUSE", map[string]string{"usr/etc/login.defs": "UMASK 022\n"},
			map[string]string{"UMASK": "022"}},
		{"login.defs", "nothing set", map[string]string{"etc/login.defs": "# nothing\n"}, map[string]string{}},
		{"login.defs", "not there", nil, nil},
		{"pwquality", "main file is read last", map[string]string{
			"etc/security/pwquality.conf":          "minlen = 14 # characters\nenforce_for_root\n",
			"etc/security/pwquality.conf.d/a.conf": "minlen=8\nminclass=4\n",
		}, map[string]string{"minlen": "14", "minclass": "4", "enforce_for_root": ""}},
		{"journald", "later folders win", map[string]string{
			"etc/systemd/journald.conf":             "[Journal]\n#Storage=auto\nCompress=yes\nStorage=volatile\n",
			"etc/systemd/journald.conf.d/x.conf":    "[Journal]\nStorage=persistent\n",
			"usr/lib/systemd/journald.conf.d/x.con": "[Journal]\nStorage=none\n",
		}, map[string]string{"Compress": "yes", "Storage": "persistent"}},
		{"selinux", "quoted or not", map[string]string{"etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=\"targeted\"\n"},
			map[string]string{"SELINUX": "enforcing", "SELINUXTYPE": "targeted"}},
		{"auditd", "as written", map[string]string{"etc/audit/auditd.conf": "max_log_file = 8\nmax_log_file_action = keep_logs\n"},
			map[string]string{"max_log_file": "8", "max_log_file_action": "keep_logs"}},
		{"ufw", "as written", map[string]string{"etc/ufw/ufw.conf": "ENABLED=yes\n"}, map[string]string{"ENABLED": "yes"}},
		{"faillock", "as written", map[string]string{"etc/security/faillock.conf": "deny = 5\neven_deny_root\n# unlock_time = 600\n"},
			map[string]string{"deny": "5", "even_deny_root": ""}},
		{"sysctl", "by precedence", map[string]string{
			"etc/sysctl.conf":            "net.ipv4.ip_forward=0\n",
			"etc/sysctl.d/50-a.conf":     "# net.ipv4.ip_forward=2\nnet.ipv4.ip_forward = 1\nkernel.unknown_here = 1\n",
			"usr/lib/sysctl.d/50-a.conf": "kernel.sysrq=1\n",
			"usr/lib/sysctl.d/10-b.conf": "-net/ipv4/conf/*/rp_filter = 2\nkernel.randomize_va_space=\t2 \n",
		}, map[string]string{
			"net.ipv4.ip_forward": "0", "kernel.randomize_va_space": "2",
			"net.ipv4.conf.all.forwarding": "0", "net.ipv4.conf.default.forwarding": "0",
			"net.ipv4.conf.all.rp_filter": "2", "net.ipv4.conf.default.rp_filter": "2",
		}},
		{"sysctl", "not there", map[string]string{"etc/passwd": ""}, nil},
		{"mounts", "of fstab", map[string]string{
			"etc/fstab": "# device\nUUID=1 / ext4 defaults 0 1\ntmpfs /tmp tmpfs rw,nosuid,nodev,noexec 0 0\n//nas/x /mnt cifs password=secret 0 0\nbroken\n",
		}, map[string]string{"/tmp": "rw,nosuid,nodev,noexec", "/dev/shm": "rw,nosuid,nodev"}},
		{"mounts", "of units", map[string]string{
			"etc/fstab":                                                  "tmpfs /tmp tmpfs rw 0 0\ntmpfs /dev/shm tmpfs noexec 0 0\nx /home ext4 nodev 0 0\nx /var ext4 nodev 0 0\n",
			"usr/lib/systemd/system/tmp.mount":                           "[Mount]\nOptions=nosuid\n",
			"etc/systemd/system/home.mount":                              "[Mount]\nOptions=nosuid,size=5%%\n",
			"etc/systemd/system/var.mount":                               "-> /dev/null",
			"usr/lib/systemd/system/var-tmp.mount":                       "[Mount]\nWhat=x\n",
			"usr/lib/systemd/system/local-fs.target.wants/var-tmp.mount": "-> ../var-tmp.mount",
			"etc/systemd/system/var-tmp.mount.d/x.conf":                  "[Mount]\nOptions=nodev\n",
			"usr/lib/systemd/system/var-log.mount":                       "[Mount]\nOptions=nodev\n",
		}, map[string]string{"/tmp": "rw", "/dev/shm": "noexec", "/home": "nosuid,size=5%", "/var/tmp": "nodev"}},
		{"modules", "disabled is more than blacklisted", map[string]string{
			"etc/modprobe.d/cis.conf": "install cramfs /bin/false\nblacklist cramfs\ninstall usb-storage /usr/bin/true\nblacklist dccp\n" +
				"install udf /sbin/modprobe -i udf; /bin/true\ninstall sctp /bin/sh -c 'logger no; exit 1'\nalias hfs off\n",
			"lib/modprobe.d/x.conf": "blacklist dccp\ninstall dccp \\\n /bin/false\ninstall sctp /sbin/modprobe other\n" +
				"# blacklist rds\ninstall udf /bin/true\ninstall jffs? /bin/true\n",
		}, map[string]string{"cramfs": "disabled", "usb_storage": "disabled", "dccp": "disabled", "sctp": "disabled", "hfs": "disabled",
			"jffs2": "disabled"}},
		{"modules", "nothing disabled", map[string]string{"etc/modprobe.d/readme": ""}, map[string]string{}},
		{"services", "of systemd", map[string]string{
			"etc/systemd/system/multi-user.target.wants/ssh.service":  "-> /lib/systemd/system/ssh.service",
			"etc/systemd/system/sshd.service":                         "-> /lib/systemd/system/ssh.service",
			"etc/systemd/system/cups.service":                         "-> /dev/null",
			"etc/systemd/system/avahi-daemon.service":                 "",
			"etc/systemd/system/own.service":                          "[Unit]\n",
			"usr/lib/systemd/system/ssh.service":                      "[Unit]\n",
			"usr/lib/systemd/system/cups.service":                     "[Unit]\n",
			"usr/lib/systemd/system/telnet.socket":                    "[Unit]\n",
			"usr/lib/systemd/system/nobody-asks.service":              "[Unit]\n",
			"usr/lib/systemd/system/sockets.target.wants/a.socket":    "-> ../a.socket",
			"usr/lib/systemd/system/sockets.target.wants/b.target":    "-> ../b.target",
			"usr/lib/systemd/system/a.socket":                         "[Socket]\n",
			"etc/systemd/system/multi-user.target.wants/gone.service": "-> /lib/systemd/system/gone.service",
		}, map[string]string{
			"ssh.service": "enabled", "sshd.service": "alias", "cups.service": "masked", "avahi-daemon.service": "masked",
			"telnet.socket": "static", "a.socket": "enabled",
		}},
		{"services", "of a copy of /etc alone", map[string]string{
			"etc/systemd/system/multi-user.target.wants/cups.service": "-> /lib/systemd/system/cups.service",
		}, map[string]string{"cups.service": "enabled"}},
		{"services", "inetd, xinetd and scripts", map[string]string{
			"etc/rc2.d/S20openbsd-inetd": "-> ../init.d/openbsd-inetd", "etc/init.d/openbsd-inetd": "#!/bin/sh\n",
			"etc/rc3.d/S05xinetd": "-> ../init.d/xinetd", "etc/init.d/xinetd": "#!/bin/sh\n",
			"etc/rc2.d/K20nfs": "", "etc/rc2.d/S01gone": "-> ../init.d/gone",
			"etc/inetd.conf": "# none\ntelnet stream tcp nowait root /usr/sbin/tcpd /usr/sbin/in.telnetd\n" +
				"time stream tcp nowait root internal\n#<off># shell stream tcp nowait root /usr/sbin/in.rshd\n",
			"etc/xinetd.d/tftp":     "service tftp\n{\n\tdisable = no\n\tserver = /usr/sbin/in.tftpd\n}\nservice ftp\n{\n disable=yes\n}\n",
			"etc/xinetd.d/tftp.old": "service login\n{\n}\n",
		}, map[string]string{
			"openbsd-inetd.service": "enabled", "program openbsd-inetd": "enabled", "xinetd.service": "enabled",
			"program xinetd": "enabled", "inetd telnet": "enabled", "program in.telnetd": "enabled", "inetd time": "enabled",
			"inetd tftp": "enabled", "program in.tftpd": "enabled",
		}},
		{"services", "of OpenRC", map[string]string{
			"etc/runlevels/default/chronyd": "-> /etc/init.d/chronyd", "etc/init.d/chronyd": "#!/sbin/openrc-run\n", "etc/init.d/cupsd": "",
		}, map[string]string{"chronyd.service": "enabled", "program chronyd": "enabled"}},
		{"services", "programs that units start", map[string]string{
			"usr/lib/systemd/system/cups.service":                    "[Service]\nExecStart=/usr/sbin/cupsd -l\n",
			"usr/lib/systemd/system/cups.path":                       "[Path]\n[Install]\nWantedBy=multi-user.target\n",
			"etc/systemd/system/multi-user.target.wants/cups.path":   "-> /usr/lib/systemd/system/cups.path",
			"usr/lib/systemd/system/telnet.socket":                   "[Socket]\nAccept=yes\n",
			"usr/lib/systemd/system/telnet@.service":                 "[Service]\nExecStart=-/usr/sbin/in.telnetd\n",
			"etc/systemd/system/sockets.target.wants/telnet.socket":  "-> /usr/lib/systemd/system/telnet.socket",
			"usr/lib/systemd/system/a.timer":                         "[Timer]\nUnit=b.service\n",
			"usr/lib/systemd/system/b.service":                       "[Unit]\nRequires=c.service d.service\n[Service]\nExecStart=/bin/b\n",
			"usr/lib/systemd/system/c.service":                       "[Service]\nExecStart=@/bin/c x\n",
			"usr/lib/systemd/system/d.service":                       "[Service]\nExecStart=/bin/d\n",
			"etc/systemd/system/d.service":                           "-> /dev/null",
			"etc/systemd/system/timers.target.wants/a.timer":         "-> /usr/lib/systemd/system/a.timer",
			"etc/systemd/system/c.service.d/x.conf":                  "[Service]\nExecStart=\nExecStart=/bin/other\n",
			"etc/systemd/system/multi-user.target.wants/v@x.service": "-> /usr/lib/systemd/system/v@.service",
			"usr/lib/systemd/system/v@.service":                      "[Service]\nExecStart=/usr/sbin/vsftpd /etc/%i\n",
		}, map[string]string{
			"cups.path": "enabled", "cups.service": "static", "program cupsd": "enabled", "telnet.socket": "enabled",
			"program in.telnetd": "enabled", "a.timer": "enabled", "program b": "enabled", "program other": "enabled",
			"d.service": "masked", "v@x.service": "enabled", "program vsftpd": "enabled",
		}},
		{"services", "not systemd", map[string]string{"etc/passwd": ""}, nil},
	} {
		t.Run(test.family+" "+test.name, func(t *testing.T) {
			files := map[string]string{"etc/os-release": debianRelease, "var/lib/dpkg/status": ""}
			maps.Copy(files, test.files)
			report := collect(t, Config{Root: collecttest.LayMachine(t, files), Name: "h"})
			if diff := cmp.Diff(test.want, report.Facts[test.family]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFileModes(t *testing.T) {
	if !disk.OwnersKnown {
		t.Skip("files have no owners here")
	}
	root := collecttest.LayMachine(t, map[string]string{"etc/passwd": "", "etc/shadow": "", "boot/grub/real.cfg": "",
		"boot/grub/grub.cfg": "-> /boot/grub/real.cfg", "tmp/x": ""})
	for name, mode := range map[string]os.FileMode{"etc/shadow": 0o640, "boot/grub/real.cfg": 0o600,
		"tmp": 0o777 | os.ModeSticky} {
		if err := os.Chmod(filepath.Join(root, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	got := collect(t, Config{Root: root, Name: "h", OS: "debian:12"}).Facts["filemode"]
	for name, mode := range map[string]string{"/etc/passwd": "0644", "/etc/shadow": "0640",
		"/boot/grub/grub.cfg": "0600", "/tmp": "1777"} {
		if have, owner, _ := strings.Cut(got[name], " "); have != mode || !strings.Contains(owner, ":") {
			t.Errorf("%s is %q, want mode %s", name, got[name], mode)
		}
	}
	if _, have := got["/etc/gshadow"]; have {
		t.Error("a file that is not there has a mode")
	}
}

// TestUnreadableFamily says that an unreadable family is absent, with a warning.
func TestUnreadableFamily(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
		"etc/login.defs":     strings.Repeat("#\n", disk.MaxSetting),
		"etc/ufw/ufw.conf":   "ENABLED=" + strings.Repeat("y", 4<<10+1),
		"etc/selinux/config": "SELINUX=permissive\n",
	})
	report, warnings, err := Collect(context.Background(), Config{Root: root, Name: "h", OS: "debian:12"})
	if err != nil {
		t.Fatal(err)
	}
	want := inventory.Facts{"selinux": {"SELINUX": "permissive"}, "passwords": {}, "umask": {}}
	if diff := cmp.Diff(want, report.Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	var said []string
	for _, w := range warnings {
		said = append(said, w.What)
	}
	if diff := cmp.Diff([]string{"facts login.defs", "facts ufw", "facts passwords", "facts umask"}, said); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}
