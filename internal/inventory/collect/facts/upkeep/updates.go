package upkeep

import (
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// aptSettings are the settings of apt that are read, and the keys that tell them. They are not case-sensitive.
var aptSettings = map[string]string{
	"apt::periodic::enable":                             "apt enable",
	"apt::periodic::unattended-upgrade":                 "apt upgrade",
	"apt::periodic::update-package-lists":               "apt lists",
	"unattended-upgrade::automatic-reboot":              "apt reboot",
	"unattended-upgrade::remove-unused-kernel-packages": "apt remove kernels",
}

// dnfSettings are the settings of dnf-automatic, and the keys that tell them.
var dnfSettings = map[string]string{"apply_updates": "dnf apply", "download_updates": "dnf download", "upgrade_type": "dnf type"}

// updates reads whether updates are looked for and installed without anybody's help. Whether the timers start is in
// services.
func updates(m *facts.Machine) (*facts.Found, error) {
	found, known := facts.NewFound(), false
	if m.First("etc/apt/apt.conf.d", "etc/apt/apt.conf") != "" {
		known = true
		addApt(m, found)
	}
	for _, file := range [...]string{"etc/dnf/automatic.conf", "etc/dnf/dnf5-plugins/automatic.conf"} {
		if !m.Exists(file) {
			continue
		}
		known = true
		data, err := m.Read(file)
		if err != nil {
			for _, key := range dnfSettings {
				m.Lose(found, key, file, err)
			}
			continue
		}
		facts.ParseSettings(data, false, func(name, value string, line int) {
			if key := dnfSettings[name]; key != "" {
				found.Set(key, strings.ToLower(value), facts.At(file, line))
			}
		})
	}
	if !known {
		return nil, nil
	}
	return found, nil
}

// addApt adds the settings of apt: the files of apt.conf.d by name, then apt.conf. The last value counts.
func addApt(m *facts.Machine, found *facts.Found) {
	files, err := facts.AptFiles(m)
	if err != nil {
		m.Lose(found, facts.Any, "etc/apt/apt.conf.d", err)
	}
	settings := facts.AptSettings{}
	for _, file := range files {
		data, err := m.Read(file)
		var all []facts.AptSetting
		if err == nil {
			all, err = facts.ParseApt(data)
		}
		if err == nil {
			settings.Add(file, all)
			continue
		}
		clear(settings) // it may set them anew
		for _, key := range aptSettings {
			m.Lose(found, key, file, err)
		}
	}
	for name, key := range aptSettings {
		if s, is := settings[name]; is {
			found.Set(key, s.Value, s.Origin)
		}
	}
}
