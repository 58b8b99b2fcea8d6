package upkeep

import (
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// limits reads what limits.conf(5) says of dumps of memory and of logins, for everybody and for root. pam_limits.so
// reads limits.conf first, then the files of limits.d by name; the last line of a domain counts.
func limits(m *facts.Machine) (*facts.Found, error) {
	files, err := m.DropIns(".conf", "etc/security/limits.d", "usr/etc/security/limits.d")
	if err != nil {
		return nil, err
	}
	if file := m.First("etc/security/limits.conf", "usr/etc/security/limits.conf"); file != "" {
		files = append([]string{file}, files...)
	}
	if len(files) == 0 {
		return nil, nil
	}
	found, more := facts.NewFound(), map[string]bool{}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			found, more = facts.NewFound(), map[string]bool{}
			m.Lose(found, facts.Any, file, err)
			continue
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			line, _, _ = strings.Cut(line, "#")
			addLimit(found, more, strings.Fields(line), facts.At(file, number))
		}
	}
	for domain := range more {
		found.Extend("exceptions core", " ", domain, "")
	}
	return found, nil
}

// addLimit adds a line: domain, type, item and value. more are the domains that may dump memory.
func addLimit(found *facts.Found, more map[string]bool, fields []string, origin string) {
	if len(fields) != 4 || fields[2] != "core" && fields[2] != "maxlogins" && fields[2] != "maxsyslogins" {
		return
	}
	domain, kind, item, value := fields[0], fields[1], fields[2], fields[3]
	kinds := []string{kind}
	if kind == "-" {
		kinds = []string{"hard", "soft"}
	}
	for _, kind := range kinds {
		if domain == "*" || domain == "root" {
			found.Set(domain+" "+kind+" "+item, value, origin)
		} else if item == "core" && kind == "hard" {
			if delete(more, domain); value != "0" && len(more) < maxDomains {
				more[domain] = true
			}
		}
	}
}

// maxDomains bounds the names of domains with a limit of their own.
const maxDomains = 100
