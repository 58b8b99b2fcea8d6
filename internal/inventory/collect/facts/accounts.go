package facts

import (
	"errors"
	"io/fs"
	"strings"
)

// accounts reads the names of accounts for checks; passwords, hashed or not, stay on the machine.
func (m *Machine) accounts() (Values, error) {
	passwd, err := m.Read("etc/passwd")
	if err != nil {
		return nil, absent(err)
	}
	found := Values{"uid0": accountsWith(passwd, 2, "0")}
	shadow, err := m.Read("etc/shadow")
	switch {
	case err == nil:
		passwordless := accountsWith(passwd, 1, "") + " " + accountsWith(shadow, 1, "")
		found["passwordless"] = strings.TrimSpace(passwordless)
	case errors.Is(err, fs.ErrPermission):
		m.Warn("etc/shadow", err)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return found, nil
}

// accountsWith returns the names in the lines of passwd(5) or shadow(5) whose field n is value.
func accountsWith(data []byte, n int, value string) string {
	var names []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if len(fields) > n && fields[0] != "" && fields[n] == value {
			names = append(names, fields[0])
		}
	}
	return strings.Join(names, " ")
}
