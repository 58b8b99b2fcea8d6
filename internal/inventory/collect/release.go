package collect

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// errNoRelease says that os-release is absent or names no distribution.
var errNoRelease = errors.New("the distribution is unknown: there is no os-release file, nor an older one, and none was given")

// findRelease returns the release from config.OS or else from os-release. unread says that there
// is an os-release that could not be read.
func (m *machine) findRelease(config Config) (found packages.Release, unread bool) {
	if config.OS != "" {
		r, _ := parseOS(config.OS) // Collect has checked it
		return r, false
	}
	for _, name := range []string{"etc/os-release", "usr/lib/os-release"} {
		data, err := m.Read(name)
		if err == nil {
			found, err = makeRelease(data)
		}
		if err == nil {
			return found, false
		}
		if !errors.Is(err, fs.ErrNotExist) {
			unread = unread || !errors.Is(err, disk.ErrDangling) // a copy may lack /usr
			m.warn(name, err)
		}
	}
	if found, ok := m.olderRelease(); ok && !unread {
		return found, false
	}
	m.warn("etc/os-release", errNoRelease)
	return packages.Release{}, unread
}

// olderRelease returns the release from the first file that names one, of those from before
// os-release.
func (m *machine) olderRelease() (found packages.Release, ok bool) {
	for _, file := range releaseFiles {
		data, err := m.Read(file.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			found, err = checkRelease(file.read(strings.TrimSpace(string(data))))
		}
		if err == nil {
			return found, true
		}
		m.warn(file.name, err)
	}
	return packages.Release{}, false
}

// makeRelease returns ID and VERSION_ID of an os-release file. CentOS Stream has the ID of CentOS
// Linux and another name.
func makeRelease(data []byte) (packages.Release, error) {
	values := parseOSRelease(data)
	r := packages.Release{ID: strings.ToLower(values["ID"]), Version: values["VERSION_ID"]}
	if r.ID == "centos" && strings.Contains(strings.ToLower(values["NAME"]), "stream") {
		r.ID = "centos-stream"
	}
	r.Base = baseOf(r.ID, values)
	return checkRelease(r)
}

// baseOf returns the distribution and release whose packages a derivative takes, by the code name in its os-release;
// empty for none that is known. VERSION_CODENAME is the derivative's own, unless the distributions it is like have it.
func baseOf(id string, values map[string]string) string {
	like := strings.Fields(strings.ToLower(values["ID_LIKE"]))
	for _, key := range [...]string{"UBUNTU_CODENAME", "DEBIAN_CODENAME", "VERSION_CODENAME"} {
		of, release, ok := inventory.Distribution(inventory.Distro("", values[key]))
		if ok && of != id && release != "" && (key != "VERSION_CODENAME" || slices.Contains(like, of)) {
			return of + "-" + release
		}
	}
	return ""
}

func checkRelease(r packages.Release) (packages.Release, error) {
	if r.ID == "" {
		return packages.Release{}, errors.New("it names no distribution")
	}
	for _, word := range []string{r.ID, r.Version} {
		if len(word) > maxWord || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return packages.Release{}, fmt.Errorf("ID or VERSION_ID is not a word of at most %d letters: %.40q", maxWord, word)
		}
	}
	return r, nil
}

// maxWord bounds ID and VERSION_ID.
const maxWord = 100

// OSVersion returns the osVersion of a distribution and release such as "ubuntu:18.04". Errors wrap ErrOS.
func OSVersion(s string) (string, error) {
	r, err := parseOS(s)
	if err != nil {
		return "", err
	}
	return inventory.OSVersion(r.ID, r.Version), nil
}

// parseOS parses Config.OS.
func parseOS(s string) (packages.Release, error) {
	id, version, ok := strings.Cut(s, ":")
	if !ok || id == "" || version == "" {
		return packages.Release{}, fmt.Errorf("%w: %q", ErrOS, s)
	}
	return packages.Release{ID: strings.ToLower(id), Version: version}, nil
}
