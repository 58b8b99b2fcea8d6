package sbom

import (
	"path"
	"slices"
	"strings"
)

// A package of a language that a package of the distribution brings is that package (matching.md, 1.4). Some documents
// say so (ownership); most only say where the record of the package lies. Two things show who put it there: the folder,
// where a distribution keeps it to itself, or beside a folder of the system a package of the distribution with the same
// name and version.

// placeOf returns where a component lies, "" outside of the system's folders; a property of Syft or Trivy.
func placeOf(name, value string) string {
	if name == "syft:location:0:path" || name == "aquasecurity:trivy:FilePath" {
		return systemPlace(value)
	}
	return ""
}

// sourcePlace returns where a package of SPDX lies, of which Syft lists the files in words: "acquired package info from
// installed python package manifest file: /usr/lib/...".
func sourcePlace(info string) string {
	_, files, ok := strings.Cut(info, "file: /")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(files, ", ")
	return systemPlace(first)
}

// systemPlace returns a name below "/" if it is in the system's own part of /usr.
func systemPlace(name string) string {
	name = strings.TrimLeft(path.Clean(name), "/")
	if strings.HasPrefix(name, "usr/local/") || !strings.HasPrefix(name, "usr/") {
		return ""
	}
	return name
}

// distribution is what a document has of a distribution.
type distribution struct {
	// kinds are those of its packages: "deb"; those of Red Hat and its relatives are "redhat", too.
	kinds map[string]bool
	// packages have upstream's version behind their names.
	packages map[string]bool
}

// add adds a component, if it is a package of a distribution, by the parts of its package URL.
func (d *distribution) add(kind, namespace, name, version string) {
	if !isDistribution(kind) {
		return
	}
	d.kinds[kind] = true
	switch namespace {
	case "redhat", "rhel", "fedora", "centos", "rocky", "almalinux", "oracle", "ol", "amzn", "amazon":
		d.kinds["redhat"] = true
	}
	d.packages[plainName(name)+" "+upstreamOf(version)] = true
}

func isDistribution(kind string) bool {
	return kind == "deb" || kind == "rpm" || kind == "apk" || kind == "alpm"
}

// keeps reports whether administrators install nothing into a folder: their pip and gem use /usr/local, or
// /var/lib/gems (Debian's policies for Python and Ruby; Fedora 27, "Making sudo pip safe").
func (d *distribution) keeps(place string) bool {
	within := func(kind string, folders ...string) bool {
		return d.kinds[kind] && slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(place, f) })
	}
	python, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(place, "usr/lib64/"), "usr/lib/"), "/")
	isPython3 := strings.HasPrefix(python, "python3.") && strings.HasPrefix(rest, "site-packages/")
	return within("deb", "usr/lib/python3/dist-packages/", "usr/lib/python2.7/dist-packages/", "usr/share/nodejs/",
		"usr/share/rubygems-integration/", "usr/share/java/", "usr/share/maven-repo/") ||
		within("redhat", "usr/share/gems/", "usr/share/java/") || d.kinds["redhat"] && isPython3
}

// brings reports whether a package of the distribution brings a component that lies in a place of the system.
func (d *distribution) brings(kind, name, version, place string) bool {
	isLanguage := kind != "" && !isDistribution(kind)
	return isLanguage && place != "" && (d.keeps(place) || d.has(kind, name, version))
}

// has reports whether a package of the distribution has the name, as distributions name packages of languages, and the
// version of a package.
func (d *distribution) has(kind, name, version string) bool {
	prefixes := []string{""}
	switch kind {
	case "pypi":
		prefixes = []string{"", "python3-", "python-", "py3-"}
	case "npm":
		prefixes = []string{"", "node-", "nodejs-"}
	case "gem":
		prefixes = []string{"", "ruby-", "rubygem-"}
	}
	version = " " + upstreamOf(version)
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return d.packages[plainName(prefix+name)+version] })
}

// plainName returns a name in lower case, with one kind of hyphen.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_' || r == '.':
			return '-'
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// upstreamOf returns upstream's part of a version: 2.28.1 of 1:2.28.1+dfsg-1.
func upstreamOf(version string) string {
	if _, rest, ok := strings.Cut(version, ":"); ok {
		version = rest
	}
	if at := strings.IndexAny(version, "+~-"); at > 0 {
		version = version[:at]
	}
	return version
}
