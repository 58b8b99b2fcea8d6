package subject

import (
	"slices"
	"strings"
)

// Readings lists what a title may be, the text itself first and each time with less of what packagers and makers
// add: the languages of a build spelled out, words for its platform, versions inside the name; and of the maker an
// address, a certificate's name, the legal form in other scripts, words such as "Team". None is looked up unless all
// before it are unknown, and each must be known exactly (matching.md, 1.4). No reading has a word that the text lacks.
func Readings(vendor, name, installed string) []Title {
	var list []Title
	names := names(name, installed)
	for _, v := range Vendors(vendor) {
		for _, n := range names {
			for _, t := range [...]Title{{v, n}, {v, WithoutVendor(v, n)}} {
				if !slices.Contains(list, t) {
					list = append(list, t)
				}
			}
		}
	}
	return list
}

// ReadingsOf lists the readings of a title of a maker whose text is clean.
func ReadingsOf(maker, name, installed string) []Title {
	var list []Title
	for _, n := range names(name, installed) {
		for _, t := range [...]Title{{maker, n}, {maker, WithoutVendor(maker, n)}} {
			if !slices.Contains(list, t) {
				list = append(list, t)
			}
		}
	}
	return list
}

// maxNames bounds the readings of a name.
const maxNames = 5

func names(text, installed string) []string {
	name := CleanName(text, installed)
	list := []string{name}
	for len(list) < maxNames {
		shorter := name
		for _, trim := range [...]func(string, string) string{trimGlued, trimLanguages, trimEdition, trimOwnVersion,
			trimPlatform} {
			if shorter = CleanName(trim(name, installed), installed); shorter != name && shorter != "" {
				break
			}
		}
		if shorter == name || shorter == "" {
			break
		}
		name = shorter
		list = append(list, name)
	}
	plain := strings.ReplaceAll(strings.Map(withoutBrackets, CleanText(text)), "_", " ")
	if bare := CleanName(plain, installed); bare != "" && !slices.Contains(list, bare) {
		list = append(list, bare) // as rows show it (DisplayName)
	}
	return list
}

// trimGlued removes an architecture that a dash glues to the last word: "powershell 7-x64".
func trimGlued(name, _ string) string {
	if head, last, ok := CutLast(name, "-"); ok && isArchitecture(last) && strings.Contains(head, " ") {
		return head
	}
	return name
}

// trimLanguages removes final languages in words, after a dash or in parentheses, or a code in parentheses:
// "acrobat reader dc - deutsch", "acrobat x pro - english, français, deutsch", "firefox 57.0.2 (fr)".
func trimLanguages(name, _ string) string {
	if head, inside, ok := CutLast(strings.TrimSuffix(name, ")"), "("); ok && strings.HasSuffix(name, ")") {
		if areLanguages(inside) || isLanguageCode(inside) {
			return head
		}
	}
	if head, last, ok := CutLast(name, " - "); ok && areLanguages(last) {
		return head
	}
	return name
}

// areLanguages reports whether a text names languages and nothing else.
func areLanguages(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",/()+ ", r) })
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !isSpokenLanguage(w) })
}

// isLanguageCode reports whether a text is the code of a language that installers are made in.
func isLanguageCode(text string) bool {
	switch text {
	case "ar", "bg", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hr", "hu", "it", "ja", "ko", "nb", "nl", "nn",
		"pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "vi", "zh":
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
		"thai", "vietnamese", "multilingual", "multilanguage", "multi-language", "international":
		return true
	}
	return false
}

// trimEdition removes final words for a build that is of the same product: "acrobat reader dc (2015) mui".
func trimEdition(name, _ string) string {
	head, last, ok := CutLast(name, " ")
	if !ok {
		return name
	}
	year := strings.Trim(last, "()")
	if last == "mui" || last == "(mui)" || len(year) == 4 && last == "("+year+")" && strings.HasPrefix(year, "20") &&
		strings.Trim(year, "0123456789") == "" {
		return head
	}
	return name
}

// trimOwnVersion removes a word that the version field begins with: "quicktime 7" at 7.79, "magicinfo 9 server" at 9.1.
func trimOwnVersion(name, installed string) string {
	words := strings.Fields(name)
	for i, word := range words {
		number := strings.TrimPrefix(strings.Trim(word, "()"), "v")
		if i == 0 || number == "" || strings.Trim(number, "0123456789.") != "" || number[0] == '.' {
			continue
		}
		if installed == number || strings.HasPrefix(installed, number+".") {
			rest := slices.Delete(words, i, i+1)
			if last := len(rest) - 1; i > last && last > 0 && (rest[last] == "version" || rest[last] == "-") {
				rest = rest[:last]
			}
			return strings.Join(rest, " ")
		}
	}
	return name
}

// trimPlatform removes a final word for the platform, alone or glued to the product: "zoom for windows",
// "forticlientwindows".
func trimPlatform(name, _ string) string {
	head, last, _ := CutLast(name, " ")
	if isPlatformWord(strings.Trim(last, "()")) && head != name {
		return strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(head, " -"), " for"), " on")
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

func isPlatformWord(word string) bool {
	switch word {
	case "windows", "win", "win32", "win64", "mac", "macos", "osx":
		return true
	}
	return false
}

// Vendors lists the readings of a maker's text, itself first.
func Vendors(text string) []string {
	list := []string{CleanVendor(text)}
	add := func(vendor string) {
		if vendor = CleanVendor(vendor); vendor != "" && !slices.Contains(list, vendor) {
			list = append(list, vendor)
		}
	}
	plain := CleanText(text)
	if of, ok := organization(plain); ok {
		plain = of
		add(plain)
	}
	add(withoutAddress(plain))
	before, _, _ := strings.Cut(withoutAddress(plain), " and/or its ")
	add(before)
	add(withoutForm(before))
	words := strings.Fields(CleanVendor(before))
	for len(words) > 1 && isMakerWord(words[len(words)-1]) {
		words = words[:len(words)-1]
		add(strings.Join(words, " "))
	}
	return list
}

// organization returns the organization in the subject of a certificate: of "cn=microsoft windows, o=microsoft
// corporation, c=us" the second.
func organization(text string) (string, bool) {
	if !strings.HasPrefix(text, "cn=") {
		return "", false
	}
	_, rest, ok := strings.Cut(text, ", o=")
	of, _, _ := strings.Cut(rest, ", ")
	return of, ok
}

// withoutAddress removes addresses of web sites: "openssl project, https://www.openssl.org/".
func withoutAddress(text string) string {
	words := strings.Fields(text)
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		w = strings.Trim(w, "(),;")
		return strings.Contains(w, "://") || strings.HasPrefix(w, "www.") ||
			strings.HasSuffix(w, ".com") && w != words[0] || strings.HasSuffix(w, ".org") && w != words[0]
	})
	return strings.Trim(strings.Join(kept, " "), " ,;-")
}

// withoutForm removes the legal form where it is glued to the name.
func withoutForm(vendor string) string {
	for _, form := range [...]string{"株式会社", "有限会社", "合同会社", "(株)", "股份有限公司", "有限责任公司", "有限公司", "公司",
		"주식회사", "(주)", "ооо", "пао"} {
		vendor = strings.TrimSuffix(strings.TrimPrefix(vendor, form), form)
	}
	return strings.TrimSpace(vendor)
}

// isMakerWord reports whether a word says only that somebody makes the product.
func isMakerWord(word string) bool {
	switch word {
	case "team", "project", "foundation", "developers", "contributors", "authors", "community", "labs", "software",
		"technologies", "developer", "development", "association", "e.v":
		return true
	}
	return false
}
