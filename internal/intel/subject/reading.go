package subject

import (
	"cmp"
	"slices"
	"strings"
)

// Readings lists what a title may be, the text itself first and each time with less of what packagers and makers
// add: the languages of a build spelled out, words for its platform, versions inside the name; and of the maker an
// address, a certificate's name, the legal form in other scripts, words such as "Team". None is looked up unless all
// before it are unknown, and each must be known exactly (matching.md, 1.4). No reading has a word that the text lacks.
func Readings(vendor, name, installed string) []Title {
	return readings(Vendors(vendor), name, installed)
}

// ReadingsOf lists the readings of a title of a maker whose text is clean.
func ReadingsOf(maker, name, installed string) []Title {
	return readings([]string{maker}, name, installed)
}

func readings(vendors []string, name, installed string) (list []Title) {
	names := names(name, installed)
	for _, v := range vendors {
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

// maxNames bounds the readings of a name.
const maxNames = 5

func names(text, installed string) []string {
	name := CleanName(text, installed)
	list := []string{name}
	for len(list) < maxNames {
		shorter := name
		for _, trim := range [...]func(string, string) string{trimMachine, trimLanguages, trimEdition, trimOwnVersion,
			trimPlatform} {
			if cut := trim(name, installed); cut != name {
				shorter = cmp.Or(CleanName(cut, installed), name)
			}
			if shorter != name {
				break
			}
		}
		if shorter == name {
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
	before, _, _ := strings.Cut(withoutNotice(withoutAddress(plain)), " and/or its ")
	before, _, _ = strings.Cut(before, " and its ")
	add(before)
	add(withoutForm(before))
	words := strings.Fields(CleanVendor(before))
	for len(words) > 1 && isMakerWord(strings.TrimRight(words[len(words)-1], ".")) {
		words = words[:len(words)-1]
		add(strings.Join(words, " "))
	}
	return list
}

// organization returns the organization in the subject of a certificate: of "cn=microsoft windows, o=microsoft
// corporation, c=us" the second.
func organization(text string) (string, bool) {
	rest, ok := strings.CutPrefix(text, "o=")
	if strings.HasPrefix(text, "cn=") {
		_, rest, ok = strings.Cut(text, ", o=")
	}
	of, _, _ := strings.Cut(rest, ", ")
	return of, ok
}

// withoutAddress removes addresses of web sites: "openssl project, https://www.openssl.org/".
func withoutAddress(text string) string {
	words := strings.Fields(text)
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		first := w == words[0]
		w = strings.Trim(w, "(),;<>[]")
		return strings.Contains(w, "://") || strings.HasPrefix(w, "www.") || !first && isAddress(w)
	})
	return strings.Trim(strings.Join(kept, " "), " ,;-|")
}

// isAddress reports whether a word is the name of a web site, or an address of mail.
func isAddress(word string) bool {
	host, _, _ := strings.Cut(word[strings.LastIndexByte(word, '@')+1:], "/")
	_, domain, ok := CutLast(host, ".")
	switch domain {
	case "com", "org", "net", "io", "dev", "app", "de", "eu", "info", "fr", "it", "nl", "ch", "at", "pl", "cz", "ru", "jp", "cn":
		return ok
	}
	return ok && strings.Contains(word, "@")
}

// withoutNotice removes what precedes the maker in a notice of copyright: "copyright 2024 acme", "2024 acme".
func withoutNotice(vendor string) string {
	words := strings.Fields(strings.TrimPrefix(vendor, "copyright "))
	for len(words) > 1 && strings.Trim(words[0], "0123456789-,") == "" && len(words[0]) >= 4 {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// withoutForm removes the legal form where it is glued to the name.
func withoutForm(vendor string) string {
	for _, form := range [...]string{"株式会社", "有限会社", "合同会社", "(株)", "股份有限公司", "有限责任公司", "有限公司", "公司",
		"주식회사", "(주)", "ооо", "пао"} {
		vendor = strings.TrimSuffix(strings.TrimPrefix(vendor, form), form)
	}
	return strings.Trim(vendor, " «»“”'")
}

// isMakerWord reports whether a word says only that somebody makes the product.
func isMakerWord(word string) bool {
	switch word {
	case "team", "project", "foundation", "developers", "contributors", "authors", "community", "labs", "software",
		"technologies", "developer", "development", "dev", "association", "e.v", "e.k", "ltda", "s.l.u", "(pty)",
		"liability", "o.o", "z", "sp", "(haftungsbeschränkt)":
		return true
	}
	return false
}
