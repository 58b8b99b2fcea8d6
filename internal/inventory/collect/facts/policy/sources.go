package policy

import (
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// sources reads from where packages come, and which of them are installed without a signature.
func sources(m *facts.Machine) (*facts.Found, error) {
	apt := m.First("etc/apt/sources.list", "etc/apt/sources.list.d", "etc/apt/apt.conf.d", "etc/apt/apt.conf") != ""
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
	for key, asked := range map[string]bool{"unverified": true, "plain": true, "metadata unverified": dnf} {
		if _, have := found.Values[key]; asked && !have && found.Unread[facts.Any] == "" {
			found.Set(key, "", "")
		}
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
	files, err := facts.AptFiles(m)
	if err != nil {
		m.Lose(found, facts.Any, "etc/apt/apt.conf.d", err)
	}
	settings := facts.AptSettings{}
	each(m, found, files, func(file string, data []byte) {
		all, err := facts.ParseApt(data)
		if err != nil {
			m.Lose(found, facts.Any, file, err)
		}
		settings.Add(file, all)
	})
	for _, name := range []string{"apt::get::allowunauthenticated", "acquire::allowinsecurerepositories"} {
		addUnverified(found, "apt", strings.ToLower(settings[name].Value), settings[name].Origin)
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
		rest = strings.TrimSpace(rest)
		options, after, has := strings.Cut(rest, "]")
		if !has || options == "" || options[0] != '[' {
			options, after = "[", rest
		}
		uri, _ := cutField(after)
		addPlain(found, uri, facts.At(file, number))
		for option := range strings.FieldsSeq(options[1:]) {
			name, value, _ := strings.Cut(strings.ToLower(option), "=")
			if strings.HasPrefix(name, "trusted") || strings.HasPrefix(name, "allow-insecure") {
				addUnverified(found, withoutSecrets(uri), value, facts.At(file, number))
			}
		}
	}
}

// maxURIs bounds the lines of a field that are read.
const maxURIs = 8 << 10

// aptStanzas adds stanzas of deb822 form.
func aptStanzas(found *facts.Found, file string, data []byte) {
	for stanza := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r", ""), "\n\n") {
		fields, last := map[string]string{}, ""
		for line := range strings.Lines(stanza) {
			name, value, ok := strings.Cut(line, ":")
			switch {
			case line[0] == '#':
			case line[0] == ' ' || line[0] == '\t':
				if len(fields[last]) < maxURIs {
					fields[last] += " " + strings.ToLower(strings.TrimSpace(line))
				}
			case ok:
				last = strings.ToLower(name)
				fields[last] = strings.ToLower(strings.TrimSpace(value))
			}
		}
		if fields["enabled"] == "no" {
			continue
		}
		uri, _ := cutField(fields["uris"])
		for one := range strings.FieldsSeq(fields["uris"]) {
			addPlain(found, one, "/"+file)
		}
		for _, name := range []string{"trusted", "allow-insecure"} {
			addUnverified(found, withoutSecrets(uri), fields[name], "/"+file)
		}
	}
}

// addPlain adds a source whose packages come over a connection that is not encrypted.
func addPlain(found *facts.Found, address, origin string) {
	scheme, _, _ := strings.Cut(address, "://")
	scheme = strings.ToLower(scheme)
	if scheme != "http" && scheme != "ftp" && scheme != "rsync" {
		return
	}
	if source := withoutSecrets(address); !hasWord(found.Values["plain"], source) {
		found.Extend("plain", " ", source, origin)
	}
}

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
	check, metadata := "0", "0" // the defaults of dnf; distributions set the first
	var main []string
	if file := m.First("etc/dnf/dnf.conf", "etc/yum.conf"); file != "" {
		main = append(main, file)
	}
	each(m, found, main, func(_ string, data []byte) {
		facts.ParseSettings(data, false, func(name, value string, _ int) {
			switch name {
			case "gpgcheck":
				check = value
			case "repo_gpgcheck":
				metadata = value
			}
		})
	})
	each(m, found, filesOf(m, found, ".repo", "etc/yum.repos.d"), func(file string, data []byte) {
		for section := range strings.SplitSeq("\n"+string(data), "\n[") {
			id, body, ok := strings.Cut(section, "]")
			own, repomd, used, origin := check, metadata, true, "/"+file
			var addresses []string
			facts.ParseSettings([]byte(body), false, func(name, value string, _ int) {
				switch name {
				case "gpgcheck":
					own = value
				case "repo_gpgcheck":
					repomd = value
				case "baseurl", "mirrorlist", "metalink":
					addresses = append(addresses, strings.Fields(strings.ReplaceAll(value, ",", " "))...)
				case "enabled":
					used = isOn(value)
				}
			})
			if !ok || !used {
				continue
			}
			id = strings.Join(strings.Fields(id), "_")
			if !isOn(own) {
				addUnverified(found, id, "yes", origin)
			}
			if !isOn(repomd) && !hasWord(found.Values["metadata unverified"], id) {
				found.Extend("metadata unverified", " ", id, origin)
			}
			for _, address := range addresses {
				addPlain(found, address, origin)
			}
		}
	})
}

// isOn reports whether a setting of dnf is on.
func isOn(value string) bool {
	return slices.Contains([]string{"1", "yes", "true", "on"}, strings.ToLower(strings.TrimSpace(value)))
}
