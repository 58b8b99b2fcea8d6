//go:build !windows

package collect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/language"
	"github.com/muster-project/muster/internal/inventory/sbom"
)

// collectLanguages collects a tree and returns its software by kind and name.
func collectLanguages(t *testing.T, asked bool, tree map[string]string) (*inventory.Report, []Warning, []string) {
	t.Helper()
	config := Config{Root: collecttest.LayMachine(t, tree), Name: "a", Libraries: asked}
	report, warnings, err := Collect(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range report.Software {
		names = append(names, s.Kind+" "+strings.Trim(s.Vendor+"/"+s.Name, "/")+" "+s.Version+" "+strings.Join(s.DiskPaths, ","))
	}
	slices.Sort(names)
	return report, warnings, names
}

// TestLanguages: packages of languages are reported if they are asked for, unless a package of the distribution owns
// them: it is judged by the distribution's advisories alone. The names of users are masked.
func TestLanguages(t *testing.T) {
	const yaml = "usr/lib/python3/dist-packages/PyYAML-6.0.dist-info/METADATA"
	tree := map[string]string{
		"etc/os-release":                      "ID=debian\nVERSION_ID=12\n",
		"var/lib/dpkg/status":                 "Package: python3-yaml\nStatus: install ok installed\nVersion: 6.0-3+b2\nArchitecture: amd64\n\n",
		"var/lib/dpkg/info/python3-yaml.list": "/" + yaml + "\n",
		yaml:                                  "Name: PyYAML\nVersion: 6.0\n",
		"home/ada/.local/lib/python3.11/site-packages/requests-2.31.0.dist-info/METADATA": "Name: requests\nVersion: 2.31.0\n",
		"usr/local/lib/node_modules/@a/b/package.json":                                    `{"name":"@a/b","version":"1.0.0"}`,
	}
	const deb = "deb debian/python3-yaml 6.0-3+b2 "
	if _, _, got := collectLanguages(t, false, tree); !slices.Equal(got, []string{deb}) {
		t.Errorf("not asked for: %q", got)
	}
	report, warnings, got := collectLanguages(t, true, tree)
	want := []string{deb, "npm @a/b 1.0.0 /usr/local/lib/node_modules/@a/b/package.json",
		"pypi requests 2.31.0 /home/*/.local/lib/python3.11/site-packages/requests-2.31.0.dist-info/METADATA"}
	if !slices.Equal(got, want) || len(warnings) > 0 && !errors.Is(warnings[0].Err, errNoIdentity) {
		t.Errorf("%q, warnings %v, want %q", got, warnings, want)
	}
	if facts, ok := report.Facts["libraries"]; !ok || len(facts) > 0 {
		t.Errorf("facts %v", report.Facts)
	}
	delete(tree, "var/lib/dpkg/info/python3-yaml.list")
	report, warnings, _ = collectLanguages(t, true, tree)
	if report.Software != nil || !slices.ContainsFunc(warnings, func(w Warning) bool {
		return strings.Contains(w.Err.Error(), `package "python3-yaml" has no list of its files`)
	}) {
		t.Errorf("without knowing who owns what: %d packages, warnings %v", len(report.Software), warnings)
	}
}

// TestLanguagesAreThoseOfSBOMs: the agent and an SBOM tell of a package by the same entry.
func TestLanguagesAreThoseOfSBOMs(t *testing.T) {
	for _, p := range []language.Package{
		{Kind: "golang", Namespace: "golang.org/x", Name: "net", Version: "v0.36.0"}, {Kind: "golang", Name: "stdlib", Version: "1.24.3"},
		{Kind: "golang", Namespace: "github.com/aliyun", Name: "aliyun-tablestore-go-sdk", Version: "v4.1.2+incompatible"},
		{Kind: "npm", Namespace: "@npmcli", Name: "arborist", Version: "7.2.1"}, {Kind: "npm", Name: "npm", Version: "10.2.4"},
		{Kind: "pypi", Name: "ruamel.yaml.clib", Version: "0.2.8"}, {Kind: "gem", Name: "rails", Version: "7.0.4"},
		{Kind: "cargo", Name: "serde_json", Version: "1.0.135"},
		{Kind: "maven", Namespace: "org.apache.logging.log4j", Name: "log4j-core", Version: "2.14.1"},
	} {
		own := softwareOf(&language.Listed{Package: p})
		document := `{"bomFormat":"CycloneDX","components":[{"type":"library","name":"x","purl":"` + own.PURL + `"}]}`
		told, err := sbom.DecodeCycloneDX(strings.NewReader(document), sbom.Identity{DeviceName: "a"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]inventory.Software{own}, told.Software); diff != "" {
			t.Errorf("%s (-agent +SBOM):\n%s", own.PURL, diff)
		}
	}
}

// TestLanguagesTakeTheirTime: if the time is over, no software is reported, and nothing is taken for unreadable.
func TestLanguagesTakeTheirTime(t *testing.T) {
	tree := map[string]string{"var/lib/gems/3.1.0/specifications/a-1.gemspec": ""}
	root, err := disk.OpenRoot(collecttest.LayMachine(t, tree))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m := &machine{Tree: disk.NewTree(ctx, root, 0, false)}
	report := &inventory.Report{Software: []inventory.Software{{Name: "a"}}}
	m.addLanguages(ctx, Config{Time: DefaultTime}, report)
	if report.Software != nil || report.Facts != nil || len(m.warnings) != 1 ||
		!errors.Is(m.warnings[0].Err, context.Canceled) {
		t.Errorf("%+v, %v", report, m.warnings)
	}
}

// TestLanguagesWithoutDistribution: a machine without a package manager has no owners, and what a language's has.
func TestLanguagesWithoutDistribution(t *testing.T) {
	tree := map[string]string{"etc/os-release": "ID=scratch\n", "var/lib/gems/3.1.0/specifications/rack-3.0.8.gemspec": ""}
	if _, _, got := collectLanguages(t, true, tree); !slices.Equal(got, []string{"gem rack 3.0.8 /var/lib/gems/3.1.0/specifications/rack-3.0.8.gemspec"}) {
		t.Errorf("%q", got)
	}
}
