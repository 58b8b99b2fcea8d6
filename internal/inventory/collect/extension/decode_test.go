package extension_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/extension"
)

const ublock = "cjpalhdlnbpafiamejdnhcphjbkeiagm" // uBlock Origin in the Chrome Web Store

// TestReadManifest: the name of an extension may be that of a message in its own language.
func TestReadManifest(t *testing.T) {
	const google = `"update_url":"https://clients2.google.com/service/update2/crx"`
	messages := func(language string) []byte {
		return map[string][]byte{"en": []byte(`{"extName":{"message":"uBlock Origin","description":"x"}}`)}[language]
	}
	for text, want := range map[string]string{
		`{"name":"uBlock Origin","version":"1.58.0","manifest_version":2,` + google + `}`:                   "Chrome Web Store: uBlock Origin 1.58.0",
		`{"name":"__MSG_extname__","version":"1.58.0","default_locale":"en",` + google + `}`:                "Chrome Web Store: uBlock Origin 1.58.0",
		`{"name":"__MSG_extname__","version":"1.58.0","default_locale":"../../x"}`:                          "no known store: " + ublock + " 1.58.0",
		`{"name":"__MSG_other__","version":"1.58.0","default_locale":"de"}`:                                 "no known store: " + ublock + " 1.58.0",
		`{"name":"A","version":"2","update_url":"https://edge.microsoft.com/extensionwebstorebase/v1/crx"}`: "Edge Add-ons: A 2",
		`{"name":"A","version":"2","update_url":"https://example.com/clients2.google.com"}`:                 "no known store: A 2",
		`{"name":"A"}`: "", `{"version":"1"}`: "", `[]`: "", ``: "", `{"name":7,"version":"1"}`: "",
	} {
		got, ok := extension.ReadManifest(ublock, []byte(text), messages)
		shown := got.Vendor + ": " + got.Name + " " + got.Version
		if ok != (want != "") || ok && (shown != want || got.BundleID != ublock) {
			t.Errorf("%s: %q, %t, want %q", text, shown, ok, want)
		}
	}
}

// TestReadFirefox: what comes with Firefox is no extension of a user.
func TestReadFirefox(t *testing.T) {
	got := extension.ReadFirefox([]byte(`{"schemaVersion":36,"addons":[
		{"id":"uBlock0@raymondhill.net","version":"1.60.0","type":"extension","location":"app-profile","active":false,
			"defaultLocale":{"name":"uBlock Origin"},"sourceURI":"https://addons.mozilla.org/firefox/downloads/file/1/a.xpi"},
		{"id":"own@example.com","version":"1.0","type":"extension","location":"app-profile","defaultLocale":{"name":null},"sourceURI":null},
		{"id":"pictureinpicture@mozilla.org","version":"1.0.0","type":"extension","location":"app-builtin","defaultLocale":{"name":"PiP"}},
		{"id":"default-theme@mozilla.org","version":"1.3","type":"theme","location":"app-profile","defaultLocale":{"name":"System theme"}},
		{"id":"no-version@example.com","type":"extension","location":"app-profile","defaultLocale":{"name":"x"}}]}`))
	want := []inventory.Software{
		{Kind: "firefox-extension", Vendor: "addons.mozilla.org", Name: "uBlock Origin", Version: "1.60.0", BundleID: "uBlock0@raymondhill.net"},
		{Kind: "firefox-extension", Vendor: "no known store", Name: "own@example.com", Version: "1.0", BundleID: "own@example.com"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadEditor(t *testing.T) {
	got := extension.ReadEditor([]byte(`[{"identifier":{"id":"ms-python.python","uuid":"f1f59ae4"},"version":"2026.2.0",
		"location":{"$mid":1,"path":"/ext/ms-python.python-2026.2.0","scheme":"file"},"relativeLocation":"ms-python.python-2026.2.0"},
		{"identifier":{"id":"Golang.Go"},"version":"0.53.1"},{"identifier":{"id":"nobody"},"version":"1"},{"version":"1"}]`))
	want := []inventory.Software{
		{Kind: "vscode-extension", Vendor: "ms-python", Name: "python", Version: "2026.2.0", PURL: "pkg:vscode-extension/ms-python/python@2026.2.0"},
		{Kind: "vscode-extension", Vendor: "golang", Name: "go", Version: "0.53.1", PURL: "pkg:vscode-extension/golang/go@0.53.1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzRecords(f *testing.F) {
	f.Add(`{"name":"__MSG_a__","version":"1","default_locale":"en"}`, `{"a":{"message":"b"}}`)
	f.Add(`{"addons":[{"id":"a","version":"1","type":"extension","location":"app-profile"}]}`, "")
	f.Add(`[{"identifier":{"id":"a.b"},"version":"1"}]`, "")
	f.Fuzz(func(t *testing.T, text, messages string) {
		list := append(extension.ReadFirefox([]byte(text)), extension.ReadEditor([]byte(text))...)
		if s, ok := extension.ReadManifest(ublock, []byte(text), func(language string) []byte {
			if language == "" || strings.ContainsAny(language, "./\\") {
				t.Errorf("language %q", language)
			}
			return []byte(messages)
		}); ok {
			list = append(list, s)
		}
		for _, s := range list {
			if s.Name == "" || s.Version == "" || s.Vendor == "" || len(s.Name)+len(s.Version) > 1024 {
				t.Errorf("%+v", s)
			}
		}
	})
}
