package facts

import "strings"

// accounts reads the names of accounts for checks; passwords, hashed or not, stay on the machine.
func (m *Machine) accounts() (*Found, error) {
	passwd, err := m.Read("etc/passwd")
	if err != nil {
		return nil, absent(err)
	}
	found := newFound()
	found.set("uid0", accountsWith(passwd, 2, "0"), "/etc/passwd")
	shadow, err := m.Read("etc/shadow")
	if err != nil {
		m.lose(found, "passwordless", "etc/shadow", err)
		return found, nil
	}
	passwordless := accountsWith(passwd, 1, "") + " " + accountsWith(shadow, 1, "")
	found.set("passwordless", strings.TrimSpace(passwordless), "/etc/passwd, /etc/shadow")
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
