package ecosystem

import "strings"

// PackageName returns the name of a language's package from the parts of its package URL, which
// are all part of it.
func (e Ecosystem) PackageName(namespace, name, subpath string) string {
	switch {
	case e.Name == "npm" && strings.HasPrefix(name, "@") && strings.Contains(name, "/"):
		// Old documents of cyclonedx-bom repeat the scope: pkg:npm/babel/%40babel%2Ftraverse.
	case namespace != "" && e.Separator != "":
		name = namespace + e.Separator + name
	case namespace != "":
		name = namespace + "/" + name // of a package that no advisory names
	}
	if subpath = strings.Trim(subpath, "/"); subpath != "" && e.Name == "Go" {
		name += "/" + subpath // a folder of a repository is a module of its own, and so is "v3"
	}
	return name
}

// Module returns the path of a Go module of a version from 2 on, if name lacks the major version
// that such a path ends in (go.dev/ref/mod, "Major version suffixes"). Modules from before that rule
// have versions with "+incompatible", and so has gopkg.in its own form.
func Module(ecosystem, name, version string) (path string, ok bool) {
	major, _, _ := strings.Cut(version, ".")
	last := name[strings.LastIndexByte(name, '/')+1:]
	if ecosystem != "Go" || !isDigits(major) || major == "0" || major == "1" || !strings.Contains(name, "/") ||
		strings.HasSuffix(version, "+incompatible") || strings.HasPrefix(name, "gopkg.in/") ||
		strings.HasPrefix(last, "v") && isDigits(last[1:]) {
		return "", false
	}
	return name + "/v" + major, true
}

// Normal returns a package's name as its ecosystem compares names.
func Normal(ecosystem, name string) string {
	e, _ := Of(ecosystem)
	switch e.Name {
	case "PyPI": // PEP 503
		return joinRuns(strings.ToLower(name))
	case "NuGet", "Packagist", "VSCode", "GitHub Actions", "Hex", "Pub", "Bitnami":
		return strings.ToLower(name)
	case "Go": // whose package URLs have no capitals, and whose modules are found without them
		return strings.ToLower(name)
	case "crates.io": // which reserves a name in any case and with either character
		return strings.ReplaceAll(strings.ToLower(name), "_", "-")
	case "SwiftURL": // a repository's address
		name = strings.TrimPrefix(strings.ToLower(name), "https://")
		return strings.TrimSuffix(name, ".git")
	}
	return name
}

// joinRuns replaces runs of "-", "_" and "." by one "-", as PyPI does.
func joinRuns(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' }), "-")
}
