package benchmark_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/testneed"
)

// loops are the packages or units that a command removes or disables, one after the other.
var loops = regexp.MustCompile(`(?s)^for (package|unit) in (.*?); do`)

// listed returns what the commands of checks remove, or disable.
func listed(b *benchmark.Benchmark, what string) (names []string) {
	for _, d := range b.Definitions() {
		if m := loops.FindStringSubmatch(strings.TrimSpace(d.Command)); m != nil && m[1] == what {
			names = append(names, strings.Fields(strings.ReplaceAll(m[2], "\\", " "))...)
		}
	}
	return names
}

// addPackages adds the database of dpkg of a machine that has all packages that commands remove.
func addPackages(tree map[string]string, b *benchmark.Benchmark) {
	status := ""
	names := append(listed(b, "package"), "ufw", "iptables-persistent", "netfilter-persistent", "openssh-server", "libc6")
	for _, name := range names {
		name = strings.ToLower(name)
		if tree["var/lib/dpkg/info/"+name+".list"] != "" {
			continue
		}
		tree["var/lib/dpkg/info/"+name+".list"] = "/.\n"
		status += fmt.Sprintf("Package: %s\nStatus: install ok installed\nMaintainer: x <x@example.com>\nArchitecture: all\n"+
			"Version: 1:9.2p1-2+deb12u3\nDescription: x\n\n", name)
	}
	tree["var/lib/dpkg/status"] = status
	tree["var/lib/dpkg/updates/.keep"], tree["var/lib/dpkg/triggers/.keep"] = "", ""
}

// addUnits adds all units that commands disable, enabled, and those that they enable, disabled.
func addUnits(tree map[string]string, b *benchmark.Benchmark) {
	for _, unit := range listed(b, "unit") {
		target := "multi-user.target"
		if strings.HasSuffix(unit, ".socket") {
			target = "sockets.target"
		}
		tree["usr/lib/systemd/system/"+unit] = "[Unit]\nDescription=x\n[Install]\nWantedBy=" + target + "\n"
		tree["etc/systemd/system/"+target+".wants/"+unit] = "-> /usr/lib/systemd/system/" + unit
	}
	for _, unit := range []string{"cron.service", "auditd.service"} {
		tree["usr/lib/systemd/system/"+unit] = "[Unit]\nDescription=x\n[Install]\nWantedBy=multi-user.target\n"
	}
}

// stand makes programs that commands call: each does its work in a root, or nothing where there is none to do.
func stand(t *testing.T, root string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	dpkg := testneed.Command(t, "dpkg") + " --force-not-root --force-bad-path --force-depends --force-remove-protected --log=/dev/null --root=" + root
	scripts := map[string]string{
		"systemctl": "case $1 in enable|disable|mask|unmask) ;; *) exit 0 ;; esac\n" +
			"for word; do shift; [ \"$word\" = --now ] || set -- \"$@\" \"$word\"; done\n" +
			"SYSTEMD_OFFLINE=1 exec " + testneed.Command(t, "systemctl") + " --root=" + root + " \"$@\"\n",
		"dpkg": "exec " + dpkg + " \"$@\"\n",
		"apt-get": "verb=$1\n[ \"$2\" = -y ]\nshift 2\ncase $verb in\n" +
			"purge) for p; do if " + dpkg + " -s \"$p\" >/dev/null 2>&1; then " + dpkg + " --purge \"$p\"; fi; done ;;\n" +
			"install) for p; do mkdir -p " + folder + "/deb/DEBIAN; printf 'Package: %s\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.com>\\nDescription: x\\n' \"$p\" > " +
			folder + "/deb/DEBIAN/control; " + testneed.Command(t, "dpkg-deb") + " -b " + folder + "/deb " + folder + "/x.deb; " + dpkg + " -i " + folder + "/x.deb; done ;;\n" +
			"*) exit 1 ;;\nesac\n",
		"usermod": "exec " + testneed.Command(t, "/usr/sbin/usermod") + " --prefix " + root + " \"$@\"\n",
		"pwconv":  "exec " + testneed.Command(t, "/usr/sbin/pwconv") + " --root " + root + "\n",
	}
	for _, name := range []string{"sysctl", "modprobe", "mount", "sshd", "auditctl", "service", "augenrules", "aideinit"} {
		scripts[name] = ""
	}
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh -e\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
