package language

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"strings"
)

// ReadMetadata reads the head of a METADATA or PKG-INFO file, in which pip has a package's name and version (core
// metadata, PEP 345): lines "Name: value" up to an empty one.
func ReadMetadata(text []byte) (Package, bool) {
	name, version := "", ""
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		key, value, _ := bytes.Cut(line, []byte(":"))
		switch field := strings.TrimSpace(string(value)); {
		case strings.EqualFold(string(key), "Name") && name == "":
			name = field
		case strings.EqualFold(string(key), "Version") && version == "":
			version = field
		}
	}
	return newPackage("pypi", name, version)
}

// ReadManifest reads the package.json of a package that npm installed.
func ReadManifest(text []byte) (Package, bool) {
	var manifest struct{ Name, Version string }
	if json.Unmarshal(text, &manifest) != nil || strings.Count(manifest.Name, "/") > 1 ||
		strings.Contains(manifest.Name, "/") != strings.HasPrefix(manifest.Name, "@") {
		return Package{}, false
	}
	return newPackage("npm", manifest.Name, manifest.Version)
}

// gemFile is the name of a file that gem writes for a package: name, version, and a platform if it has compiled parts.
// A version begins with a digit and has no hyphen (Gem::Version).
var gemFile = regexp.MustCompile(`^([A-Za-z0-9._-]+?)-(\d[0-9A-Za-z.]*)(-[A-Za-z0-9._-]+)?\.gemspec$`)

// GemOf returns the package of a file of gem's folder of specifications, by its name: the file itself is a program.
func GemOf(file string) (Package, bool) {
	found := gemFile.FindStringSubmatch(path.Base(file))
	if found == nil {
		return Package{}, false
	}
	return newPackage("gem", found[1], found[2])
}
