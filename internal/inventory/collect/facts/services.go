package facts

import (
	"path"
	"slices"
	"strings"
)

// knownUnits are the systemd units whose state is reported even if they are installed and neither
// start by themselves nor are masked.
var knownUnits = [...]string{
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

// Services reads which units start by themselves, and which programs anything starts: units, inetd, xinetd, or the
// scripts of a runlevel.
func Services(m *Machine) (*Found, error) {
	u := m.readUnits()
	if u == nil && m.First("etc/init.d", "etc/rc.d/init.d", "etc/inetd.conf", "etc/xinetd.d") == "" {
		return nil, nil
	}
	found := NewFound()
	if u != nil {
		if u.addStates(found); len(u.lost) > 0 {
			return found, nil
		}
		if err := u.addStarts(found); err != nil {
			return nil, err
		}
	}
	m.addSysV(found, u)
	if u == nil {
		m.addOpenRC(found)
	}
	m.addInetd(found)
	m.addXinetd(found)
	return found, nil
}

// addStates adds the states of units.
func (u *units) addStates(found *Found) {
	names := map[string]bool{}
	for name := range u.files {
		names[name] = true
	}
	for name := range u.wanted {
		names[name] = true
	}
	for name := range names {
		if !isService(name) {
			continue
		}
		known := slices.Contains(knownUnits[:], name)
		if !known && u.linkOf(u.files[name]) == "" && !u.isStarted(name) && !u.mayBeMasked(name) {
			continue // nothing that is asked for
		}
		state, origin, err := u.state(name)
		switch {
		case err != nil:
			u.Lose(found, name, u.fileOf(name), err)
		case known && state != "", state == "enabled", state == "masked", state == "alias":
			found.Set(name, state, origin)
		}
	}
	u.loseFolders(found)
}

// isStarted reports whether a link starts a unit, if it is a unit that can be started.
func (u *units) isStarted(name string) bool { return u.wanted[name] != "" || len(u.aliases[name]) > 0 }

// mayBeMasked reports whether a unit has a file that could mask one of the vendor.
func (u *units) mayBeMasked(name string) bool {
	return strings.HasPrefix(u.files[name], "etc/") || strings.HasPrefix(u.files[name], "run/")
}

// isService reports whether a unit with that name starts a program.
func isService(unit string) bool {
	switch path.Ext(unit) {
	case ".service", ".socket", ".timer", ".path":
		return !strings.HasPrefix(unit, ".") && !strings.HasSuffix(unit, "@"+path.Ext(unit))
	}
	return false
}
