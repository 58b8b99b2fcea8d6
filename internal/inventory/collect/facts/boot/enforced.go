package boot

import (
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

const profilesFolder = "etc/apparmor.d"

// maxProfiles bounds the names of profiles that are told.
const maxProfiles = 40

// profileNames are names of profiles of which the first ones are told.
type profileNames []string

func (p profileNames) String() string {
	if len(p) > maxProfiles {
		p = append(p[:maxProfiles:maxProfiles], "…")
	}
	return strings.Join(p, " ")
}

// apparmor reads which profiles a start loads to complain alone, or not at all.
func apparmor(m *facts.Machine) (*facts.Found, error) {
	if !m.Exists(profilesFolder) {
		return nil, nil
	}
	names, err := m.List(profilesFolder)
	if err != nil {
		return nil, err
	}
	found := facts.NewFound()
	disabled := listed(m, found, "disabled", profilesFolder+"/disable")
	forced := listed(m, found, "complain", profilesFolder+"/force-complain")
	var off, complaining profileNames
	profiles := 0
	for _, name := range names {
		file := profilesFolder + "/" + name
		info, err := m.Stat(file)
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || strings.Contains(name, ".dpkg-") ||
			strings.Contains(name, ".rpm") || err == nil && info.IsDir() {
			continue
		}
		if disabled[name] {
			off = append(off, name)
			continue
		}
		profiles++
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, "complain", file, err)
			continue
		}
		if forced[name] || complains(data) {
			complaining = append(complaining, name)
		}
	}
	for key, names := range map[string]profileNames{"disabled": off, "complain": complaining} {
		if found.Unread[key] == "" || len(names) > 0 {
			found.Set(key, names.String(), "")
		}
	}
	found.Set("profiles", strconv.Itoa(profiles), "")
	return found, nil
}

// listed returns the names in a folder, which costs a key if it cannot be listed.
func listed(m *facts.Machine, found *facts.Found, key, folder string) map[string]bool {
	names, err := m.List(folder)
	if err != nil {
		m.Lose(found, key, folder, err)
	}
	all := map[string]bool{}
	for _, name := range names {
		all[path.Base(name)] = true
	}
	return all
}

// complains reports whether a profile has the flag complain.
func complains(data []byte) bool {
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		_, flags, ok := strings.Cut(line, "flags=(")
		flags, _, closed := strings.Cut(flags, ")")
		if ok && closed && strings.Contains(flags, "complain") {
			return true
		}
	}
	return false
}

// runningAppArmor reads whether AppArmor is on, and what its loaded profiles do.
func runningAppArmor(m *facts.Machine) (*facts.Found, error) {
	const on, loaded = "sys/module/apparmor/parameters/enabled", "sys/kernel/security/apparmor/profiles"
	if !m.Live {
		return nil, nil
	}
	data, err := m.Read(on)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a kernel without it
	}
	if err != nil {
		return nil, err
	}
	found := facts.NewFound()
	if strings.TrimSpace(string(data)) != "Y" {
		found.Set("enabled", "no", "/"+on)
		return found, nil
	}
	found.Set("enabled", "yes", "/"+on)
	if data, err = m.Read(loaded); err != nil {
		for _, key := range [...]string{"complain", "enforce"} {
			m.Lose(found, key, loaded, err)
		}
		return found, nil
	}
	var complaining profileNames
	enforced := 0
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch name, _, complains := strings.Cut(line, " (complain)"); {
		case complains:
			complaining = append(complaining, strings.ReplaceAll(name, " ", "_"))
		case strings.HasSuffix(line, " (enforce)"), strings.HasSuffix(line, " (kill)"):
			enforced++
		}
	}
	found.Set("complain", complaining.String(), "/"+loaded)
	found.Set("enforce", strconv.Itoa(enforced), "/"+loaded)
	return found, nil
}

// runningSELinux reads whether SELinux enforces its policy now.
func runningSELinux(m *facts.Machine) (*facts.Found, error) {
	const file = "sys/fs/selinux/enforce"
	if !m.Live || !m.Exists("etc/selinux/config") || !m.Exists("sys/fs") {
		return nil, nil
	}
	found := facts.NewFound()
	data, err := m.Read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		found.Set("enforce", "disabled", "")
	case err != nil:
		m.Lose(found, "enforce", file, err)
	case strings.TrimSpace(string(data)) == "1":
		found.Set("enforce", "enforcing", "/"+file)
	default:
		found.Set("enforce", "permissive", "/"+file)
	}
	return found, nil
}
