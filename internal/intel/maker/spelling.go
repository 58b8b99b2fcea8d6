package maker

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/intel/subject"
)

// Spelling says that a text is the name of a maker, in cleaned words.
type Spelling struct {
	// Text is what is written, Maker the vendor of CPEs.
	Text, Maker string
	// Akin says that the two are alike, too, so that an entry may be found by them. Any other spelling is a hint.
	Akin bool
}

// The evidence that a spelling needs.
const (
	// agreeing is how many records must agree on a spelling by which entries are found, hinting on any.
	agreeing, hinting = 3, 2
	// straying is how many records must agree for each that says otherwise: of some hundred thousand a few are wrong.
	straying = 50
)

// Spellings counts what records tell of the texts of makers. The zero value has none.
type Spellings struct {
	texts map[string]map[string]*evidence
}

// evidence is what speaks for a text and a vendor: most is the number of records of the title that has most, since
// the records of two titles may be the same ones, all that of all titles; cves counts CVEs.
type evidence struct{ most, all, cves int }

// certain is how many records there are at least, possible how many at most.
func (e *evidence) certain() int  { return max(e.most, e.cves) }
func (e *evidence) possible() int { return e.all + e.cves }

func (s *Spellings) of(text, vendor string) *evidence {
	if s.texts == nil {
		s.texts = map[string]map[string]*evidence{}
	}
	if s.texts[text] == nil {
		s.texts[text] = map[string]*evidence{}
	}
	e := s.texts[text][vendor]
	if e == nil {
		e = &evidence{}
		s.texts[text][vendor] = e
	}
	return e
}

// AddTitle counts the records of one feed that write a title of a maker beside a CPE of a vendor.
func (s *Spellings) AddTitle(text, vendor string, records int) {
	e := s.of(text, vendor)
	e.most, e.all = max(e.most, records), e.all+records
}

// AddCVE counts a CVE of which one source names no maker but this text, and the others no vendor but this.
func (s *Spellings) AddCVE(text, vendor string) { s.of(text, vendor).cves++ }

// List lists the spellings that have enough evidence, by text. A text that records write beside two vendors is none;
// neither is a single word that is a vendor of CPEs itself, as known tells.
func (s *Spellings) List(known func(vendor string) bool) (list []Spelling) {
	for text, vendors := range s.texts {
		if vendor, ok := s.elect(text, vendors, known); ok {
			sure := akin(text, vendor) && vendors[vendor].certain() >= agreeing
			list = append(list, Spelling{Text: text, Maker: vendor, Akin: sure})
		}
	}
	slices.SortFunc(list, func(a, b Spelling) int { return cmp.Compare(a.Text, b.Text) })
	return list
}

// elect returns the vendor that a text means. CPEs that were made of the text itself ("apache_software_foundation")
// say nothing, if it has several words.
func (s *Spellings) elect(text string, vendors map[string]*evidence, known func(string) bool) (string, bool) {
	own := subject.JoinWords(text)
	isWord := own == text
	if isWord && known(own) {
		return "", false
	}
	best, most, all := "", 0, 0
	for vendor, e := range vendors {
		if vendor == own && !isWord {
			continue
		}
		all += e.possible()
		if n := e.certain(); n > most || n == most && (best == "" || vendor < best) {
			best, most = vendor, n
		}
	}
	if best == "" || best == own || most < hinting {
		return "", false
	}
	others := all - vendors[best].possible()
	return best, others*straying <= most
}

// Sure maps the texts of spellings by which entries may be found to the vendors of CPEs.
func Sure(list []Spelling) map[string]string {
	vendors := map[string]string{}
	for _, s := range list {
		if s.Akin {
			vendors[s.Text] = s.Maker
		}
	}
	return vendors
}
