package facts

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// modePaths are the files and folders whose mode and owner are read.
var modePaths = [...]string{
	"/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/group-",
	"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/security/opasswd",
	"/etc/ssh", "/etc/ssh/sshd_config",
	"/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key",
	"/etc/sudoers", "/etc/sudoers.d",
	"/etc/crontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly",
	"/etc/cron.allow", "/etc/cron.deny", "/etc/at.allow", "/etc/at.deny",
	"/etc/motd", "/etc/issue", "/etc/issue.net", "/etc/hosts.allow", "/etc/hosts.deny",
	"/etc/audit/auditd.conf", "/etc/audit/audit.rules", "/var/log/audit",
	"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/grub2/user.cfg",
	"/root", "/tmp", "/var/tmp", "/var/log",
}

// fileModes reads mode and owner; for a symbolic link, those of its target.
func (m *Machine) fileModes() (Values, error) {
	if !disk.OwnersKnown || !m.Exists("etc/passwd") {
		return nil, nil
	}
	found := Values{}
	for _, name := range modePaths {
		info, err := m.Stat(strings.TrimPrefix(name, "/"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, disk.ErrDangling) {
			continue
		}
		if err != nil {
			return nil, err
		}
		uid, gid := disk.Owner(info)
		found[name] = fmt.Sprintf("%04o %d:%d", permissions(info.Mode()), uid, gid)
	}
	return found, nil
}

// permissions returns a mode in the form of chmod(1).
func permissions(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	for _, special := range []struct {
		mode fs.FileMode
		bit  uint32
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if mode&special.mode != 0 {
			bits |= special.bit
		}
	}
	return bits
}
