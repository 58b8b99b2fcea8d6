package ecosystem_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/osv-scalibr/semantic"

	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/version"
)

// schema is the list of ecosystems in version 1.7.4 of the OSV schema, in its order, and the one
// that osv.dev adds.
const schema = `AlmaLinux|Alpaquita|Alpine|Android|Azure Linux|BellSoft Hardened Containers|Bioconductor|Bitnami|` +
	`Chainguard|CleanStart|ConanCenter|CRAN|crates.io|Debian|Docker Hardened Images|Echo|FreeBSD|GHC|GitHub Actions|` +
	`Go|Hackage|Hex|Julia|Kubernetes|Linux|Mageia|Maven|MinimOS|npm|NuGet|opam|openEuler|openSUSE|OSS-Fuzz|Packagist|` +
	`Photon OS|Pub|PyPI|Red Hat|Rocky Linux|Root|RubyGems|SUSE|SwiftURL|Ubuntu|VSCode|Wolfi`

func TestAll(t *testing.T) {
	var names []string
	for _, e := range ecosystem.All() {
		if !e.NotInOSV || strings.Contains(schema, e.Name) {
			names = append(names, e.Name)
		}
		got, ok := ecosystem.Of(e.Name + ":some:suffix")
		if !ok || got.Name != e.Name {
			t.Errorf("Of does not find %q with a suffix", e.Name)
		}
		if e.Kind == ecosystem.Other != (e.PURL == "") {
			t.Errorf("%q is of kind %v and has package URLs of type %q", e.Name, e.Kind, e.PURL)
		}
		if _, isLanguage := ecosystem.LanguageOf(e.PURL); isLanguage != (e.Kind == ecosystem.Language) {
			t.Errorf("LanguageOf(%q) = %v for %q", e.PURL, isLanguage, e.Name)
		}
	}
	if diff := cmp.Diff(strings.Split(schema, "|"), names); diff != "" {
		t.Errorf("(-schema +table):\n%s", diff)
	}
	for _, name := range []string{"", ":12", "debian", "GIT", "Debian 12"} {
		if e, ok := ecosystem.Of(name); ok {
			t.Errorf("%q is %+v", name, e)
		}
	}
}

// TestSchemeOf compares the orders with those of osv-scalibr, which knows some ecosystems more and
// others not.
func TestSchemeOf(t *testing.T) {
	for _, e := range ecosystem.All() {
		scheme, ok := ecosystem.SchemeOf(e.Name + ":1")
		if scheme != e.Scheme || ok != (e.Scheme != version.Generic) {
			t.Errorf("SchemeOf(%q) = %v, %v", e.Name, scheme, ok)
		}
		theirs, err := semantic.Parse("1.0", e.Name)
		if errors.Is(err, semantic.ErrUnsupportedEcosystem) {
			continue
		}
		ours, err := semantic.Parse("1.0", scheme.String())
		if fmt.Sprintf("%T", ours) != fmt.Sprintf("%T", theirs) {
			t.Errorf("%q is read as %T (%v), by osv-scalibr as %T", e.Name, ours, err, theirs)
		}
	}
	if scheme, ok := ecosystem.SchemeOf("GIT"); ok {
		t.Errorf("commits have order %v", scheme)
	}
}

func TestWithin(t *testing.T) {
	known := []string{"Maven", "Maven:https://maven.google.com", "MavenX", "npm"}
	e, _ := ecosystem.Of("Maven")
	if diff := cmp.Diff(known[:2], e.Within(known)); diff != "" {
		t.Error(diff)
	}
}

func TestPackageName(t *testing.T) {
	for _, test := range []struct{ ecosystem, namespace, name, subpath, want string }{
		{"npm", "@angular", "core", "", "@angular/core"},
		{"npm", "babel", "@babel/traverse", "", "@babel/traverse"},
		{"npm", "", "lodash", "dist", "lodash"},
		{"Maven", "org.acme", "rocket", "", "org.acme:rocket"},
		{"Go", "github.com/hashicorp", "vault", "api/auth/kubernetes", "github.com/hashicorp/vault/api/auth/kubernetes"},
		{"Go", "github.com/go-ldap", "ldap", "/v3/", "github.com/go-ldap/ldap/v3"},
		{"PyPI", "somebody", "requests", "", "somebody/requests"},
		{"VSCode", "ms-python", "python", "", "ms-python.python"},
	} {
		e, _ := ecosystem.Of(test.ecosystem)
		if got := e.PackageName(test.namespace, test.name, test.subpath); got != test.want {
			t.Errorf("%s %q %q %q: %q, want %q", test.ecosystem, test.namespace, test.name, test.subpath, got, test.want)
		}
	}
}

func TestModule(t *testing.T) {
	for _, test := range [][3]string{
		{"github.com/cespare/xxhash", "2.2.0", "github.com/cespare/xxhash/v2"},
		{"github.com/cespare/xxhash/v2", "2.2.0", ""}, {"github.com/cespare/xxhash", "1.1.0", ""},
		{"github.com/docker/docker", "20.10.7+incompatible", ""}, {"gopkg.in/yaml.v3", "3.0.1", ""}, {"stdlib", "2.0.0", ""},
		{"github.com/a/vault", "12.0.1", "github.com/a/vault/v12"}, {"github.com/a/b", "", ""}, {"", "2.0.0", ""},
	} {
		if got, ok := ecosystem.Module("Go", test[0], test[1]); got != test[2] || ok != (got != "") {
			t.Errorf("Module(%q, %q) = %q, %v; want %q", test[0], test[1], got, ok, test[2])
		}
	}
}

func TestNormal(t *testing.T) {
	for _, test := range [][3]string{
		{"PyPI", "My__Pkg.x", "my-pkg-x"}, {"PyPI:https://example.org", "A_b", "a-b"},
		{"NuGet", "Newtonsoft.Json", "newtonsoft.json"}, {"Packagist:https://packages.drupal.org/8", "Drupal/X", "drupal/x"},
		{"crates.io", "Foo_bar", "foo-bar"}, {"SwiftURL", "https://github.com/Apple/swift-nio.git", "github.com/apple/swift-nio"},
		{"npm", "JSONStream", "JSONStream"}, {"Go", "github.com/BurntSushi/toml", "github.com/burntsushi/toml"},
		{"Debian:12", "openssl", "openssl"}, {"unknown", "A_b", "A_b"},
	} {
		if got := ecosystem.Normal(test[0], test[1]); got != test[2] {
			t.Errorf("Normal(%q, %q) = %q, want %q", test[0], test[1], got, test[2])
		}
	}
}
