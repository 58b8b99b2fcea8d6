package facts

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// units are the systemd units that are reported as disabled if they are installed and neither
// enabled nor masked.
var units = [...]string{
	"apparmor.service", "apport.service", "auditd.service", "autofs.service", "avahi-daemon.service",
	"avahi-daemon.socket", "bind9.service", "bluetooth.service", "chrony.service", "chronyd.service",
	"cron.service", "crond.service", "cups.service", "cups.socket", "dnsmasq.service", "dovecot.service",
	"fail2ban.service", "firewalld.service", "httpd.service", "isc-dhcp-server.service", "kdump.service",
	"named.service", "nfs-server.service", "nftables.service", "nginx.service", "apache2.service", "nscd.service",
	"ntp.service", "ntpd.service", "rlogin.socket", "rexec.socket", "rpcbind.service", "rpcbind.socket",
	"rsh.socket", "rsync.service", "rsyncd.service", "rsyslog.service", "slapd.service", "smb.service",
	"smbd.service", "snmpd.service", "squid.service", "ssh.service", "ssh.socket", "sshd.service",
	"systemd-journald.service", "systemd-timesyncd.service", "telnet.socket", "tftp.service", "tftp.socket",
	"tftpd-hpa.service", "ufw.service", "unattended-upgrades.service", "vsftpd.service", "xinetd.service",
	"inetd.service", "ypbind.service", "ypserv.service",
}

// unitFolders are the folders of systemd's units, the administrator's first.
var unitFolders = [...]string{"etc/systemd/system", "usr/local/lib/systemd/system",
	"usr/lib/systemd/system", "lib/systemd/system"}

// services reads which units start by themselves, like systemctl is-enabled in the file system.
func (m *Machine) services() (Values, error) {
	if !m.Exists(unitFolders[0]) {
		return nil, nil
	}
	found := Values{}
	if err := m.disabledUnits(found); err != nil {
		return nil, err
	}
	for _, folder := range unitFolders {
		if err := m.wantedUnits(found, folder); err != nil {
			return nil, err
		}
	}
	return found, m.ownUnits(found)
}

// disabledUnits adds known units that are installed.
func (m *Machine) disabledUnits(found Values) error {
	for _, folder := range unitFolders {
		names, err := m.List(folder)
		if err != nil {
			return err
		}
		for _, unit := range units {
			if slices.Contains(names, unit) {
				found.set(unit, "disabled")
			}
		}
	}
	return nil
}

// wantedUnits adds the units named in a folder's ".wants" and ".requires".
func (m *Machine) wantedUnits(found Values, folder string) error {
	for _, pattern := range []string{"/*.wants", "/*.requires"} {
		dirs, err := m.Glob(folder + pattern)
		if err != nil {
			return err
		}
		for _, dir := range dirs {
			names, err := m.List(dir)
			if err != nil {
				return err
			}
			for _, name := range names {
				if isService(name) {
					found.set(name, "enabled")
				}
			}
		}
	}
	return nil
}

// ownUnits adds the units in the administrator's folder itself: a link to /dev/null or an empty
// file masks a unit, any other link is the alias that enabling it makes.
func (m *Machine) ownUnits(found Values) error {
	names, err := m.List(unitFolders[0])
	if err != nil {
		return err
	}
	for _, name := range names {
		if !isService(name) {
			continue
		}
		state, err := m.unitState(unitFolders[0] + "/" + name)
		if err != nil {
			return err
		}
		if state != "" {
			found.set(name, state)
		}
	}
	return nil
}

// unitState returns the state of a unit from its file in the administrator's folder, or "".
func (m *Machine) unitState(file string) (string, error) {
	folder, err := m.Resolve(path.Dir(file))
	if err != nil {
		return "", err
	}
	info, err := m.Lstat(path.Join(folder, path.Base(file)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	switch {
	case info.Mode().IsRegular() && info.Size() == 0:
		return "masked", nil
	case info.Mode().IsRegular():
		return "", nil
	case info.Mode()&fs.ModeSymlink == 0:
		return "", fmt.Errorf("unit %q: %w but %s", file, disk.ErrNotFile, disk.Kind(info.Mode()))
	}
	target, err := m.Target(path.Join(folder, path.Base(file)))
	if target == "/dev/null" {
		return "masked", err
	}
	return "enabled", err
}

// isService reports whether a unit with that name starts a program.
func isService(unit string) bool {
	switch path.Ext(unit) {
	case ".service", ".socket", ".timer", ".path":
		return !strings.HasPrefix(unit, ".")
	}
	return false
}
