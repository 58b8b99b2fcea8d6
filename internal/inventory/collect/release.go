package collect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// release is a Linux distribution's release: ID and VERSION_ID of os-release(5).
type release struct{ ID, Version string }

// distro is a release as the qualifier of a package URL: "debian-12".
func (r release) distro() string {
	if r.ID == "" || r.Version == "" {
		return r.ID
	}
	return r.ID + "-" + r.Version
}

// errNoRelease says that os-release is absent or names no distribution.
var errNoRelease = errors.New("the distribution is unknown: there is no os-release file and no other word")

// findRelease takes the release from config.OS or else from os-release. unread
// says that there is an os-release that could not be read.
func (m *machine) findRelease(config Config) (found release, unread bool) {
	if config.OS != "" {
		r, _ := parseOS(config.OS) // Collect has checked it
		return r, false
	}
	for _, name := range []string{"etc/os-release", "usr/lib/os-release"} {
		data, err := m.read(name)
		if err == nil {
			found, err = makeRelease(data)
		}
		if err == nil {
			return found, false
		}
		if !errors.Is(err, fs.ErrNotExist) {
			unread = unread || !errors.Is(err, errDangling) // a copy may lack /usr
			m.warn(name, err)
		}
	}
	m.warn("etc/os-release", errNoRelease)
	return release{}, unread
}

// makeRelease takes ID and VERSION_ID of an os-release file.
func makeRelease(data []byte) (release, error) {
	values := parseOSRelease(data)
	r := release{ID: strings.ToLower(values["ID"]), Version: values["VERSION_ID"]}
	if r.ID == "" {
		return release{}, errors.New("it names no distribution")
	}
	for _, word := range []string{r.ID, r.Version} {
		if len(word) > maxWord || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return release{}, fmt.Errorf("ID or VERSION_ID is no word of %d letters at most: %.40q", maxWord, word)
		}
	}
	return r, nil
}

// maxWord bounds ID and VERSION_ID.
const maxWord = 100

// parseOSRelease reads the assignments of an os-release file. Quotes are
// removed as a shell would; a line that is no assignment is skipped, as
// os-release(5) asks of readers.
func parseOSRelease(data []byte) map[string]string {
	values := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxSetting+1)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		name, value, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(line, "#") {
			values[name] = unquote(value)
		}
	}
	return values
}

// unquote removes a shell's quotes: within double quotes a backslash takes the
// next character's meaning away.
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s
	}
	inner := s[1 : len(s)-1]
	if s[0] == '\'' {
		return inner
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) && strings.IndexByte("\"\\$`", inner[i+1]) >= 0 {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}
