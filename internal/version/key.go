package version

import (
	"encoding/binary"
	"math/bits"
)

// A key is a sequence of tokens, each beginning with one of these tags. The values of the tags
// give the order where two versions first differ.
const (
	_ byte = iota
	tagTilde
	tagDev
	tagAlpha
	tagBeta
	tagPre
	tagRC
	tagSnapshot
	tagEnd    // nothing more: the release itself
	tagWord   // followed by the word's letters and wordEnd
	tagNumber // plus the number of bytes that follow, up to 8: the number, big-endian
)

const (
	tagLong     = tagNumber + 9 // a longer number: the number of digits, and the digits
	wordEnd     = 0             // below every letter, so "z" is before "za"
	meaningless = 0             // in place of a tag: the word has no meaning
)

// Key returns bytes with the order of versions of no ecosystem: bytes.Compare of two keys says
// which version is older. It is defined for every string; only the first MaxLength bytes count. A
// key is at most one byte longer than three times its version. Orderable says whether the order is
// meaningful.
//
// A version is read as numbers and words; everything between them only separates. Case does not
// matter. The rules (matching.md, section 2.2):
//
//   - Numbers are compared by value: 22.01 = 22.1, 5011 > 500.
//   - Zeros that end a run of numbers mean nothing: 83 = 83.0.0.0, and 3.2.0rc2 = 3.2rc2.
//   - A pre-release is before its release, and in this order: dev (as canary, next, latest,
//     nightly, test), alpha, beta or milestone, pre (as preview, ea, eap), rc, snapshot. The
//     letters a, b and m stand for alpha, beta and milestone right before a digit (9.0.0.M1), but
//     not after a parenthesis, where Cisco puts the train (15.1(4)M1).
//   - Any other word is after its release, in the order of the alphabet: 1.1.1 < 1.1.1a < 1.1.1k <
//     1.1.1.1.
//   - Words that only say "this is a release" mean nothing: final, ga, release, stable, lts, esr,
//     incubating. Nor does a v before the first number.
//   - What follows a tilde is before everything without it: 1.0~git < 1.0.
func Key(v string) []byte {
	const typical = 24
	return AppendKey(make([]byte, 0, typical), v)
}

// AppendKey appends the key of v to dst; see Key.
func AppendKey(dst []byte, v string) []byte {
	v = v[:min(len(v), MaxLength)]
	w := keyWriter{key: dst, start: len(dst)}
	for i, end := 0, 0; i < len(v); i = end {
		switch end = i + 1; {
		case isDigit(v[i]):
			end = i + span(v[i:], isDigit)
			w.number(v[i:end])
		case isLetter(v[i]):
			end = i + span(v[i:], isLetter)
			train := i > 0 && v[i-1] == ')'
			w.word(v[i:end], end < len(v) && isDigit(v[end]) && !train)
		case v[i] == '~':
			w.tag(tagTilde)
		}
	}
	return append(w.key, tagEnd)
}

// keyWriter writes the tokens of one key.
type keyWriter struct {
	key   []byte
	start int
	// zeros counts the zeros among the last numbers: they are written only if another number
	// follows.
	zeros int
}

// tag writes a token that consists of its tag.
func (w *keyWriter) tag(tag byte) {
	w.zeros = 0
	w.key = append(w.key, tag)
}

// number writes a number, given as its decimal digits.
func (w *keyWriter) number(digits string) {
	digits = digits[span(digits, isZero):]
	if digits == "" {
		w.zeros++
		return
	}
	for ; w.zeros > 0; w.zeros-- {
		w.key = append(w.key, tagNumber)
	}
	const safe = 19 // as many digits always fit 64 bits
	if len(digits) > safe {
		w.key = binary.BigEndian.AppendUint16(append(w.key, tagLong), uint16(len(digits)))
		w.key = append(w.key, digits...)
		return
	}
	var n uint64
	for i := range len(digits) {
		n = n*10 + uint64(digits[i]-'0')
	}
	size := (bits.Len64(n) + 7) / 8
	w.key = append(w.key, tagNumber+byte(size))
	for ; size > 0; size-- {
		w.key = append(w.key, byte(n>>(8*(size-1))))
	}
}

// word writes a word as its letters, as a tag, or not at all. A word of one letter directly before
// a number may be an abbreviation.
func (w *keyWriter) word(letters string, numbered bool) {
	before := len(w.key)
	leading := before == w.start && w.zeros == 0
	w.key = append(w.key, tagWord)
	for i := range len(letters) {
		w.key = append(w.key, lower(letters[i]))
	}
	tag := wordTag(string(w.key[before+1:]))
	if tag == tagWord && numbered && len(letters) == 1 {
		tag = letterTag(lower(letters[0]), leading)
	}
	switch tag {
	case tagWord:
		w.key = append(w.key, wordEnd)
		w.zeros = 0
	case meaningless:
		w.key = w.key[:before]
	default:
		w.key = w.key[:before]
		w.tag(tag)
	}
}

// wordTag returns the tag of a word in lower case.
func wordTag(word string) byte {
	switch word {
	case "final", "ga", "release", "stable", "lts", "esr", "incubating":
		return meaningless
	case "dev", "devel", "canary", "next", "latest", "nightly", "test":
		return tagDev
	case "alpha":
		return tagAlpha
	case "beta", "milestone":
		return tagBeta
	case "pre", "preview", "prerelease", "ea", "eap":
		return tagPre
	case "rc", "cr":
		return tagRC
	case "snapshot":
		return tagSnapshot
	}
	return tagWord
}

// letterTag returns the tag of a lower-case letter directly before a number; leading says that it
// is the first number of the version.
func letterTag(letter byte, leading bool) byte {
	switch {
	case letter == 'a':
		return tagAlpha
	case letter == 'b', letter == 'm':
		return tagBeta
	case letter == 'v' && leading:
		return meaningless
	}
	return tagWord
}

// span returns the length of the prefix of s with bytes of a class.
func span(s string, class func(byte) bool) int {
	n := 0
	for n < len(s) && class(s[n]) {
		n++
	}
	return n
}

func isZero(c byte) bool { return c == '0' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isLetter also accepts every byte that is not ASCII: such versions differ, and nothing else can
// be said of them.
func isLetter(c byte) bool {
	return 'a' <= lower(c) && lower(c) <= 'z' || c >= 0x80
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// MaxLength bounds a version in bytes: a longer one is an error in Parse and Compare, and cut in
// Key.
const MaxLength = 1024

// FirstNumber returns the first number of a version, given by its key; ok is false if the version
// begins with a word or with a number of more than 19 digits.
func FirstNumber(key []byte) (number uint64, ok bool) {
	if len(key) == 0 || key[0] < tagNumber && key[0] != tagEnd || key[0] >= tagLong {
		return 0, false
	}
	if key[0] == tagEnd { // nothing but zeros
		return 0, true
	}
	size := int(key[0] - tagNumber)
	if len(key) < 1+size {
		return 0, false
	}
	for _, b := range key[1 : 1+size] {
		number = number<<8 | uint64(b)
	}
	return number, true
}

// TwoNumbers returns the first two numbers of a version, given by its key; the second is 0 if there is none. ok is
// FirstNumber's.
func TwoNumbers(key []byte) (numbers [2]uint64, ok bool) {
	for i := range numbers {
		number, found := FirstNumber(key)
		if !found || key[0] == tagEnd {
			return numbers, found || i > 0
		}
		numbers[i] = number
		key = key[1+int(key[0]-tagNumber):]
	}
	return numbers, true
}
