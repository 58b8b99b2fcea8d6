package extension

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
)

// The kinds of extensions. Their vendor is the place that they came from, so that no extension is taken for a program
// of its name; those of editors have their publisher, and a package URL by which they are judged.
const (
	KindChromium = "chrome-extension"
	KindFirefox  = "firefox-extension"
	KindEditor   = "vscode-extension"

	chromeStore  = "Chrome Web Store"
	edgeStore    = "Edge Add-ons"
	otherSource  = "no known store"
	firefoxStore = "addons.mozilla.org"
)

// maxText bounds the name and the version of an extension, in bytes.
const maxText = 512

// entry makes an entry; ok is false if there is no name or no version.
func entry(kind, vendor, name, version string) (inventory.Software, bool) {
	name, version = strings.TrimSpace(name), strings.TrimSpace(version)
	ok := name != "" && version != "" && len(name) <= maxText && len(version) <= maxText &&
		utf8.ValidString(name) && utf8.ValidString(version)
	return inventory.Software{Kind: kind, Vendor: vendor, Name: name, Version: version}, ok
}

// ReadManifest reads the manifest.json of an extension of Chromium. Its name may be that of a message: then messages
// returns the file of messages of a language. bundleId is the extension's id, by which stores know it.
func ReadManifest(id string, text []byte, messages func(language string) []byte) (inventory.Software, bool) {
	var manifest struct {
		Name, Version string
		Language      string `json:"default_locale"`
		UpdateURL     string `json:"update_url"`
	}
	if json.Unmarshal(text, &manifest) != nil {
		return inventory.Software{}, false
	}
	name := manifest.Name
	if key, ok := strings.CutPrefix(name, "__MSG_"); ok {
		if name = ""; isLanguage(manifest.Language) {
			name = messageOf(messages(manifest.Language), strings.TrimSuffix(key, "__"))
		}
		if name == "" {
			name = id
		}
	}
	vendor := otherSource
	switch {
	case strings.HasPrefix(manifest.UpdateURL, "https://clients2.google.com/service/update2/"):
		vendor = chromeStore
	case strings.HasPrefix(manifest.UpdateURL, "https://edge.microsoft.com/extensionwebstorebase/"):
		vendor = edgeStore
	}
	s, ok := entry(KindChromium, vendor, name, manifest.Version)
	s.BundleID = id
	return s, ok
}

// isLanguage reports whether a text may be the name of a folder of messages: "en_GB".
func isLanguage(text string) bool {
	return text != "" && len(text) < 20 &&
		strings.Trim(text, "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// messageOf returns a message; names of messages are compared without case.
func messageOf(text []byte, name string) string {
	var all map[string]struct{ Message string }
	if json.Unmarshal(text, &all) != nil {
		return ""
	}
	for key, value := range all {
		if strings.EqualFold(key, name) {
			return value.Message
		}
	}
	return ""
}

// ReadFirefox reads the extensions.json of a profile of Firefox. Themes, dictionaries, and what comes with Firefox are
// left out; what is switched off is installed.
func ReadFirefox(text []byte) (list []inventory.Software) {
	var record struct {
		Addons []struct {
			ID, Version, Type, Location string
			DefaultLocale               struct{ Name string }
			SourceURI                   string
		}
	}
	if json.Unmarshal(text, &record) != nil {
		return nil
	}
	for _, a := range record.Addons {
		if a.Type != "extension" && a.Type != "webextension" || !strings.HasPrefix(a.Location, "app-profile") &&
			a.Location != "app-global" && !strings.HasPrefix(a.Location, "winreg-app-") {
			continue
		}
		name, vendor := a.DefaultLocale.Name, otherSource
		if name == "" {
			name = a.ID
		}
		if strings.HasPrefix(a.SourceURI, "https://addons.mozilla.org/") {
			vendor = firefoxStore
		}
		if s, ok := entry(KindFirefox, vendor, name, a.Version); ok {
			s.BundleID = a.ID
			list = append(list, s)
		}
	}
	return list
}

// ReadEditor reads the extensions.json of Visual Studio Code or a relative.
func ReadEditor(text []byte) (list []inventory.Software) {
	var record []struct {
		Identifier struct{ ID string }
		Version    string
	}
	if json.Unmarshal(text, &record) != nil {
		return nil
	}
	for _, e := range record {
		publisher, name, _ := strings.Cut(strings.ToLower(e.Identifier.ID), ".")
		s, ok := entry(KindEditor, publisher, name, e.Version)
		if !ok || publisher == "" {
			continue
		}
		s.PURL = packageurl.NewPackageURL(KindEditor, publisher, name, e.Version, nil, "").ToString()
		list = append(list, s)
	}
	return list
}
