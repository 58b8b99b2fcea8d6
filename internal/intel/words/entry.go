package words

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/intel"
)

// The limits of an entry. The schema of CVE records has 4,096 characters for a description, 256 for a
// title and 2,048 for an address; advisories in OSV's format have no limits.
const (
	// MaxDescription bounds a description, in bytes. A longer one is cut off, and Entry.Cut says so.
	MaxDescription = 4 << 10
	// MaxTitle bounds a title, in bytes; a longer one is cut off and ends with "…".
	MaxTitle = 1 << 10
	// MaxURLs bounds the addresses of exploits, maxURL each of them, in bytes; others are left out.
	MaxURLs = 20
	maxURL  = 2 << 10
)

// maxEntry is more than an encoded entry may have, in bytes.
const maxEntry = 64 << 10

// Entry is what some sources say about one CVE in words. The title and the description are those of the
// most trusted source that has one (matching.md, 3.4), and the addresses those of all sources.
type Entry struct {
	Title, Description string
	// Cut says that the source's description is longer.
	Cut bool
	// ExploitURLs ascend.
	ExploitURLs []string

	// titled and described are the authors.
	titled, described intel.Authority
}

// EntryOf makes an entry of what one source says.
func EntryOf(w *intel.Words) Entry {
	e := Entry{titled: w.By, described: w.By}
	e.Title, _ = cut(w.Title, MaxTitle)
	e.Description, e.Cut = cut(w.Description, MaxDescription)
	for _, address := range w.ExploitURLs {
		if len(address) <= maxURL {
			e.ExploitURLs = append(e.ExploitURLs, address)
		}
	}
	e.sortURLs()
	return e
}

// cut cuts off a text that is too long, at a character; it then ends with "…".
func cut(text string, most int) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) <= most {
		return text, false
	}
	const mark = "…"
	end := most - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.TrimSpace(text[:end]) + mark, true
}

func (e *Entry) sortURLs() {
	slices.Sort(e.ExploitURLs)
	e.ExploitURLs = slices.Compact(e.ExploitURLs)
	e.ExploitURLs = e.ExploitURLs[:min(len(e.ExploitURLs), MaxURLs)]
}

// With returns the entry of two sources. The order in which entries are joined does not matter.
func (e Entry) With(other Entry) Entry {
	if prefers(other.titled, other.Title, e.titled, e.Title) {
		e.titled, e.Title = other.titled, other.Title
	}
	if prefers(other.described, other.Description, e.described, e.Description) {
		e.described, e.Description, e.Cut = other.described, other.Description, other.Cut
	} else if other.Description == e.Description {
		e.Cut = e.Cut || other.Cut
	}
	e.ExploitURLs = slices.Concat(e.ExploitURLs, other.ExploitURLs)
	e.sortURLs()
	return e
}

// prefers reports whether text a comes before text b: by trust in its author, of equals the longer one.
func prefers(by intel.Authority, a string, than intel.Authority, b string) bool {
	if a == "" || b == "" {
		return a != ""
	}
	return cmp.Or(cmp.Compare(trust(by), trust(than)), cmp.Compare(len(b), len(a)), strings.Compare(a, b)) < 0
}

// trust ranks authors of texts, the most trusted first: the CNA, whose text the others copy, sometimes
// an older one; NVD; publishers; distributions; CISA, which shortens.
func trust(by intel.Authority) int {
	switch by {
	case intel.ByCNA:
		return 0
	case intel.ByNVD:
		return 1
	}
	return 1 + int(by)
}

// cutFlag is the flag of an encoded entry with a description that was cut off.
const cutFlag = 1

// append appends the encoded entry: flags, authors, and the texts, each after its length.
func (e *Entry) append(to []byte) []byte {
	var flags byte
	if e.Cut {
		flags = cutFlag
	}
	to = append(to, flags, byte(e.titled), byte(e.described))
	to = appendText(appendText(to, e.Title), e.Description)
	to = binary.AppendUvarint(to, uint64(len(e.ExploitURLs)))
	for _, address := range e.ExploitURLs {
		to = appendText(to, address)
	}
	return to
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// decode reads an encoded entry; false if it is none.
func decode(data []byte) (e Entry, ok bool) {
	if len(data) < 3 {
		return e, false
	}
	e.Cut, e.titled, e.described = data[0]&cutFlag != 0, intel.Authority(data[1]), intel.Authority(data[2])
	r := entryReader{rest: data[3:]}
	e.Title, e.Description = r.text(), r.text()
	for range min(r.number(), MaxURLs) {
		e.ExploitURLs = append(e.ExploitURLs, r.text())
	}
	return e, !r.bad && len(r.rest) == 0
}

// entryReader reads the parts of an encoded entry.
type entryReader struct {
	rest []byte
	bad  bool
}

func (r *entryReader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *entryReader) text() string {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return ""
	}
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}
