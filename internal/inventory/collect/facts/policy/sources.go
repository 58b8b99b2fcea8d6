package policy

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// sources reads from where packages come, and which of them are installed without a signature.
func sources(m *facts.Machine) (*facts.Found, error) {
	apt := m.First("etc/apt/sources.list", "etc/apt/sources.list.d", "etc/apt/apt.conf.d") != ""
	dnf := m.First("etc/yum.repos.d", "etc/dnf/dnf.conf", "etc/yum.conf") != ""
	if !apt && !dnf {
		return nil, nil
	}
	found := facts.NewFound()
	if apt {
		addApt(m, found)
	}
	if dnf {
		addDnf(m, found)
	}
	if _, have := found.Values["unverified"]; !have && found.Unread[facts.Any] == "" {
		found.Set("unverified", "", "")
	}
	return found, nil
}

// each calls read with the content of each file that can be read.
func each(m *facts.Machine, found *facts.Found, files []string, read func(file string, data []byte)) {
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, facts.Any, file, err)
			continue
		}
		read(file, data)
	}
}

// filesOf returns the files of a folder with a suffix.
func filesOf(m *facts.Machine, found *facts.Found, suffix, folder string) []string {
	files, err := m.DropIns(suffix, folder)
	if err != nil {
		m.Lose(found, facts.Any, folder, err)
	}
	return files
}

// addApt adds the sources of apt that are trusted without a signature.
func addApt(m *facts.Machine, found *facts.Found) {
	lists := append([]string{"etc/apt/sources.list"}, filesOf(m, found, ".list", "etc/apt/sources.list.d")...)
	each(m, found, lists, func(file string, data []byte) { aptLines(found, file, data) })
	each(m, found, filesOf(m, found, ".sources", "etc/apt/sources.list.d"), func(file string, data []byte) {
		aptStanzas(found, file, data)
	})
	settings := aptSettings{}
	each(m, found, append(aptParts(filesOf(m, found, "", "etc/apt/apt.conf.d")), "etc/apt/apt.conf"), func(file string, data []byte) {
		settings.add(file, data)
	})
	for _, name := range []string{"apt::get::allowunauthenticated", "acquire::allowinsecurerepositories"} {
		addUnverified(found, "apt", strings.ToLower(settings[name].value), settings[name].origin)
	}
}

// aptLines adds lines of sources.list(5): "deb [trusted=yes] https://… stable main".
func aptLines(found *facts.Found, file string, data []byte) {
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		kind, rest := cutField(line)
		if kind != "deb" && kind != "deb-src" {
			continue
		}
		options, after, has := strings.Cut(strings.TrimSpace(rest), "]")
		if !has || options[0] != '[' {
			continue
		}
		uri, _ := cutField(after)
		for option := range strings.FieldsSeq(options[1:]) {
			name, value, _ := strings.Cut(strings.ToLower(option), "=")
			if strings.HasPrefix(name, "trusted") || strings.HasPrefix(name, "allow-insecure") {
				addUnverified(found, withoutSecrets(uri), value, facts.At(file, number))
			}
		}
	}
}

// aptStanzas adds stanzas of deb822 form.
func aptStanzas(found *facts.Found, file string, data []byte) {
	for stanza := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r", ""), "\n\n") {
		fields := map[string]string{}
		for line := range strings.Lines(stanza) {
			if name, value, ok := strings.Cut(line, ":"); ok && line[0] != '#' && line[0] != ' ' {
				fields[strings.ToLower(name)] = strings.ToLower(strings.TrimSpace(value))
			}
		}
		if fields["enabled"] == "no" {
			continue
		}
		uri, _ := cutField(fields["uris"])
		for _, name := range []string{"trusted", "allow-insecure"} {
			addUnverified(found, withoutSecrets(uri), fields[name], "/"+file)
		}
	}
}

// aptParts returns the files that apt reads in a folder of settings: those without a suffix, and *.conf.
func aptParts(files []string) []string {
	return slices.DeleteFunc(files, func(file string) bool {
		name := path.Base(file)
		return strings.Trim(name, aptNames) != "" || strings.Contains(name, ".") && !strings.HasSuffix(name, ".conf")
	})
}

// aptNames are the characters of the names of such files (apt.conf(5)).
const aptNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// addUnverified adds a source if a setting says yes.
func addUnverified(found *facts.Found, source, value, origin string) {
	if slices.Contains(yes[:], value) && !hasWord(found.Values["unverified"], source) {
		found.Extend("unverified", " ", source, origin)
	}
}

// yes are the words by which a setting of apt or dnf is on, in lower case.
var yes = [...]string{"yes", "true", "1", "on", "enable", "with"}

// hasWord reports whether a text has a word.
func hasWord(text, word string) bool {
	for one := range strings.SplitSeq(text, " ") {
		if one == word {
			return true
		}
	}
	return false
}

// withoutSecrets returns the host and the path of an address, without names and passwords.
func withoutSecrets(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return "unknown"
	}
	return parsed.Host + strings.ReplaceAll(parsed.EscapedPath(), " ", "")
}

// addDnf adds the repositories of dnf that are used without checking signatures of packages.
func addDnf(m *facts.Machine, found *facts.Found) {
	check := "0" // the default of dnf; distributions set it
	var main []string
	if file := m.First("etc/dnf/dnf.conf", "etc/yum.conf"); file != "" {
		main = append(main, file)
	}
	each(m, found, main, func(_ string, data []byte) {
		facts.ParseSettings(data, false, func(name, value string, _ int) {
			if name == "gpgcheck" {
				check = value
			}
		})
	})
	each(m, found, filesOf(m, found, ".repo", "etc/yum.repos.d"), func(file string, data []byte) {
		for section := range strings.SplitSeq("\n"+string(data), "\n[") {
			id, body, ok := strings.Cut(section, "]")
			own, used, origin := check, true, "/"+file
			facts.ParseSettings([]byte(body), false, func(name, value string, _ int) {
				switch name {
				case "gpgcheck":
					own = value
				case "enabled":
					used = isOn(value)
				}
			})
			if ok && used && !isOn(own) {
				addUnverified(found, strings.Join(strings.Fields(id), "_"), "yes", origin)
			}
		}
	})
}

// isOn reports whether a setting of dnf is on.
func isOn(value string) bool {
	return slices.Contains([]string{"1", "yes", "true", "on"}, strings.ToLower(strings.TrimSpace(value)))
}
