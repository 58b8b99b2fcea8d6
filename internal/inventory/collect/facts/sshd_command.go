package facts

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// sshdLineOption is an option of the command line, as a line of sshd_config.
type sshdLineOption struct{ text, origin string }

// sshdStart is what starts sshd says of its options.
type sshdStart struct {
	file    string // of "-f"
	options []sshdLineOption
	port    bool // "-p" replaces every Port
	unread  string
	err     error
}

// sshdCommand returns the options of the command line that starts sshd: that of its unit or, without one, of its
// script.
func (m *Machine) sshdCommand() sshdStart {
	if u := m.readUnits(); u != nil {
		for folder, err := range u.lost {
			return sshdStart{unread: folder, err: err}
		}
		for _, name := range [...]string{"ssh.service", "sshd.service", "ssh@.service", "sshd@.service"} {
			masked, err := u.masked(name)
			if err != nil {
				return sshdStart{unread: u.fileOf(name), err: err}
			}
			if u.fileOf(name) == "" || masked {
				continue
			}
			return u.sshdUnit(name)
		}
	}
	if m.First("etc/init.d/ssh", "etc/init.d/sshd") == "" {
		return sshdStart{}
	}
	all := environment{}
	for _, file := range [...]string{"etc/default/ssh", "etc/sysconfig/sshd", "etc/sysconfig/ssh", "etc/conf.d/sshd"} {
		data, err := m.Read(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return sshdStart{unread: file, err: err}
		}
		all.addFile(file, data)
	}
	arguments, err := all.expand(setting{"sshd $SSHD_OPTS $OPTIONS", ""})
	if err != nil {
		return sshdStart{unread: "etc/default/ssh", err: err}
	}
	return parseSSHDCommand(arguments[1:])
}

// sshdUnit returns the options in the command line of a unit.
func (u *units) sshdUnit(name string) sshdStart {
	opened, err := u.open(name)
	if err != nil {
		return sshdStart{unread: u.fileOf(name), err: err}
	}
	all, unread, err := u.environmentOf(opened)
	command := opened.last("Service.ExecStart")
	arguments, tooLong := all.expand(command)
	if tooLong != nil {
		return sshdStart{unread: u.fileOf(name), err: tooLong}
	}
	if len(arguments) == 0 || path.Base(strings.TrimLeft(arguments[0].text, "@-:+!|")) != "sshd" {
		return sshdStart{unread: unread, err: err}
	}
	start := parseSSHDCommand(arguments[1:])
	if err != nil && strings.Contains(command.value, "$") {
		start.unread, start.err = unread, err
	}
	return start
}

// parseSSHDCommand reads arguments as getopt(3) does for sshd(8).
func parseSSHDCommand(arguments []argument) (start sshdStart) {
	for i := 0; i < len(arguments); i++ {
		letters, isOption := strings.CutPrefix(arguments[i].text, "-")
		if !isOption || letters == "" || letters == "-" {
			return start
		}
		for letters != "" {
			letter := letters[0]
			letters = letters[1:]
			if strings.IndexByte("CEbcfghkopuS", letter) < 0 {
				start.add(letter, "", arguments[i].origin)
				continue
			}
			if letters == "" {
				if i++; i == len(arguments) {
					return start
				}
				letters = arguments[i].text
			}
			start.add(letter, letters, arguments[i].origin)
			letters = ""
		}
	}
	return start
}

// add adds an option of the command line.
func (s *sshdStart) add(letter byte, value, origin string) {
	line := ""
	switch letter {
	case 'f':
		s.file = strings.TrimPrefix(path.Clean("/"+value), "/")
	case 'o':
		line = value
	case 'p':
		line, s.port = "Port "+value, true
	case 'g':
		line = "LoginGraceTime " + value
	case 'h':
		line = "HostKey " + value
	case 'c':
		line = "HostCertificate " + value
	case '4':
		line = "AddressFamily inet"
	case '6':
		line = "AddressFamily inet6"
	case 'q':
		line = "LogLevel QUIET"
	}
	if line != "" {
		s.options = append(s.options, sshdLineOption{line, origin})
	}
}
