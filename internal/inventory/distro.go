package inventory

import "strings"

// codeNames are the code names of releases, from Debian's distro-info-data (debian.csv, ubuntu.csv). No
// two distributions have one in common.
var codeNames = [...]struct{ id, names string }{
	{"debian", "squeeze 6 wheezy 7 jessie 8 stretch 9 buster 10 bullseye 11 bookworm 12 trixie 13 forky 14 duke 15"},
	{"ubuntu", "hardy 8.04 lucid 10.04 precise 12.04 quantal 12.10 raring 13.04 saucy 13.10 trusty 14.04 utopic 14.10 " +
		"vivid 15.04 wily 15.10 xenial 16.04 yakkety 16.10 zesty 17.04 artful 17.10 bionic 18.04 cosmic 18.10 disco 19.04 " +
		"eoan 19.10 focal 20.04 groovy 20.10 hirsute 21.04 impish 21.10 jammy 22.04 kinetic 22.10 lunar 23.04 " +
		"mantic 23.10 noble 24.04 oracular 24.10 plucky 25.04 questing 25.10 resolute 26.04"},
}

// codeName returns the distribution and release with a code name.
func codeName(name string) (id, release string, ok bool) {
	for _, d := range codeNames {
		words := strings.Fields(d.names)
		for i := 0; i < len(words); i += 2 {
			if words[i] == name {
				return d.id, words[i+1], true
			}
		}
	}
	return "", "", false
}

// Distro returns the osVersion that the distro qualifier of a package URL means. namespace is the
// URL's, which is the distribution where the qualifier has only the release. Generators write it as
// "rhel-9.6", "opensuse-leap-15.6", "openSUSE Leap 15.6", "bookworm", "debian-bookworm",
// "esm-infra/xenial", "jammy-updates", "3.18.4" and "v3.18". A distribution without a release is one without a
// release; what is not understood is empty.
func Distro(namespace, qualifier string) string {
	text, _, _ := strings.Cut(strings.ToLower(qualifier), " (") // "amazon-2 (Karoo)"
	text = strings.Join(strings.Fields(text), "-")
	if pocket, name, ok := strings.Cut(text, "/"); ok && strings.HasPrefix(pocket, "esm-") {
		text = name
	}
	if IsDistribution(text) {
		return OSVersion(text, "")
	}
	for _, pocket := range [...]string{"-security", "-updates", "-backports", "-proposed", "-slim"} {
		text = strings.TrimSuffix(text, pocket)
	}
	id, release := "", text
	if at := strings.LastIndexByte(text, '-'); at >= 0 {
		id, release = text[:at], text[at+1:]
	}
	if of, number, ok := codeName(release); ok {
		if agree(of, id) && agree(of, strings.ToLower(namespace)) {
			return OSVersion(of, number)
		}
		return ""
	}
	release = strings.TrimPrefix(release, "v")
	if id == "" {
		id = namespace
	}
	if release == "" || release[0] < '0' || release[0] > '9' || !IsDistribution(id) {
		return ""
	}
	return OSVersion(id, release)
}

// agree reports whether a distribution is the one with an id, if there is one.
func agree(known, id string) bool { return id == "" || id == known }

// RPMNamespace returns a distribution's namespace in package URLs of rpm: its id, with some exceptions.
func RPMNamespace(id string) string {
	switch {
	case id == "rhel":
		return "redhat"
	case id == "centos-stream":
		return "centos"
	case strings.HasPrefix(id, "opensuse"):
		return "opensuse"
	}
	return id
}

// SourceOfRPM splits "openssl-3.0.7-27.el9.src.rpm" into name and version. The file name does not
// contain the epoch.
func SourceOfRPM(file string) (name, version string) {
	for _, suffix := range []string{".src.rpm", ".nosrc.rpm"} {
		file = strings.TrimSuffix(file, suffix)
	}
	end := strings.LastIndex(file, "-")
	if end < 0 {
		return "", ""
	}
	begin := strings.LastIndex(file[:end], "-")
	if begin < 0 {
		return "", ""
	}
	return file[:begin], file[begin+1:]
}

// DpkgInstalled reports whether dpkg's status of a package ("install ok installed") means that its files
// are on the disk, configured or not. A package without a status is of an image without a
// package manager, or of a tool that does not tell: installed.
func DpkgInstalled(status string) bool {
	words := strings.Fields(status)
	if len(words) == 0 {
		return true
	}
	switch words[len(words)-1] {
	case "installed", "triggers-pending", "triggers-awaited", "half-configured", "unpacked":
		return true
	}
	return false
}
