package version

import "strings"

// IsRange reports whether text names a set of versions and not one: a requirement, as manifests
// and careless SBOMs have it in the place of a version. The forms are those of npm ("^1.6.0",
// "1.x", "1.2 - 1.4"), PEP 440 ("~=5.0"), RubyGems ("~> 7.1"), Cargo, Composer ("1.2.x-dev"), Swift
// ("1.0..<2.0"), and the intervals of Maven and NuGet ("[1.0,2.0)"). A variable that was never
// replaced ("${revision}") is none either.
func IsRange(text string) bool {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return false
	case strings.ContainsAny(text, "<>=*|[]{}$"), strings.Contains(text, ".."):
		return true
	case text[0] == '^', text[0] == '~', text[0] == '(' && strings.Contains(text, ","):
		return true
	}
	if from, to, ok := strings.Cut(text, " - "); ok && beginsWithDigit(from) && beginsWithDigit(to) {
		return true
	}
	for part := range strings.SplitSeq(text, ".") {
		if rest, ok := strings.CutPrefix(strings.ToLower(part), "x"); ok && (rest == "" || rest == "-dev") {
			return true
		}
	}
	return false
}

func beginsWithDigit(text string) bool {
	text = strings.TrimPrefix(strings.TrimSpace(text), "v")
	return text != "" && strings.Contains(digits, text[:1])
}
