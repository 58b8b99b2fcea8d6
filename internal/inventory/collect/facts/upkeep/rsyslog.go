package upkeep

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// rsyslog reads with which mode rsyslogd makes files, whether it sends what it logs to another host, and whether it
// takes what others send.
func rsyslog(m *facts.Machine) (*facts.Found, error) {
	const main = "etc/rsyslog.conf"
	if !m.Exists(main) {
		return nil, nil
	}
	files, err := m.DropIns(".conf", "etc/rsyslog.d")
	if err != nil {
		return nil, err
	}
	found := facts.NewFound()
	sends, takes := false, false
	for _, file := range slices.Insert(files, 0, main) {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, facts.Any, file, err)
			delete(found.Values, "file mode")
			delete(found.Origins, "file mode")
			continue
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			line, _, _ = strings.Cut(line, "#")
			fields := strings.Fields(line)
			if len(fields) == 0 {
				continue
			}
			lower := strings.ToLower(line)
			switch {
			case strings.EqualFold(fields[0], "$FileCreateMode") && len(fields) > 1:
				found.Set("file mode", fields[1], facts.At(file, number))
			case len(fields) > 1 && strings.HasPrefix(fields[1], "@"), strings.Contains(lower, "omfwd"), strings.Contains(lower, "omrelp"):
				sends = true
				found.Set("sends", "yes", facts.At(file, number))
			case strings.HasPrefix(lower, "$inputtcpserverrun"), strings.HasPrefix(lower, "$udpserverrun"), isInput(lower):
				takes = true
				found.Set("takes", "yes", facts.At(file, number))
			}
		}
	}
	if found.Unread[facts.Any] == "" {
		for key, is := range map[string]bool{"sends": sends, "takes": takes} {
			if !is {
				found.Set(key, "no", "")
			}
		}
	}
	return found, nil
}

// isInput reports whether a line takes what comes over the network.
func isInput(line string) bool {
	text := strings.TrimSpace(line)
	return strings.HasPrefix(text, "input(") && (strings.Contains(text, "imtcp") || strings.Contains(text, "imudp") || strings.Contains(text, "imrelp"))
}
