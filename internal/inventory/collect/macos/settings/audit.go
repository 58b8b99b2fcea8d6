package settings

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// auditFile has how auditd audits. From macOS 14 on there is only an example beside it until someone copies that.
const auditFile = "private/etc/security/audit_control"

// auditNames are the settings of audit_control(5).
var auditNames = [...]string{"dir", "expire-after", "filesz", "flags", "host", "minfree", "naflags", "policy"}

// auditControl reads audit_control(5). Without the file nothing is set.
func auditControl(m *Machine) (*facts.Found, error) {
	found := facts.NewFound()
	data, err := m.Read(auditFile)
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		m.Lose(found, facts.Any, auditFile, err)
		return found, nil
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok && slices.Contains(auditNames[:], name) {
			found.Set(name, strings.TrimSpace(value), facts.At(auditFile, number))
		}
	}
	return found, nil
}
