package subject

import (
	"slices"
	"strings"
)

// The words that packagers add to a name say for which machines and people a build is, and are of a few classes:
// architectures, platforms, languages, scopes. These functions remove one of them, for Readings.

// cutNote cuts a final text in parentheses or brackets.
func cutNote(name string) (head, inside string, ok bool) {
	for _, pair := range [...]string{"()", "[]"} {
		if head, inside, ok = CutLast(strings.TrimSuffix(name, pair[1:]), " "+pair[:1]); ok {
			if strings.HasSuffix(name, pair[1:]) || strings.HasSuffix(name, ",") { // a version at the end was cut off
				return strings.TrimSpace(head), inside, true
			}
		}
	}
	return name, "", false
}

// trimMachine removes a final architecture that is glued to the name or spelled in several words ("powershell 7-x64",
// "acme 64 bit", "acme (apple silicon)"), whose build it is ("acme (all users)"), and what is left of a version.
func trimMachine(name, installed string) string {
	name = strings.TrimRight(name, ",;:- ")
	if head, inside, ok := cutNote(name + closing(name)); ok && areBuild(inside) {
		return head
	}
	for _, bits := range []string{"-64 bit", "-32 bit"} {
		if head, ok := strings.CutSuffix(name, bits); ok {
			return head
		}
	}
	words := strings.Fields(name)
	last := len(words) - 1
	switch {
	case last > 1 && (words[last] == "bit" || words[last] == "edition") && isArchitecture(words[last-1]),
		last > 2 && words[last] == "edition" && words[last-1] == "bit" && isArchitecture(words[last-2]):
		return strings.Join(words[:last-1], " ")
	case last > 0 && (isMachine(words[last]) || words[last] == "ver" || words[last] == "ver."):
		return strings.TrimRight(strings.Join(words[:last], " "), " -,")
	}
	head, tail, ok := CutLast(name, "-")
	if ok && tail == installed && installed != "" || ok && isArchitecture(tail) &&
		(strings.Contains(head, " ") || len(head) >= minGlued && strings.Trim(tail, "0123456789") != "") {
		return head
	}
	return name
}

// closing returns the parenthesis that a name lacks, because a version before it was cut off.
func closing(name string) string {
	if strings.Count(name, "(") > strings.Count(name, ")") {
		return ")"
	}
	return ""
}

// areBuild reports whether words say only for which machine or whom a build is.
func areBuild(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '/' })
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool {
		switch w {
		case "user", "users", "all", "current", "machine", "machine-wide", "per-user", "per-machine", "system", "remove",
			"or", "repair", "only", "apple", "silicon", "intel", "universal", "arm", "bit", "edition":
			return false
		}
		return !isArchitecture(w) && !isMachine(w)
	})
}

// isMachine reports whether a word is an architecture that CleanName leaves.
func isMachine(word string) bool {
	switch word {
	case "i486", "i586", "i686", "ia64", "armv7", "arm64-v8a", "x86_64", "64-bits", "32-bits", "x64-bit":
		return true
	}
	return false
}

// trimPlatform removes final words for the platform, alone, after "for" or glued to the product: "zoom for windows",
// "acme for mac os x", "forticlientwindows".
func trimPlatform(name, _ string) string {
	plain := name
	if head, inside, ok := cutNote(name); ok {
		plain = head + " " + inside
	}
	for _, word := range [...]string{" for ", " on "} {
		if head, tail, ok := CutLast(plain, word); ok && arePlatform(tail) {
			return strings.TrimRight(head, " -")
		}
	}
	for _, words := range [...]string{"mac os x", "mac os", "os x"} {
		if head, ok := strings.CutSuffix(plain, " "+words); ok {
			return strings.TrimRight(head, " -")
		}
	}
	head, last, _ := CutLast(plain, " ")
	if isPlatformWord(last) && head != plain {
		return strings.TrimRight(head, " -")
	}
	for _, word := range [...]string{"windows", "macos", "win64", "win32", "win", "mac", "osx"} {
		if rest, ok := strings.CutSuffix(name, word); ok && len(rest) >= minGlued && rest[len(rest)-1] != ' ' {
			return strings.TrimRight(rest, "-_")
		}
	}
	return name
}

// minGlued is the least length of what a platform's word is glued to: "darwin" is no "dar" for Windows.
const minGlued = 5

// arePlatform reports whether a text names a platform, its maker, releases of it, and nothing else.
func arePlatform(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '/' || r == ',' })
	other := func(w string) bool {
		switch w {
		case "microsoft", "ms", "apple", "os", "x", "nt", "xp", "vista", "7", "8", "8.1", "10", "11", "desktop", "pc":
			return false
		}
		return !isPlatformWord(w) && !isArchitecture(w)
	}
	return (slices.ContainsFunc(words, isPlatformWord) || text == "os x" || text == "pc") && !slices.ContainsFunc(words, other)
}

func isPlatformWord(word string) bool {
	switch word {
	case "windows", "win", "win32", "win64", "mac", "macos", "osx":
		return true
	}
	return false
}
