package macos_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/macos"
)

func recorded(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// machine is a Mac with the given files.
func machine(t *testing.T, files map[string]string) *disk.Tree {
	t.Helper()
	root, err := disk.OpenRoot(collecttest.LayMachine(t, files))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return disk.NewTree(context.Background(), root, macos.MaxFiles, true)
}

func TestBundles(t *testing.T) {
	tree := machine(t, map[string]string{"Applications/A.app/Contents/Info.plist": recorded(t, "info-binary.plist"),
		"Users/ann/B.app/Contents/Info.plist": "text"})
	list := []inventory.Software{{Kind: "macos", Name: "A", DiskPaths: []string{"/Applications/A.app"}},
		{Kind: "macos", Name: "B", DiskPaths: []string{"/Users/ann/B.app"}}, {Kind: "macos", Name: "C", DiskPaths: []string{"/C.app"}},
		{Kind: "macos", Name: "D"}}
	macos.AddBundles(tree, list)
	for i, want := range []string{"com.example.Büro", "", "", ""} {
		if list[i].BundleID != want {
			t.Errorf("%s: %q, want %q", list[i].Name, list[i].BundleID, want)
		}
	}
}

func TestReceipts(t *testing.T) {
	receipt := recorded(t, "receipt.plist")
	other := func(id, folder string) string {
		return strings.NewReplacer("com.wazuh.pkg.wazuh-agent", id, "<key>InstallPrefixPath</key>\n\t<string>",
			"<key>InstallPrefixPath</key>\n\t<string>"+folder).Replace(receipt)
	}
	const folder = "private/var/db/receipts/"
	tree := machine(t, map[string]string{
		folder + "com.wazuh.pkg.wazuh-agent.plist": receipt, folder + "com.apple.pkg.Core.plist": "text", folder + "a.bom": "text",
		folder + "agent.plist": other("com.datadoghq.agent", "opt/datadog-agent"), "opt/datadog-agent/bin/agent": "",
		folder + "gone.plist": other("com.example.gone", "opt/gone"), folder + "shared.plist": other("com.example.shared", "usr/local"),
		"usr/local/bin/x": "", folder + "top.plist": other("com.example.top", "Applications"), "Applications/x": "",
		folder + "app.plist": other("com.example.App", "Library/App"), "Library/App/x": "",
		folder + "up.plist": other("com.example.up", "opt/../private/var"),
	})
	got, err := macos.Receipts(tree, []inventory.Software{{Kind: "macos", BundleID: "com.example.app"}})
	want := []inventory.Software{{Kind: "macos", Name: "com.datadoghq.agent", Version: "4.9.2", BundleID: "com.datadoghq.agent",
		DiskPaths: []string{"/opt/datadog-agent"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := macos.Receipts(machine(t, map[string]string{folder + "a.plist": "text"}), nil); err == nil {
		t.Error("a receipt that cannot be read gives no error")
	}
}

func TestHomebrew(t *testing.T) {
	tree := machine(t, map[string]string{
		"opt/homebrew/Cellar/gettext/0.26_1/INSTALL_RECEIPT.json":  recorded(t, "gettext.json"),
		"opt/homebrew/Cellar/openssl@3/3.3.1/INSTALL_RECEIPT.json": "text",
		"opt/homebrew/Cellar/openssl@3/3.3.1/bin/openssl":          "",
		"opt/homebrew/Cellar/openssl@3/.keepme":                    "",
		"opt/homebrew/Cellar/.DS_Store":                            "",
		"usr/local/Cellar/jq/1.7.1/INSTALL_RECEIPT.json":           `{"source":{"tap":"example/tap"}}`,

		"opt/homebrew/Caskroom/adobe-creative-cloud/.metadata/INSTALL_RECEIPT.json": recorded(t, "cask.json"),
		"opt/homebrew/Caskroom/adobe-creative-cloud/6.2.0.554/x":                    "",
		"opt/homebrew/Caskroom/adobe-creative-cloud/6.1.0.1.upgrading/x":            "",
		"usr/local/Caskroom/alfred/5.6.1,2294/Alfred 5.app":                         "-> /Applications/Alfred 5.app",
		"usr/local/Caskroom/fonts/1_1/x":                                            "",
	})
	got, err := macos.Homebrew(tree)
	want := []inventory.Software{
		{Kind: "brew", Vendor: "homebrew/core", Name: "gettext", Version: "0.26", PURL: "pkg:brew/gettext@0.26_1",
			DiskPaths: []string{"/opt/homebrew/Cellar/gettext/0.26_1"}},
		{Kind: "brew", Name: "openssl@3", Version: "3.3.1", PURL: "pkg:brew/openssl%403@3.3.1",
			DiskPaths: []string{"/opt/homebrew/Cellar/openssl@3/3.3.1"}},
		{Kind: "brew", Vendor: "example/tap", Name: "jq", Version: "1.7.1", PURL: "pkg:brew/jq@1.7.1",
			DiskPaths: []string{"/usr/local/Cellar/jq/1.7.1"}},
		{Kind: "brew", Vendor: "homebrew/cask", Name: "adobe-creative-cloud", Version: "6.2.0.554",
			PURL:      "pkg:brew/adobe-creative-cloud@6.2.0.554?type=cask",
			DiskPaths: []string{"/opt/homebrew/Caskroom/adobe-creative-cloud/6.2.0.554"}},
		{Kind: "brew", Name: "alfred", Version: "5.6.1,2294", PURL: "pkg:brew/alfred@5.6.1%2C2294?type=cask",
			DiskPaths: []string{"/usr/local/Caskroom/alfred/5.6.1,2294"}},
		{Kind: "brew", Name: "fonts", Version: "1_1", PURL: "pkg:brew/fonts@1_1?type=cask",
			DiskPaths: []string{"/usr/local/Caskroom/fonts/1_1"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := macos.Homebrew(machine(t, map[string]string{"x": ""})); err != nil || got == nil || len(got) > 0 {
		t.Errorf("without Homebrew: %v, %v", got, err)
	}
}
