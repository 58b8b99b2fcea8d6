package rule

import "github.com/muster-project/muster/internal/version"

// History is what feeds show of a product's versions: the least and greatest first number, and how
// many there are, up to complete.
type History struct {
	least, greatest uint64
	count           int
}

const (
	// complete is the number of first numbers from which on a history is taken for complete.
	complete = 4
	// near is how much less an entry's first number may be than the least of a complete history.
	// Another says nothing: one bound may be of any release.
	near = 1
	// Years is where first numbers are years.
	Years = 1000
)

// HistoryOf returns the history of a product from the keys of its versions, ascending.
func HistoryOf(versions []string) History {
	var h History
	for _, key := range versions {
		named, ok := NamedNumber(key)
		if !ok || h.count > 0 && named == h.greatest {
			continue
		}
		if h.count++; h.count == 1 {
			h.least = named
		}
		if h.greatest = named; h.count == complete {
			break
		}
	}
	for i := len(versions) - 1; i >= 0 && h.count == complete; i-- {
		if named, ok := NamedNumber(versions[i]); ok {
			h.greatest = named
			break
		}
	}
	return h
}

// Plausible reports whether a version may be of a product with this history: it is not long before
// everything that is known, and years are not compared with counted releases.
func (h History) Plausible(installed string) bool {
	first, ok := version.FirstNumber(version.Key(installed))
	if !ok || h.count == 0 {
		return true
	}
	return (h.count < complete || first+near >= h.least) && (first < Years || h.greatest >= Years)
}

// Confirm reports whether feeds name versions of a product, by their keys, with the same first number as an
// entry's, or with a year where the entry's is one, too: a CPE whose vendor is its product is what
// tools make of a name, and a hint only.
func Confirm(versions []string, installed string) bool {
	first, ok := version.FirstNumber(version.Key(installed))
	if !ok || installed == "" {
		return false
	}
	for _, key := range versions {
		if named, ok := NamedNumber(key); ok && (named == first || named >= Years && first >= Years) {
			return true
		}
	}
	return false
}

// longestVersion bounds the keys that are taken for versions, in bytes: longer ones are mostly
// hashes of commits.
const longestVersion = 28

// NamedNumber returns the first number of a version that a feed names, by its key. Versions that
// stand for "from the first" have none: nobody says that such a version exists.
func NamedNumber(key string) (number uint64, ok bool) {
	if len(key) > longestVersion || key == firstKey("0") || key == firstKey("1") {
		return 0, false
	}
	return version.FirstNumber([]byte(key))
}

func firstKey(v string) string { return string(version.Key(v)) }
