package language_test

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect/language"
)

// The heads of records are those of real ones; testdata/README.md says where they were seen.

func TestReadMetadata(t *testing.T) {
	for text, want := range map[string]string{
		"Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\nSummary: YAML parser and emitter for Python\n\nName: x\n": "pkg:pypi/pyyaml@6.0",
		"Metadata-Version: 1.2\r\nName: PyGObject\r\nVersion: 3.42.2\r\n":                                             "pkg:pypi/pygobject@3.42.2",
		"Metadata-Version: 2.1\nName: ruamel.yaml.clib\nVersion: 0.2.8":                                               "pkg:pypi/ruamel.yaml.clib@0.2.8",
		"name: zope_interface\nVERSION: 5.5.2\nVersion: 9\n":                                                          "pkg:pypi/zope-interface@5.5.2",
		"Name: a\n\nVersion: 1\n":                       "", // the version stands in the description
		"Name: a\nVersion: 1 2\n":                       "",
		"Version: 1\n":                                  "",
		"\x00\xff":                                      "",
		"Name: a\xff\nVersion: 1\n":                     "",
		"Name: a\nVersion: " + strings.Repeat("1", 600): "",
	} {
		check(t, text, want)(language.ReadMetadata([]byte(text)))
	}
}

func TestReadManifest(t *testing.T) {
	for text, want := range map[string]string{
		`{"version": "10.2.4", "name": "npm", "description": "a package manager", "bin": {"npm": "bin/npm-cli.js"}}`: "pkg:npm/npm@10.2.4",
		`{"name": "@npmcli/arborist", "version": "7.2.1"}`:                                                           "pkg:npm/%40npmcli/arborist@7.2.1",
		`{"name": "root", "private": true}`:                                                                          "",
		`{"name": "a/b", "version": "1"}`:                                                                            "",
		`{"name": "@a", "version": "1"}`:                                                                             "",
		`{"name": "@a/b/c", "version": "1"}`:                                                                         "",
		`{"name": 7, "version": "1"}`:                                                                                "",
		`[]`:                                                                                                         "", "": "",
	} {
		check(t, text, want)(language.ReadManifest([]byte(text)))
	}
}

func TestGemOf(t *testing.T) {
	for file, want := range map[string]string{
		"var/lib/gems/3.1.0/specifications/rails-7.0.4.gemspec": "pkg:gem/rails@7.0.4",
		"nokogiri-1.16.0-x86_64-linux.gemspec":                  "pkg:gem/nokogiri@1.16.0",
		"net-http-persistent-4.0.2.gemspec":                     "pkg:gem/net-http-persistent@4.0.2",
		"bundler-2.4.0.rc1.gemspec":                             "pkg:gem/bundler@2.4.0.rc1",
		"rails.gemspec":                                         "",
		"rails-7.0.4":                                           "",
		"-7.gemspec":                                            "",
	} {
		check(t, file, want)(language.GemOf(file))
	}
}

// check compares the package that a record tells of.
func check(t *testing.T, record, want string) func(language.Package, bool) {
	return func(p language.Package, ok bool) {
		t.Helper()
		if ok != (want != "") || ok && p.PURL() != want {
			t.Errorf("%.60q: %q, %t, want %q", record, p.PURL(), ok, want)
		}
	}
}

// sound says that a package is one that a report may name.
func sound(t *testing.T, p language.Package, ok bool) {
	if ok && (p.Name == "" || p.Version == "" || len(p.Name)+len(p.Version) > 1200 || !strings.HasPrefix(p.PURL(), "pkg:"+p.Kind+"/")) {
		t.Errorf("%+v, %q", p, p.PURL())
	}
}

func FuzzRecords(f *testing.F) {
	f.Add("Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\n\n")
	f.Add(`{"name": "@npmcli/arborist", "version": "7.2.1"}`)
	f.Add("nokogiri-1.16.0-x86_64-linux.gemspec")
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := language.ReadMetadata([]byte(text))
		sound(t, p, ok)
		p, ok = language.ReadManifest([]byte(text))
		sound(t, p, ok)
		p, ok = language.GemOf(text)
		sound(t, p, ok)
	})
}
