package upkeep

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// bannerFiles are what is said before and after a login.
var bannerFiles = [...]string{"/etc/issue", "/etc/issue.net", "/etc/motd"}

// telling are the escapes of agetty(8) that tell which system this is.
var telling = [...]string{`\m`, `\r`, `\s`, `\v`}

// banners reads whether banners are empty, and which of them tell the system and its release.
func banners(m *facts.Machine) (*facts.Found, error) {
	if m.First("etc/issue", "etc/issue.net", "etc/motd") == "" {
		return nil, nil
	}
	found := facts.NewFound()
	for _, name := range bannerFiles {
		data, err := m.Read(name[1:])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			m.Lose(found, name, name[1:], err)
			m.Lose(found, name+" tells", name[1:], err)
			continue
		}
		text := string(data)
		state := "text"
		if strings.TrimSpace(text) == "" {
			state = "empty"
		}
		var tells []string
		for _, escape := range telling {
			if strings.Contains(text, escape) {
				tells = append(tells, escape)
			}
		}
		found.Set(name, state, name)
		found.Set(name+" tells", strings.Join(tells, " "), name)
	}
	return found, nil
}
