package cve5

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
)

// packages reads one container's entries that name a package of a language's registry, by package URL
// (since format 5.2) or by the registry's address and the package's name. Packages of distributions are
// judged by the distribution's own feed.
func (s *statement) packages(entries []product, by intel.Authority) ([]intel.Package, error) {
	var list []intel.Package
	for i := range entries {
		e := &entries[i]
		of, name, ok := e.registered()
		if !ok {
			continue
		}
		versions, _ := readVersions(*e)
		if len(versions) == 0 {
			continue
		}
		if s.rules += len(versions); s.rules > intel.MaxRules {
			return nil, fmt.Errorf("more than %d statements on versions: %w", intel.MaxRules, intel.ErrTooLarge)
		}
		list = append(list, intel.Package{
			CVEs: []string{s.cve}, Ecosystem: of, Name: name, PURL: e.PackageURL,
			Ranges: versions, By: by, Fix: intel.Fix{Available: namesFix(versions)},
		})
	}
	return list, nil
}

// maxPackage bounds a package's name and its addresses, in bytes (the format's limit).
const maxPackage = 2048

// registered returns the ecosystem and the name of an entry's package.
func (p *product) registered() (of, name string, ok bool) {
	if len(p.PackageURL) > maxPackage || len(p.CollectionURL) > maxPackage || len(p.PackageName) > maxPackage {
		return "", "", false
	}
	if p.PackageURL != "" {
		of, name = byPackageURL(p.PackageURL)
	} else {
		of, name = registryOf(p.CollectionURL), strings.TrimSpace(p.PackageName)
	}
	if of == "Go" {
		name = moduleOf(name)
	}
	return of, name, of != "" && isNamed(name) && !strings.ContainsAny(name, " \t\n<>,;")
}

func byPackageURL(text string) (of, name string) {
	purl, err := packageurl.FromString(text)
	if err != nil {
		return "", ""
	}
	e, ok := ecosystem.LanguageOf(purl.Type)
	if !ok {
		return "", ""
	}
	return e.Name, e.PackageName(purl.Namespace, purl.Name, purl.Subpath)
}

// registryOf returns the ecosystem whose registry has an address; empty for any other collection.
func registryOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	switch strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") {
	case "npmjs.com", "npmjs.org", "registry.npmjs.org":
		return "npm"
	case "pypi.org", "pypi.python.org":
		return "PyPI"
	case "repo.maven.apache.org", "repo1.maven.org", "central.sonatype.com", "search.maven.org", "mvnrepository.com":
		return "Maven"
	case "rubygems.org":
		return "RubyGems"
	case "crates.io":
		return "crates.io"
	case "nuget.org", "api.nuget.org":
		return "NuGet"
	case "packagist.org":
		return "Packagist"
	case "hex.pm":
		return "Hex"
	case "pub.dev":
		return "Pub"
	case "pkg.go.dev", "proxy.golang.org":
		return "Go"
	case "cran.r-project.org":
		return "CRAN"
	case "hackage.haskell.org":
		return "Hackage"
	}
	return ""
}

// moduleOf returns the module of a Go package, which Go's CNA names ("crypto/tls", "golang.org/x/net/http2"):
// the standard library and its tools have no dot in the first element, and code hosts have one module a
// repository, or one for each major version. Of other packages the module is not known.
func moduleOf(path string) string {
	parts := strings.Split(path, "/")
	switch {
	case parts[0] == "cmd":
		return "toolchain"
	case !strings.Contains(parts[0], "."):
		return "stdlib"
	}
	switch parts[0] {
	case "golang.org", "github.com", "gitlab.com", "bitbucket.org":
	default:
		return ""
	}
	if len(parts) < 3 || parts[0] == "golang.org" && parts[1] != "x" {
		return ""
	}
	module := strings.Join(parts[:3], "/")
	if len(parts) > 3 && isMajor(parts[3]) {
		module += "/" + parts[3]
	}
	return module
}

// isMajor reports whether an element of a path is a major version: "v2".
func isMajor(element string) bool {
	digits, ok := strings.CutPrefix(element, "v")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
