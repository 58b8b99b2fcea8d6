package extension_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/extension"
)

// find lists the extensions of a machine as texts.
func find(t *testing.T, system string, machine map[string]string, users ...string) ([]string, []string) {
	t.Helper()
	root, err := disk.OpenRoot(collecttest.LayMachine(t, machine))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx := context.Background()
	found, err := extension.Find(ctx, disk.NewTree(ctx, root, 16<<20, false).Walking(), system, users...)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range found.Extensions {
		all = append(all, fmt.Sprintf("%s %s %s %s", s.Kind, s.Name, s.Version, strings.Join(s.DiskPaths, ",")))
	}
	return all, found.Cut
}

// TestFind: browsers and editors of all users, on each system. Two users of one extension are one entry.
func TestFind(t *testing.T) {
	const manifest, editor = `{"name":"A","version":"1.2"}`, `[{"identifier":{"id":"a.b"},"version":"1"}]`
	const firefox = `{"addons":[{"id":"x","version":"3","type":"extension","location":"app-profile","defaultLocale":{"name":"X"}}]}`
	for system, test := range map[string]struct{ users, chrome, firefox string }{
		"linux":   {"home/*", "home/ada/.config/google-chrome/Default", "home/bob/.mozilla/firefox/abc.default-release"},
		"darwin":  {"Users/*", "Users/ada/Library/Application Support/Google/Chrome/Profile 1", "Users/bob/Library/Application Support/Firefox/Profiles/abc"},
		"windows": {"*", "ada/AppData/Local/Google/Chrome/User Data/Default", "bob/AppData/Roaming/Mozilla/Firefox/Profiles/abc"},
	} {
		ada, bob := strings.Replace(test.users, "*", "ada", 1), strings.Replace(test.users, "*", "bob", 1)
		got, cut := find(t, system, map[string]string{
			test.chrome + "/Extensions/" + ublock + "/1.2_0/manifest.json":  manifest,
			test.chrome + "/Extensions/Temp/1_0/manifest.json":              manifest,
			test.chrome + "/Extensions/" + ublock + "/broken/manifest.json": manifest,
			test.firefox + "/extensions.json":                               firefox,
			ada + "/.vscode/extensions/extensions.json":                     editor,
			bob + "/.vscode/extensions/extensions.json":                     editor,
		}, test.users)
		want := []string{"chrome-extension A 1.2 " + test.chrome + "/Extensions/" + ublock + "/1.2_0/manifest.json",
			"firefox-extension X 3 " + test.firefox + "/extensions.json",
			"vscode-extension b 1 " + ada + "/.vscode/extensions/extensions.json," + bob + "/.vscode/extensions/extensions.json"}
		if !slices.Equal(got, want) || len(cut) > 0 {
			t.Errorf("%s: %q, cut %q, want %q", system, got, cut, want)
		}
	}
}

// TestFindIsBounded: what is left out is told. What cannot be read costs nothing else.
func TestFindIsBounded(t *testing.T) {
	machine := map[string]string{"home/ada/.vscode/extensions/extensions.json": strings.Repeat(" ", 2<<20)}
	var list []string
	for i := range 2_001 {
		list = append(list, fmt.Sprintf(`{"identifier":{"id":"a.b%d"},"version":"1"}`, i))
	}
	machine["home/bob/.cursor/extensions/extensions.json"] = "[" + strings.Join(list, ",") + "]"
	got, cut := find(t, "linux", machine, "home/*")
	if want := []string{extension.CutRecord, extension.CutMany}; len(got) != 2_000 || !slices.Equal(cut, want) {
		t.Errorf("%d extensions, cut %q, want %q", len(got), cut, want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	root, err := disk.OpenRoot(collecttest.LayMachine(t, machine))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := extension.Find(ctx, disk.NewTree(ctx, root, 1, false), "linux", "home/*"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
