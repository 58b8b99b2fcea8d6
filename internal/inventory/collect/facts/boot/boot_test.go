package boot

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// read reads one family of a live machine, or of a copy; nil if it is not there.
func read(t *testing.T, family string, files map[string]string, live bool) *facts.Found {
	t.Helper()
	root, err := disk.OpenRoot(collecttest.LayMachine(t, files))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	m := &facts.Machine{Tree: disk.NewTree(t.Context(), root, disk.MaxSettings, live), Warn: func(error) {}}
	all := Families()
	f := all[slices.IndexFunc(all, func(f facts.Family) bool { return f.Name == family })]
	found, err := f.Read(m)
	if err == nil {
		err = found.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestFamilies has machines and all that families say of them; a key with the value "(unread)" could not be read.
func TestFamilies(t *testing.T) {
	for _, test := range familyTests {
		t.Run(test.family+" "+test.name, func(t *testing.T) {
			found := read(t, test.family, test.files, true)
			if found == nil {
				if test.want != nil {
					t.Fatal("the family is not there")
				}
				return
			}
			got := maps.Clone(map[string]string(found.Values))
			for key := range found.Unread {
				if _, have := got[key]; !have {
					got[key] = "(unread)"
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What runs is not told of a copied machine.
func TestCopiesDoNotRun(t *testing.T) {
	for _, test := range familyTests {
		if strings.HasSuffix(test.family, "_running") && read(t, test.family, test.files, false) != nil {
			t.Errorf("%s is told of a copy", test.family)
		}
	}
}

func TestVocabulary(t *testing.T) {
	var names []string
	for _, f := range Families() {
		names = append(names, f.Name)
	}
	collecttest.CheckVocabulary(t, "../../../../../doc/facts.md", names, map[string][]string{
		"cmdline": parameters[:], "audit_rules": slices.Concat(watched[:], recorded[:], slices.Sorted(maps.Values(auditControls))),
	})
}

// familyTest is a machine and what one family says of it.
type familyTest struct {
	family, name string
	files        map[string]string
	want         map[string]string
}

const grubOfDebian = "set timeout=5\nmenuentry 'Debian' {\n\tlinux\t/vmlinuz-6.1 root=UUID=1 ro quiet audit=1 secret=x\n}\n" +
	"submenu 'more' {\nmenuentry 'Debian 6.0' {\n linux /vmlinuz-6.0 root=UUID=1 ro audit=1\n}\n" +
	"menuentry 'Debian (recovery mode)' {\n linux /vmlinuz-6.0 single\n}\n}\n" +
	"### BEGIN /etc/grub.d/30_os-prober ###\nmenuentry 'x' {\n linux /other audit=0\n}\n### END /etc/grub.d/30_os-prober ###\n" +
	"menuentry 'test' {\n linux16 /boot/memtest86+x64.bin\n}\n"

var familyTests = []familyTest{
	{"cmdline", "no boot loader", map[string]string{"etc/passwd": ""}, nil},
	{"cmdline", "of Debian", map[string]string{"boot/grub/grub.cfg": grubOfDebian}, map[string]string{"audit": "1"}},
	{"cmdline", "entries that differ", map[string]string{"boot/grub/grub.cfg": grubOfDebian +
		"menuentry 'y' {\n linux /vmlinuz-5 audit=0 apparmor=0 \"lsm=a b\"\n}\n"},
		map[string]string{"audit": "1; 0", "apparmor": "0; -", "lsm": "a b; -"}},
	{"cmdline", "of Red Hat", map[string]string{
		"boot/grub2/grub.cfg":               "set kernelopts=\"root=/dev/x audit=0\"\ninsmod blscfg\nblscfg\n",
		"boot/grub2/grubenv":                "# GRUB\nkernelopts=root=/dev/x audit=1\n",
		"boot/loader/entries/1-a.conf":      "title a\nlinux /vmlinuz\noptions root=/dev/x ro selinux=0 $tuned_params\noptions audit-backlog-limit=1 audit_backlog_limit=8192\n",
		"boot/loader/entries/0-rescue.conf": "options audit=0\n",
		"boot/loader/entries/x":             "options audit=0\n",
	}, map[string]string{"selinux": "0", "audit_backlog_limit": "8192"}},
	{"cmdline", "variables", map[string]string{"boot/grub2/grub.cfg": "set kernelopts=\"root=/dev/x audit=1\"\nblscfg\n",
		"boot/loader/entries/1.conf": "options $kernelopts ${more} nokaslr -- audit=0\n"}, map[string]string{"audit": "1", "nokaslr": ""}},
	{"cmdline", "of a small machine", map[string]string{"boot/firmware/cmdline.txt": "console=x apparmor=1 security=apparmor\n"},
		map[string]string{"apparmor": "1", "security": "apparmor"}},
	{"cmdline", "extlinux", map[string]string{"boot/extlinux/extlinux.conf": "LABEL a\n  APPEND root=x mitigations=off\n"},
		map[string]string{"mitigations": "off"}},
	{"cmdline", "a file that cannot be read", map[string]string{"boot/grub/grub.cfg/x": ""}, map[string]string{"*": "(unread)"}},
	{"cmdline_running", "parameters", map[string]string{"proc/cmdline": "BOOT_IMAGE=x audit=0 audit=1 password=secret init=\"/bin/a b\"\n"},
		map[string]string{"audit": "1", "init": "/bin/a b"}},
	{"boot", "no GRUB", map[string]string{"etc/passwd": ""}, nil},
	{"boot", "without a password", map[string]string{"boot/grub/grub.cfg": grubOfDebian}, map[string]string{"password": "no"}},
	{"boot", "with a password", map[string]string{"boot/grub/grub.cfg": "set superusers=\"a\"\npassword_pbkdf2 a grub.pbkdf2.sha512.1\n"},
		map[string]string{"password": "yes"}},
	{"boot", "of Red Hat, without", map[string]string{"boot/grub2/grub.cfg": "password_pbkdf2 root ${GRUB2_PASSWORD}\n"},
		map[string]string{"password": "no"}},
	{"boot", "of Red Hat, with", map[string]string{"boot/grub2/grub.cfg": "password_pbkdf2 root ${GRUB2_PASSWORD}\n",
		"boot/grub2/user.cfg": "GRUB2_PASSWORD=grub.pbkdf2.sha512.1\n"}, map[string]string{"password": "yes"}},
	{"boot", "of Red Hat, not readable", map[string]string{"boot/grub2/grub.cfg": "password_pbkdf2 root ${GRUB2_PASSWORD}\n",
		"boot/grub2/user.cfg/x": ""}, map[string]string{"password": "(unread)"}},
	{"apparmor", "not there", map[string]string{"etc/passwd": ""}, nil},
	{"apparmor", "profiles", map[string]string{
		"etc/apparmor.d/usr.bin.a": "/usr/bin/a {\n}\n", "etc/apparmor.d/usr.bin.b": "profile b /usr/bin/b flags=(attach_disconnected, complain) {\n",
		"etc/apparmor.d/usr.bin.c": "# flags=(complain)\n/c {}\n", "etc/apparmor.d/force-complain/usr.bin.c": "-> ../usr.bin.c",
		"etc/apparmor.d/usr.bin.d": "", "etc/apparmor.d/disable/usr.bin.d": "-> ../usr.bin.d", "etc/apparmor.d/abstractions/x": "flags=(complain)",
		"etc/apparmor.d/a.dpkg-old": "flags=(complain)",
	}, map[string]string{"profiles": "3", "disabled": "usr.bin.d", "complain": "usr.bin.b usr.bin.c"}},
	{"apparmor_running", "not in the kernel", map[string]string{"proc/x": ""}, nil},
	{"apparmor_running", "off", map[string]string{"sys/module/apparmor/parameters/enabled": "N\n"}, map[string]string{"enabled": "no"}},
	{"apparmor_running", "on", map[string]string{"sys/module/apparmor/parameters/enabled": "Y\n",
		"sys/kernel/security/apparmor/profiles": "a b (enforce)\n/usr/bin/x (complain)\nc//d (enforce)\ne (unconfined)\n"},
		map[string]string{"enabled": "yes", "enforce": "2", "complain": "/usr/bin/x"}},
	{"apparmor_running", "on, not readable", map[string]string{"sys/module/apparmor/parameters/enabled": "Y\n",
		"sys/kernel/security/apparmor/profiles/x": ""}, map[string]string{"enabled": "yes", "complain": "(unread)", "enforce": "(unread)"}},
	{"selinux_running", "off", map[string]string{"etc/selinux/config": "", "sys/fs/x": ""}, map[string]string{"enforce": "disabled"}},
	{"selinux_running", "on", map[string]string{"etc/selinux/config": "", "sys/fs/selinux/enforce": "1"}, map[string]string{"enforce": "enforcing"}},
	{"selinux_running", "permissive", map[string]string{"etc/selinux/config": "", "sys/fs/selinux/enforce": "0"}, map[string]string{"enforce": "permissive"}},
	{"audit_rules", "not there", map[string]string{"etc/passwd": ""}, nil},
	{"audit_rules", "rules", map[string]string{
		"etc/audit/audit.rules":       "-e 1\n-w /etc/shadow -p wa\n",
		"etc/audit/rules.d/9-a.rules": "-D\n-b 8192\n--backlog_wait_time 60000\n-e 2\n",
		"etc/audit/rules.d/10-b.rules": "# -w /etc/group -p wa\n-w /etc/sudoers -p wa -k scope\n-w /etc/sudoers.d/ -p w\n-w /srv/secret -p wa\n-f 2\n" +
			"-a always,exit -F arch=b64 -S adjtimex,settimeofday -k time\n-a exit,always -F arch=b32 -S adjtimex -S clock_settime -F key=time\n" +
			"-a always,exit -F arch=b64 -S open,openat -F exit=-EACCES -F auid>=1000 -F auid!=unset -k access\n" +
			"-a always,exit -F arch=b64 -S open -F exit=-EPERM -F auid>=1000 -F auid!=-1\n" +
			"-a always,exit -F arch=b64 -C euid!=uid -F auid!=unset -S execve -k user_emulation\n" +
			"-a always,exit -F arch=b64 -S mount -F uid=33\n-a never,exit -F arch=b64 -S chmod\n-a always,exit -F arch=b64 -F path=/etc/passwd -S open\n" +
			"-a always,exit -F path=/usr/bin/chcon -F perm=x -F auid>=1000 -F auid!=unset -k perm_chng\n-w /var/run/utmp -p wa\n",
		"etc/audit/rules.d/99-c.rules.bak": "-e 0\n",
	}, map[string]string{"backlog_limit": "8192", "enabled": "2", "failure": "2", "watch /etc/sudoers": "w a", "watch /etc/sudoers.d": "w",
		"call adjtimex": "b64 b32", "call settimeofday": "b64", "call clock_settime": "b32", "refused open": "b64-EACCES b64-EPERM",
		"refused openat": "b64-EACCES", "other execve": "b64", "watch /usr/bin/chcon": "x", "watch /run/utmp": "w a"}},
	{"audit_rules", "in the order of ls -v", map[string]string{"etc/audit/rules.d/a-b.rules": "-e 0\n-f 0\n", "etc/audit/rules.d/a.rules": "-e 1\n-f 1\n",
		"etc/audit/rules.d/.z.rules": "-f 2\n"}, map[string]string{"enabled": "0", "failure": "0"}},
	{"audit_rules", "removed, and locked", map[string]string{"etc/audit/audit.rules": "-w /etc/passwd -p wa\n-b 64\n-D\n-w /etc/group -p wa -k a\n" +
		"-w /etc/shadow -p wa -k b\n-D -k a\n-e 2\n-w /etc/hosts -p wa\n-e 0\n"},
		map[string]string{"backlog_limit": "64", "enabled": "2", "watch /etc/shadow": "w a"}},
	{"audit_rules", "none of a task", map[string]string{"etc/audit/audit.rules": "-a task,never\n"}, map[string]string{"off": "yes"}},
	{"audit_rules", "a file that cannot be read", map[string]string{"etc/audit/rules.d/a.rules": "-e 2\n-w /etc/group -p w\n", "etc/audit/rules.d/b.rules/x": ""},
		map[string]string{"watch /etc/group": "w", "*": "(unread)"}},
}
