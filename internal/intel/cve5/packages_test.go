package cve5_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// TestRegistries says which collections are registries of languages, and how their packages are named.
func TestRegistries(t *testing.T) {
	for _, test := range []struct{ collection, name, want string }{
		{"https://www.npmjs.com", "@scope/left-pad", "npm/@scope/left-pad"},
		{"https://npmjs.com/package", "left-pad", "npm/left-pad"},
		{"https://registry.npmjs.org", "left-pad", "npm/left-pad"},
		{"https://pypi.python.org/", "Apache_Airflow", "PyPI/Apache_Airflow"},
		{"https://pypi.org/project/pip", "mage-ai", "PyPI/mage-ai"},
		{"https://repo.maven.apache.org/maven2", "org.apache.uima:uimaj-core", "Maven/org.apache.uima:uimaj-core"},
		{"https://repo1.maven.org/maven2/", "a.b:c", "Maven/a.b:c"},
		{"https://mvnrepository.com", "com.squareup.okio:okio", "Maven/com.squareup.okio:okio"},
		{"https://rubygems.org", "rails", "RubyGems/rails"},
		{"https://crates.io/crates", "tokio", "crates.io/tokio"},
		{"https://www.nuget.org/packages", "Newtonsoft.Json", "NuGet/Newtonsoft.Json"},
		{"https://packagist.org", "Mautic/Core", "Packagist/Mautic/Core"},
		{"https://hex.pm", "plug", "Hex/plug"},
		{"https://pub.dev", "http", "Pub/http"},
		{"https://cran.r-project.org/", "readxl", "CRAN/readxl"},
		{"https://hackage.haskell.org", "aeson", "Hackage/aeson"},
		{"https://pkg.go.dev", "crypto/tls", "Go/stdlib"},
		{"https://pkg.go.dev", "cmd/go", "Go/toolchain"},
		{"https://pkg.go.dev", "golang.org/x/net/http2", "Go/golang.org/x/net"},
		{"https://pkg.go.dev", "github.com/a/b/v2/c", "Go/github.com/a/b/v2"},
		{"https://pkg.go.dev", "github.com/a/b/c", "Go/github.com/a/b"},
		{"https://pkg.go.dev", "k8s.io/kubernetes/pkg", ""},
		{"https://access.redhat.com/downloads/content/package-browser/", "openjpeg", ""},
		{"https://packages.fedoraproject.org/", "qemu", ""},
		{"https://wordpress.org/plugins", "iframe-popup", ""},
		{"https://github.com/keycloak/keycloak", "keycloak", ""},
		{"https://pypi.org.example.com", "x", ""},
		{"npmjs.com", "x", ""},
		{"https://pypi.org", "", ""},
		{"https://pypi.org", "n/a", ""},
		{"https://pypi.org", "a, b", ""},
		{"https://pypi.org", strings.Repeat("a", 3000), ""},
		{":", "x", ""},
	} {
		wantName(t, named(t, map[string]any{"collectionURL": test.collection, "packageName": test.name}), test.want)
	}
	for purl, name := range map[string]string{
		"pkg:npm/%40scope/left-pad": "npm/@scope/left-pad", "pkg:maven/org.apache.uima/uimaj-core": "Maven/org.apache.uima:uimaj-core",
		"pkg:golang/golang.org/x/net": "Go/golang.org/x/net", "pkg:pypi/Django": "PyPI/django", "pkg:gem/rails": "RubyGems/rails",
		"pkg:deb/debian/curl": "", "pkg:rpm/redhat/curl": "", "pkg:generic/curl": "", "curl": "", "pkg:": "",
	} {
		wantName(t, named(t, map[string]any{"packageURL": purl, "collectionURL": "https://pypi.org", "packageName": "other"}), name)
	}
}

func wantName(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("package %q, want %q", got, want)
	}
}

// named returns the packages of an entry.
func named(t *testing.T, entry map[string]any) string {
	entry["versions"] = []map[string]string{{"version": "1", "lessThan": "2", "status": "affected"}}
	text, err := json.Marshal(entry)
	if err != nil {
		t.Fatal(err)
	}
	records, odd := parse(t, one(string(text)))
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	var names []string
	for _, p := range records["CVE-2024-0001"].Packages {
		names = append(names, p.Ecosystem+"/"+p.Name)
	}
	return strings.Join(names, " ")
}

// TestPackageStatement says what a statement on a package contains.
func TestPackageStatement(t *testing.T) {
	records, _ := parse(t, one(`{"packageURL":"pkg:npm/left-pad","vendor":"V","product":"P","versions":[
		{"version":"1.0.0","lessThan":"1.2.0","status":"affected"},{"version":"0","status":"unaffected","lessThan":"1.0.0"}]}`))
	want := []intel.Package{{
		CVEs: []string{"CVE-2024-0001"}, Ecosystem: "npm", Name: "left-pad", PURL: "pkg:npm/left-pad", By: intel.ByCNA,
		Ranges: []intel.Range{{Low: "1.0.0", High: "1.2.0"}, {High: "1.0.0", Unaffected: true}}, Fix: intel.Fix{Available: true},
	}}
	if diff := cmp.Diff(want, records["CVE-2024-0001"].Packages); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCorpusPackages counts the packages of registries in real records, by ecosystem.
func TestCorpusPackages(t *testing.T) {
	records, _ := parse(t, inteltest.Shared(t, "cve5/vulnrichment-develop.tar.gz"))
	got := map[string]int{}
	for _, r := range records {
		for _, p := range r.Packages {
			got[p.Ecosystem]++
		}
	}
	want := map[string]int{"Go": 33, "Maven": 60, "NuGet": 1, "Packagist": 13, "PyPI": 33, "RubyGems": 1, "crates.io": 3, "npm": 8}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
