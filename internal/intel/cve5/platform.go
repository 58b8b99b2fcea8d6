package cve5

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// requires returns the conditions from the entry's platforms. An operating system has none, since
// it is its own platform.
func (p product) requires(part string) []intel.Platform {
	if part == "o" {
		return nil
	}
	return p.required
}

// readPlatforms turns each entry's platforms into conditions. A list in which any
// text is neither an operating system nor an architecture sets no condition,
// because it may name any system. Without a condition, the end of the product's text counts: "Outlook for
// iOS".
func readPlatforms(entries []product) {
	for i := range entries {
		e := &entries[i]
		if e.required = platformsOf(e.Platforms); len(e.required) == 0 {
			e.required = platformIn(e.Product)
		}
	}
}

// platformIn returns the operating system at the end of a product's text, after "for" or "on".
func platformIn(text string) []intel.Platform {
	words := strings.Fields(strings.ToLower(text))
	for n := range min(3, max(0, len(words)-2)) { // "mac os x" has three words
		at := len(words) - 1 - n
		if preposition := words[at-1]; preposition != "for" && preposition != "on" {
			continue
		}
		system := strings.TrimPrefix(strings.Join(words[at:], " "), "microsoft ")
		switch system {
		case "mac":
			system = "macos"
		case "universal": // telephones and consoles, which no device here is
			return []intel.Platform{{Part: "a", Vendor: "microsoft", Product: "universal_windows_platform"}}
		}
		if platform, known := readPlatform(system); known && platform != (intel.Platform{}) {
			return []intel.Platform{platform}
		}
	}
	return nil
}

func platformsOf(texts []string) (required []intel.Platform) {
	for _, text := range texts {
		platform, known := readPlatform(text)
		if !known {
			return nil
		}
		if platform != (intel.Platform{}) && !slices.Contains(required, platform) {
			required = append(required, platform)
		}
	}
	return required
}

// readPlatform parses free text of a platforms list. An architecture is known but is not a
// platform.
func readPlatform(text string) (platform intel.Platform, known bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch text {
	case "x64-based systems", "32-bit systems", "arm64-based systems", "ia64-based systems",
		"x86", "x64", "arm", "arm64", "32 bit", "64 bit", "32-bit", "64-bit":
		return intel.Platform{}, true
	case "linux":
		return intel.Platform{Part: "o", Vendor: "linux", Product: "linux_kernel"}, true
	case "macos", "mac os", "mac os x", "os x":
		return intel.Platform{Part: "o", Vendor: "apple", Product: "macos"}, true
	case "android":
		return intel.Platform{Part: "o", Vendor: "google", Product: "android"}, true
	case "ios", "iphone os", "ipados":
		return intel.Platform{Part: "o", Vendor: "apple", Product: "iphone_os"}, true
	}
	if text == "windows" || strings.HasPrefix(text, "windows ") {
		return intel.Platform{Part: "o", Vendor: "microsoft", Product: "windows"}, true
	}
	return intel.Platform{}, false
}

// commonPlatforms returns the conditions if all of a CNA's entries name the same platforms.
func commonPlatforms(entries []product) []intel.Platform {
	if len(entries) == 0 {
		return nil
	}
	for _, entry := range entries[1:] {
		if !slices.Equal(entry.Platforms, entries[0].Platforms) {
			return nil
		}
	}
	return entries[0].required
}

// inherit gives a publisher's entries the CNA's conditions if they name no platforms: CISA adds
// CPEs and drops the platforms.
func inherit(entries []product, required []intel.Platform) {
	for i := range entries {
		if len(entries[i].Platforms) == 0 {
			entries[i].required = required
		}
	}
}
