package subject

import (
	"slices"
	"strings"
)

// trimLanguages removes final languages in words, after a dash or in parentheses, or a code: "acrobat reader dc -
// deutsch", "acrobat x pro - english, français, deutsch", "firefox 57.0.2 (fr)", "acme (zh cn)", "acme de-de".
func trimLanguages(name, _ string) string {
	if head, inside, ok := cutNote(name); ok && (areLanguages(inside) || isLanguageCode(inside) || isTag(inside)) {
		return head
	}
	if head, last, ok := CutLast(name, " - "); ok && areLanguages(last) {
		return head
	}
	if head, last, ok := CutLast(name, " "); ok && strings.Contains(last, "-") && isTag(last) {
		return strings.TrimRight(head, " -")
	}
	return name
}

// isTag reports whether a text is the code of a language with a region or script: "zh-hant-tw", "es-419", "de de".
func isTag(text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '-' || r == ' ' })
	isNone := func(p string) bool {
		isRegion := len(p) == 2 && isLetters(p) || len(p) == 3 && strings.Trim(p, "0123456789") == ""
		return !isRegion && p != "hans" && p != "hant" && p != "latn" && p != "cyrl"
	}
	return len(parts) >= 2 && len(parts) <= 3 && isLanguageCode(parts[0]) && !slices.ContainsFunc(parts[1:], isNone)
}

// areLanguages reports whether a text names languages, perhaps with their regions, and nothing else.
func areLanguages(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",/()+ ", r) })
	return slices.ContainsFunc(words, isSpokenLanguage) &&
		!slices.ContainsFunc(words, func(w string) bool { return !isSpokenLanguage(w) && !isRegionWord(w) })
}

// isLanguageCode reports whether a text is the code of a language that installers are made in.
func isLanguageCode(text string) bool {
	switch text {
	case "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "is",
		"it", "ja", "ko", "lt", "lv", "nb", "nl", "nn", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "vi",
		"zh":
		return true
	}
	return false
}

func isSpokenLanguage(word string) bool {
	switch word {
	case "english", "german", "deutsch", "french", "français", "francais", "spanish", "español", "espanol", "castellano",
		"italian", "italiano", "dutch", "nederlands", "portuguese", "português", "portugues", "brasil", "brazil",
		"brazilian", "polish", "polski", "czech", "čeština", "cestina", "hungarian", "magyar", "russian", "русский",
		"ukrainian", "українська", "turkish", "türkçe", "turkce", "swedish", "svenska", "norwegian", "norsk", "danish",
		"dansk", "finnish", "suomi", "greek", "ελληνικά", "romanian", "română", "bulgarian", "български", "croatian",
		"hrvatski", "slovak", "slovenčina", "slovenian", "slovenščina", "hebrew", "עברית", "arabic", "العربية",
		"japanese", "日本語", "korean", "한국어", "chinese", "simplified", "traditional", "中文", "简体中文", "繁體中文",
		"estonian", "eesti", "latvian", "latviešu", "lithuanian", "lietuvių", "catalan", "català", "basque", "euskara",
		"galician", "galego", "serbian", "srpski", "српски", "icelandic", "íslenska", "indonesian", "bahasa", "malay",
		"hindi", "हिन्दी", "persian", "فارسی", "macedonian", "македонски", "albanian", "shqip", "kazakh", "қазақ",
		"thai", "ไทย", "vietnamese", "việt", "multilingual", "multilanguage", "multi-language", "international":
		return true
	}
	return false
}

// isRegionWord reports whether a word tells of which region a language is, or belongs to a language's own name.
func isRegionWord(word string) bool {
	switch word {
	case "united", "states", "kingdom", "us", "usa", "uk", "germany", "deutschland", "austria", "switzerland", "schweiz",
		"canada", "france", "mexico", "méxico", "latin", "america", "latinoamérica", "american", "british", "australia",
		"taiwan", "china", "hong", "kong", "prc", "spain", "españa", "portugal", "italy", "italia", "japan", "tiếng",
		"indonesia", "melayu":
		return true
	}
	return false
}
