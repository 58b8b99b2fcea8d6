package facts

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// sysctls are the kernel settings that are read.
var sysctls = [...]string{
	"fs.protected_fifos", "fs.protected_hardlinks", "fs.protected_regular", "fs.protected_symlinks",
	"fs.suid_dumpable",
	"kernel.core_uses_pid", "kernel.dmesg_restrict", "kernel.kexec_load_disabled", "kernel.kptr_restrict",
	"kernel.modules_disabled", "kernel.perf_event_paranoid", "kernel.randomize_va_space", "kernel.sysrq",
	"kernel.unprivileged_bpf_disabled", "kernel.unprivileged_userns_clone", "kernel.yama.ptrace_scope",
	"net.core.bpf_jit_harden",
	"net.ipv4.conf.all.accept_redirects", "net.ipv4.conf.all.accept_source_route",
	"net.ipv4.conf.all.forwarding", "net.ipv4.conf.all.log_martians", "net.ipv4.conf.all.rp_filter",
	"net.ipv4.conf.all.secure_redirects", "net.ipv4.conf.all.send_redirects",
	"net.ipv4.conf.default.accept_redirects", "net.ipv4.conf.default.accept_source_route",
	"net.ipv4.conf.default.forwarding", "net.ipv4.conf.default.log_martians",
	"net.ipv4.conf.default.rp_filter", "net.ipv4.conf.default.secure_redirects",
	"net.ipv4.conf.default.send_redirects",
	"net.ipv4.icmp_echo_ignore_broadcasts", "net.ipv4.icmp_ignore_bogus_error_responses",
	"net.ipv4.ip_forward", "net.ipv4.tcp_rfc1337", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_timestamps",
	"net.ipv6.conf.all.accept_ra", "net.ipv6.conf.all.accept_redirects",
	"net.ipv6.conf.all.accept_source_route", "net.ipv6.conf.all.disable_ipv6",
	"net.ipv6.conf.all.forwarding", "net.ipv6.conf.default.accept_ra",
	"net.ipv6.conf.default.accept_redirects", "net.ipv6.conf.default.accept_source_route",
	"net.ipv6.conf.default.disable_ipv6", "net.ipv6.conf.default.forwarding",
	"vm.mmap_min_addr", "vm.unprivileged_userfaultfd",
}

// runningSysctls reads /proc/sys. A setting that the kernel lacks is absent; one that only root may read is not.
func runningSysctls(m *Machine) (*Found, error) {
	if !m.Live || !m.Exists("proc/sys/kernel") {
		return nil, nil
	}
	found := NewFound()
	for _, name := range sysctls {
		file := "proc/sys/" + strings.ReplaceAll(name, ".", "/")
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, name, file, err)
			continue
		}
		found.Set(name, strings.Join(strings.Fields(string(data)), " "), "") // who set it is not known
	}
	return found, nil
}

// sysctlFolders are in the order of precedence of sysctl.d(5).
var sysctlFolders = [...]string{
	"etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d",
}

// sysctlConf is the file that systemd-sysctl(8) does not know. Distributions have a link to it among
// the files that it reads, 99-sysctl.conf, which gives it a place in their order.
const sysctlConf = "etc/sysctl.conf"

// sysctlOrder returns the files that a machine reads at boot, in order: drop-ins by name. Without a
// link, sysctl.conf is read last by "sysctl --system", with which machines begin that have no systemd,
// and not at all by systemd-sysctl.
func (m *Machine) sysctlOrder() ([]string, error) {
	all, err := m.DropIns(".conf", sysctlFolders[:]...)
	if err != nil {
		return nil, err
	}
	exists, linked := m.Exists(sysctlConf), false
	var files []string
	for _, file := range all {
		isLink := m.linksToSysctlConf(file)
		if linked = linked || isLink; !isLink || exists {
			files = append(files, file)
		}
	}
	if exists && !linked && m.First("usr/lib/systemd/systemd-sysctl", "lib/systemd/systemd-sysctl") == "" {
		files = append(files, sysctlConf)
	}
	return files, nil
}

// linksToSysctlConf reports whether a file is a link to sysctl.conf, which may be absent.
func (m *Machine) linksToSysctlConf(file string) bool {
	if real, err := m.Resolve(file); err == nil {
		return real == sysctlConf
	}
	dir, err := m.Resolve(path.Dir(file))
	if err != nil {
		return false
	}
	target, err := m.Target(path.Join(dir, path.Base(file)))
	if err != nil {
		return false
	}
	if path.IsAbs(target) {
		return path.Clean(target) == "/"+sysctlConf
	}
	return path.Join(dir, target) == sysctlConf
}

// ufwFile is the file of settings that ufw applies when it starts, after all others, unless its own file of defaults
// names another.
const ufwFile = "etc/ufw/sysctl.conf"

// ufwSysctls returns the file of settings that ufw applies, or "" if it does not start.
// err says that the file unread does not tell.
func (m *Machine) ufwSysctls() (name, unread string, err error) {
	on, file := false, ufwFile
	for _, name := range [...]string{"etc/ufw/ufw.conf", "etc/default/ufw"} {
		data, err := m.Read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", name, err
		}
		ParseSettings(data, false, func(name, value string, _ int) {
			switch name {
			case "ENABLED":
				on = strings.EqualFold(value, "yes")
			case "IPT_SYSCTL":
				file = strings.TrimPrefix(path.Clean("/"+value), "/")
			}
		})
	}
	if !on {
		return "", "", nil
	}
	return file, "", nil
}

// sysctlPath returns a setting's name with "/". The first of "." and "/" in the name is its
// separator, and the other is part of a name: the interface "eth0.1" is net/ipv4/conf/eth0.1 or
// net.ipv4.conf.eth0/1.
func sysctlPath(name string) string {
	first := strings.IndexAny(name, "./")
	if first < 0 || name[first] == '/' {
		return name
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, name)
}
