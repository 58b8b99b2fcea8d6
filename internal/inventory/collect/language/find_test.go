package language_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/language"
)

// find looks through a machine whose distribution owns some files. Files in folders of programs are executable.
func find(t *testing.T, machine map[string]string, owned ...string) (language.Found, error) {
	t.Helper()
	folder := collecttest.LayMachine(t, machine)
	for name, content := range machine {
		if strings.Contains(name, "bin/") && !strings.HasPrefix(content, "-> ") {
			if err := os.Chmod(filepath.Join(folder, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	root, err := disk.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx := context.Background()
	return language.Find(ctx, disk.NewTree(ctx, root, 64<<20, false).Walking(), func(files map[string]bool) error {
		for _, name := range owned {
			if _, asked := files[name]; asked {
				files[name] = true
			}
		}
		return nil
	})
}

func metadata(name, version string) string {
	return "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n\ntext\n"
}

func manifest(name, version string) string {
	return fmt.Sprintf(`{"name":%q,"version":%q}`, name, version)
}

// listed names what was found with its files.
func listed(found language.Found) map[string][]string {
	all := map[string][]string{}
	for _, p := range found.Packages {
		all[p.PURL()] = p.Files
	}
	return all
}

// TestFind: a package is found where its manager installs, once, and not if a package of the distribution owns its
// record. Links and projects elsewhere are no packages.
func TestFind(t *testing.T) {
	program := executable(true, binary.LittleEndian, map[string]string{".go.buildinfo": goRecord("go1.24.3", "")})
	const (
		yaml  = "usr/lib/python3/dist-packages/PyYAML-6.0.dist-info/METADATA"
		jwt   = "usr/lib/python3/dist-packages/PyJWT-2.6.0.egg-info/PKG-INFO"
		one   = "usr/local/lib/python3.11/dist-packages/requests-2.31.0.dist-info/METADATA"
		user  = "home/ada/.local/lib/python3.11/site-packages/requests-2.31.0.dist-info/METADATA"
		egg   = "usr/lib64/python3.9/site-packages/iniparse-0.4.egg-info"
		venv  = "opt/tool/lib/python3.12/site-packages/flask-3.0.0.dist-info/METADATA"
		npm   = "usr/lib/node_modules/npm/package.json"
		below = "usr/lib/node_modules/npm/node_modules/@npmcli/arborist/package.json"
		gem   = "var/lib/gems/3.1.0/specifications/rails-7.0.4.gemspec"
		fixed = "usr/share/rubygems-integration/all/specifications/rake-13.0.6.gemspec"
		tool  = "usr/local/bin/tool"
		jar   = "opt/app/lib/log4j-core-2.14.1.jar"
	)
	found, err := find(t, map[string]string{
		yaml: metadata("PyYAML", "6.0"), jwt: metadata("PyJWT", "2.6.0"), one: metadata("requests", "2.31.0"),
		user: metadata("requests", "2.31.0"), egg: metadata("iniparse", "0.4"), venv: metadata("Flask", "3.0.0"),
		"usr/lib/python3/site-packages":                                 "-> dist-packages", // seen once
		"home/ada/project/node_modules/left-pad/package.json":           manifest("left-pad", "1.0.0"),
		"usr/local/lib/python3.11/dist-packages/linked-1.dist-info":     "-> /" + filepath.Dir(venv),
		"usr/local/lib/python3.11/dist-packages/empty.dist-info/RECORD": "",
		npm: manifest("npm", "10.2.4"), below: manifest("@npmcli/arborist", "7.2.1"),
		"usr/lib/node_modules/npm/node_modules/.bin/package.json": manifest("x", "1"),
		"usr/lib/node_modules/linked":                             "-> /home/ada/project",
		gem:                                                       "Gem::Specification.new", fixed: "Gem::Specification.new",
		tool: program, "usr/local/bin/script": "#!/bin/sh\n", "usr/bin/owned": program, "usr/local/bin/link": "-> /" + tool,
		"home/ada/tool": program, jar: archiveOf(t, pom("org.apache.logging.log4j", "log4j-core", "2.14.1")),
		"usr/share/java/owned.jar": archiveOf(t, pom("a", "owned", "1")), "home/ada/project/a.jar": archiveOf(t, pom("a", "b", "1")),
		"opt/app/node_modules/x/a.jar": archiveOf(t, pom("a", "b", "1")),
	}, yaml, jwt, fixed, "usr/bin/owned", "usr/share/java/owned.jar")
	want := map[string][]string{
		"pkg:pypi/requests@2.31.0": {user, one}, "pkg:pypi/iniparse@0.4": {egg}, "pkg:pypi/flask@3.0.0": {venv},
		"pkg:npm/npm@10.2.4": {npm}, "pkg:npm/%40npmcli/arborist@7.2.1": {below}, "pkg:gem/rails@7.0.4": {gem},
		"pkg:golang/stdlib@1.24.3": {tool}, "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1": {jar},
	}
	if diff := cmp.Diff(want, listed(found)); diff != "" || err != nil || len(found.Cut) > 0 {
		t.Errorf("%v, cut %q (-want +got):\n%s", err, found.Cut, diff)
	}
	if !slices.IsSortedFunc(found.Packages, func(a, b language.Listed) int { return strings.Compare(a.Kind, b.Kind) }) {
		t.Error("packages are in another order")
	}
}

// TestFindTellsWhatIsLeftOut: what cannot be read, and what lies beyond a bound, is told, and costs nothing else.
func TestFindTellsWhatIsLeftOut(t *testing.T) {
	deep := "usr/lib/node_modules/a"
	machine := map[string]string{
		"usr/local/bin/old":     executable(true, binary.LittleEndian, map[string]string{".go.buildinfo": "\xff Go buildinf:\x08\x00" + strings.Repeat("\x00", 32)}),
		"usr/local/bin/damaged": executable(true, binary.LittleEndian, map[string]string{".dep-v0": "x"}),
		"usr/local/lib/python3.11/site-packages/a-1.dist-info/METADATA": metadata("a", "1"),
	}
	machine["opt/1/2/3/4/5/6/7/8/9/a.jar"] = archiveOf(t, pom("a", "b", "1"))
	for i := range 9 {
		machine[deep+"/package.json"] = manifest(fmt.Sprint("p", i), "1.0.0")
		deep += "/node_modules/a"
	}
	found, err := find(t, machine)
	want := []string{language.CutBelow, language.CutDeep, language.CutOldGo, language.CutRecord}
	if !slices.Equal(found.Cut, want) ||
		len(found.Packages) != 9 || err != nil {
		t.Errorf("%d packages, cut %q, %v", len(found.Packages), found.Cut, err)
	}
	many := map[string]string{}
	for i := range 8_100 {
		many[fmt.Sprintf("var/lib/gems/3.1.0/specifications/p%d-1.gemspec", i)] = ""
	}
	found, err = find(t, many)
	if len(found.Packages) != 8_000 || !slices.Equal(found.Cut, []string{language.CutMany}) || err != nil {
		t.Errorf("%d packages, cut %q, %v", len(found.Packages), found.Cut, err)
	}
}

// TestFindNeedsOwners: without knowing who owns a file nothing is said.
func TestFindNeedsOwners(t *testing.T) {
	root, err := disk.OpenRoot(collecttest.LayMachine(t, map[string]string{"var/lib/gems/3.1.0/specifications/a-1.gemspec": ""}))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(context.Background())
	gone := errors.New("gone")
	tree := disk.NewTree(ctx, root, 1<<20, false).Walking()
	found, err := language.Find(ctx, tree, func(map[string]bool) error { return gone })
	if !errors.Is(err, gone) || found.Packages != nil {
		t.Errorf("%+v, %v", found, err)
	}
	cancel()
	if _, err := language.Find(ctx, tree, func(map[string]bool) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
