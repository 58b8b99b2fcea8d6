package confirm

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// Shown returns the title that the row of a piece of software without a product code shows: its words are joined by
// underscores, and the version of Windows software is padded with zeros. It is among the title's readings
// (subject.Readings), so that confirming it holds for the title.
func Shown(vendor, name, version string) subject.Title {
	words := func(text string) string { return strings.ReplaceAll(text, "_", " ") }
	best := subject.CleanName(words(name), version)
	for rest, ok := strings.CutSuffix(version, ".0"); ok; rest, ok = strings.CutSuffix(rest, ".0") {
		if shorter := subject.CleanName(words(name), rest); shorter != "" && len(shorter) < len(best) {
			best = shorter
		}
	}
	return subject.Title{Vendor: words(vendor), Name: best}
}

// Near is a product that a title may be, by the names of records.
type Near struct {
	// Product is a CPE pair, "vendor:product".
	Product string
	// Score is from 0 to 1.
	Score float64
}

// The candidates of a title: how many at most, and how much they must have of its words.
const (
	maxNear  = 5
	minScore = 0.4
)

// Pairs yields the CPE pairs of applications that tables have seen; some more than once.
func Pairs(tables []*table.Table) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range tables {
			for i, id := range t.Subjects.Key {
				pair, ok := strings.CutPrefix(t.Texts.Text(id), "a:")
				if ok && t.Subjects.Flags[i]&table.Pair != 0 && !yield(pair) {
					return
				}
			}
		}
	}
}

// Candidates lists the products whose names have most in common with a title, the best first. They are nothing but
// words in common: a person has to know. The products of a vendor that records name beside the maker's text count as
// of the same maker; "" is none.
func Candidates(t subject.Title, vendorOf string, pairs iter.Seq[string]) []Near {
	vendor, name := wordsOf(t.Vendor), wordsOf(subject.WithoutVendor(t.Vendor, t.Name))
	var list []Near
	for pair := range pairs {
		maker, product, _ := strings.Cut(pair, ":")
		score := alike(name, wordsOf(product))
		if score == 0 {
			continue
		}
		same := 1.0
		if maker != vendorOf {
			same = alike(vendor, wordsOf(maker))
		}
		score = 0.7*score + 0.3*same
		if score >= minScore {
			list = append(list, Near{pair, score})
		}
	}
	slices.SortFunc(list, func(a, b Near) int {
		return cmp.Or(-cmp.Compare(a.Score, b.Score), strings.Compare(a.Product, b.Product))
	})
	list = slices.Compact(list)
	return list[:min(len(list), maxNear)]
}

// words are the words of a name, each once, without versions; joined has them in their order.
type words struct {
	each   []string
	joined string
}

func wordsOf(text string) words {
	list := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return strings.ContainsRune(" _-.,()[]\\/&+!", r)
	})
	list = slices.DeleteFunc(list, func(w string) bool { return strings.Trim(w, "0123456789") == "" })
	w := words{joined: strings.Join(list, "")}
	slices.Sort(list)
	w.each = slices.Compact(list)
	return w
}

// alike returns the part of the words of two names that they share; names that differ in blanks alone are the same.
func alike(a, b words) float64 {
	if a.joined == "" || b.joined == "" {
		return 0
	}
	if a.joined == b.joined {
		return 1
	}
	common := 0
	for _, w := range a.each {
		if _, ok := slices.BinarySearch(b.each, w); ok {
			common++
		}
	}
	return float64(common) / float64(len(a.each)+len(b.each)-common)
}
