package subject

import "strings"

// Two products of one maker may have one name on devices: a server and its client. Words of their CPE names tell
// which is which (matching.md, 1.5; decision 63).

// Serves reports whether a CPE product has a word for a server that a normalised title lacks.
func Serves(product, title string) bool {
	for _, word := range wordsOf(product) {
		if isServerWord(word) && !strings.Contains(title, word) {
			return true
		}
	}
	return false
}

// NamesServer reports whether a normalised title has a word for a server.
func NamesServer(title string) bool {
	for _, word := range wordsOf(JoinWords(title)) {
		if isServerWord(word) {
			return true
		}
	}
	return false
}

// isServerWord reports whether a word of a product's name says that it serves others or is no program of a device.
func isServerWord(word string) bool {
	switch word {
	case "server", "servers", "appliance", "cloud", "cluster", "controller", "firmware", "gateway", "saas":
		return true
	}
	return false
}

// Clients lists the names that the client of a server may have, of the same vendor: "desktop" or
// "nextcloud_desktop" of "nextcloud_server".
func Clients(vendor, product string) (names []string) {
	base := strings.TrimSuffix(product, "_server")
	if product == "server" {
		base = vendor
	}
	for _, word := range [...]string{"desktop", "desktop_client", "client", "desktop_app"} {
		names = append(names, base+"_"+word, base+"-"+word)
		if base == vendor {
			names = append(names, word)
		}
	}
	return names
}

// wordsOf splits a product's name.
func wordsOf(product string) []string {
	return strings.FieldsFunc(product, func(r rune) bool { return r == '_' || r == '-' || r == '.' })
}
