package settings

import (
	"maps"
	"slices"
)

// Names returns every fact that is known by name, as `family "fact"`.
func Names() map[string][]string {
	names := map[string][]string{"launchd": labels[:], "audit_control": auditNames[:], "accounts_macos": accountKeys[:],
		"homes": {"guest", "open"}}
	for _, s := range settings() {
		names[s.family] = append(names[s.family], s.fact)
	}
	for _, t := range tools() {
		names[t.family] = append(names[t.family], t.keys...)
	}
	for name := range powerNames {
		for _, source := range powerSources {
			names["power_macos"] = append(names["power_macos"], source+" "+name)
		}
	}
	keys := []string{"requireAlphanumeric"}
	for _, p := range passwordParameters {
		keys = append(keys, p.key)
	}
	names["passwords_macos"] = slices.Compact(slices.Sorted(slices.Values(append(keys, slices.Collect(maps.Values(characterKeys))...))))
	return names
}

// Tell returns the facts that a tool tells by what it printed.
func Tell(line, text string) map[string]string {
	found := map[string]string{}
	for _, t := range tools() {
		if t.line == line {
			t.read(text, func(key, value string) { found[key] = value })
		}
	}
	return found
}

// Lines returns the command lines of all tools.
func Lines() (lines []string) {
	for _, t := range tools() {
		lines = append(lines, t.line)
	}
	return lines
}
