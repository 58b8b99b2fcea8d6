package subject

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/muster-project/muster/internal/version"
)

// Title is a vendor and a name, cleaned.
type Title struct{ Vendor, Name string }

// maxTitle bounds the text of a vendor or name, in bytes; the rest is ignored.
const maxTitle = 512

// CleanText normalises a vendor or product text for comparing aliases: NFKC, lower case, no
// trademark signs, no decorative characters, words separated by one space. An underscore counts as
// a space, since sources write CPE names in place of texts.
func CleanText(text string) string {
	text = text[:min(len(text), maxTitle)]
	if !isPlain(text) {
		text = norm.NFKC.String(strings.Map(dropDecoration, strings.ToValidUTF8(text, "")))
		text = norm.NFKC.String(strings.ToLower(text)) // so that what is clean stays as it is
	}
	text = strings.ToLower(text)
	if strings.Contains(text, "(") {
		for _, sign := range [...]string{"(r)", "(tm)", "(c)"} {
			text = strings.ReplaceAll(text, sign, "")
		}
	}
	if isSpaced(text) {
		return text
	}
	return strings.Join(strings.FieldsFunc(text, isBlank), " ")
}

// isSpaced reports whether a plain text has its words separated by one space already, as most have.
func isSpaced(text string) bool {
	before := byte(' ')
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x80 || c != ' ' && isBlank(rune(c)) || c == ' ' && before == ' ' {
			return false
		}
		before = c
	}
	return before != ' '
}

func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// dropDecoration removes signs before NFKC would spell them out ("™" as "TM").
func dropDecoration(r rune) rune {
	if r == '®' || r == '™' || r == '©' || r == '℠' || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '_' || r == '"'
}

// CleanVendor is CleanText without punctuation at the ends of words and without words for the
// legal form of a company.
func CleanVendor(text string) string {
	words := strings.Fields(strings.ReplaceAll(CleanText(text), ",", " "))
	if len(words) > 1 && words[0] == "the" {
		words = words[1:]
	}
	for len(words) > 1 && isLegalWord(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if n := len(words); n > 0 {
		words[n-1] = strings.TrimRight(words[n-1], ".")
	}
	return strings.Join(words, " ")
}

func isLegalWord(word string) bool {
	switch strings.ReplaceAll(word, ".", "") {
	case "inc", "incorporated", "llc", "llp", "lp", "ltd", "limited", "corp", "corporation", "co", "company",
		"gmbh", "ag", "kg", "kgaa", "se", "ug", "ev", "ohg", "sa", "sas", "sarl", "srl", "spa", "sl", "bv", "nv",
		"plc", "pty", "pte", "pvt", "ab", "as", "a/s", "asa", "aps", "oy", "oyj", "ou", "kft", "zrt", "doo", "sro",
		"spzoo", "sp", "zoo", "kk", "ooo", "and", "&":
		return true
	}
	return false
}

// CleanName is CleanText without what packagers add to a product's name: architecture, language,
// "(User)", ".app", and the version if it equals the component's version field.
func CleanName(text, version string) string {
	name := strings.TrimSuffix(CleanText(text), ".app")
	for {
		shorter := trimVersion(trimLocale(trimParenthesis(trimArchitecture(name))), version)
		if shorter == name || shorter == "" {
			return name
		}
		name = shorter
	}
}

// trimParenthesis removes a final "(…)" that contains only architectures, scopes and, beside one
// of these or with a region, a language: "(x64 en-us)".
func trimParenthesis(name string) string {
	head, inside, ok := CutLast(strings.TrimSuffix(name, ")"), "(")
	if !ok || !strings.HasSuffix(name, ")") {
		return name
	}
	known, languages := 0, 0
	for _, word := range strings.FieldsFunc(inside, func(r rune) bool { return r == ' ' || r == ',' }) {
		switch {
		case isArchitecture(word) || word == "user" || word == "system" || word == "bit" || word == "edition":
			known++
		case isLocale(word):
			known++
		case isLanguage(word):
			languages++
		default:
			return name
		}
	}
	if known == 0 {
		return name
	}
	return strings.TrimSpace(head)
}

func trimArchitecture(name string) string {
	head, last, ok := CutLast(name, " ")
	if ok && isArchitecture(last) {
		return strings.TrimRight(head, " -")
	}
	return name
}

// trimLocale removes a final "- en-us".
func trimLocale(name string) string {
	head, last, ok := CutLast(name, " - ")
	if ok && isLocale(last) {
		return strings.TrimSpace(head)
	}
	return name
}

// trimVersion removes a final word that is the version field's value, whole or its beginning
// ("22.01" of "22.01.00.0"), with or without a "v".
func trimVersion(name, installed string) string {
	head, last, ok := CutLast(name, " ")
	last = strings.TrimPrefix(last, "v")
	if !ok || last == "" || installed == "" || last[0] < '0' || last[0] > '9' {
		return name
	}
	same := string(version.Key(last)) == string(version.Key(installed))
	begins := strings.Contains(last, ".") && strings.HasPrefix(installed, last+".")
	if !same && !begins {
		return name
	}
	return strings.TrimSuffix(strings.TrimRight(head, " -"), " version")
}

func isArchitecture(word string) bool {
	switch word {
	case "x64", "x86", "x86-64", "amd64", "arm64", "aarch64", "i386", "ia32", "32-bit", "64-bit", "32bit", "64bit",
		"32", "64", "win32", "win64", "arm64-bit":
		return true
	}
	return false
}

// isLocale reports whether a word is a language with a region or script: "en-us", "zh-hans".
func isLocale(word string) bool {
	language, region, ok := strings.Cut(word, "-")
	return ok && isLanguage(language) && len(region) >= 2 && len(region) <= 4 &&
		isLetters(region) && !isArchitecture(word)
}

func isLanguage(word string) bool { return (len(word) == 2 || len(word) == 3) && isLetters(word) }

func isLetters(word string) bool {
	return strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
}

// CutLast cuts around the last sep, as strings.Cut does around the first.
func CutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// WithoutVendor removes the vendor's words from the front of a name, unless
// nothing would be left.
func WithoutVendor(vendor, name string) string {
	for words := strings.Fields(vendor); len(words) > 0; words = words[:len(words)-1] {
		if rest, ok := strings.CutPrefix(name, strings.Join(words, " ")+" "); ok && rest != "" {
			return rest
		}
	}
	return name
}

// JoinWords writes a cleaned text as CPE names and the wire contract do.
func JoinWords(text string) string { return strings.ReplaceAll(text, " ", "_") }

// DisplayName returns the displayed name of a product without a curated one (matching.md, 4.1):
// without the vendor's words and parentheses.
func DisplayName(vendor, name string) string {
	name = strings.Map(withoutBrackets, WithoutVendor(vendor, strings.TrimSuffix(CleanText(name), ".app")))
	return strings.Join(strings.FieldsFunc(name, isBlank), "_")
}

// withoutBrackets is for strings.Map.
func withoutBrackets(r rune) rune {
	if r == '(' || r == ')' || r == '[' || r == ']' {
		return -1
	}
	return r
}

// IsNoName reports whether a text is one of the words that sources write in place of a vendor or
// product.
func IsNoName(text string) bool {
	switch text {
	case "", "n/a", "na", "unknown", "unspecified", "none", "-", "*":
		return true
	}
	return false
}
