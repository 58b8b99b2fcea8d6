package catalog_test

import (
	"strings"
	"testing"

	"github.com/package-url/packageurl-go"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/version"
)

// TestPackageURLsLeadToNames: the package that an advisory names is found by its package URL, in every
// language's ecosystem and whatever capitals the name has, and another package is not.
func TestPackageURLsLeadToNames(t *testing.T) {
	var languages []ecosystem.Ecosystem
	for _, e := range ecosystem.All() {
		if e.Kind == ecosystem.Language && e.Scheme != version.Generic && e.Name != "Julia" { // whose URLs need a UUID
			languages = append(languages, e)
		}
	}
	spaces := map[string]string{
		"Go": `github\.com/[A-Za-z]{2,6}`, "npm": `(@[A-Za-z]{2,6})?`, "Maven": `[a-z]{2,3}\.[A-Za-z]{2,6}`,
		"Packagist": `[A-Za-z]{2,6}`, "SwiftURL": `github\.com/[A-Za-z]{2,6}`, "VSCode": `[A-Za-z]{2,6}`,
	}
	rapid.Check(t, func(r *rapid.T) {
		e := rapid.SampledFrom(languages).Draw(r, "ecosystem")
		space := ""
		if pattern := spaces[e.Name]; pattern != "" {
			space = rapid.StringMatching(pattern).Draw(r, "namespace")
		}
		name := rapid.StringMatching(`[A-Za-z]{2,5}([-_][A-Za-z]{2,5})?`).Draw(r, "name")
		advised := name
		if space != "" {
			advised = space + e.Separator + name
		}
		c := build(t, catalog.Config{}, intel.Record{Source: "A-1", Packages: []intel.Package{{
			CVEs: []string{"CVE-2099-0001"}, Advisory: "A-1", Ecosystem: e.Name, Name: advised, Ranges: []intel.Range{{High: "2.0.0"}},
		}}})
		url := packageurl.NewPackageURL(e.PURL, space, name, "1.0.0", nil, "").ToString()
		if rapid.Bool().Draw(r, "with the slashes escaped") && e.Name == "Go" {
			path, rest, _ := strings.Cut(strings.TrimPrefix(url, "pkg:golang/"), "@")
			url = "pkg:golang/" + strings.ReplaceAll(path, "/", "%2F") + "@" + rest
		}
		ask := func(url string) int {
			return len(c.Verdict(catalog.Component{Kind: "generic", Name: name, Version: "1.0.0", PURL: url}).Hits)
		}
		if ask(url) != 1 {
			r.Fatalf("%s has no finding of %s %q", url, e.Name, advised)
		}
		for _, other := range []string{
			strings.Replace(url, "@1.0.0", "x@1.0.0", 1), strings.Replace(url, "/", "/other/", 1),
			strings.Replace(url, "pkg:"+e.PURL, "pkg:generic", 1),
		} {
			if ask(other) != 0 {
				r.Fatalf("%s has the finding of %s %q", other, e.Name, advised)
			}
		}
	})
}
