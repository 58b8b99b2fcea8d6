package version

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// pacman is a version of a package of Arch Linux, ordered as pacman's vercmp(8) does: an epoch and a colon, the
// version of the software, a hyphen and a release. Without an epoch it is 0; releases count if both have one.
type pacman struct{ epoch, version, release string }

func newPacman(text string) pacman {
	v := pacman{epoch: "0", version: text}
	if epoch, rest, ok := strings.Cut(text, ":"); ok && run(epoch, isDigit) == len(epoch) {
		v.epoch, v.version = cmp.Or(epoch, "0"), rest
	}
	if at := strings.LastIndexByte(v.version, '-'); at >= 0 {
		v.version, v.release = v.version[:at], v.version[at+1:]
	}
	return v
}

// Compare implements semantic.Version.
func (v pacman) Compare(other semantic.Version) (int, error) {
	w, ok := other.(pacman)
	if !ok {
		return 0, fmt.Errorf("%w: %T is no version of pacman", semantic.ErrNotSameEcosystem, other)
	}
	if order := cmp.Or(compareSegments(v.epoch, w.epoch), compareSegments(v.version, w.version)); order != 0 {
		return order, nil
	}
	if v.release == "" || w.release == "" {
		return 0, nil
	}
	return compareSegments(v.release, w.release), nil
}

// CompareStr implements semantic.Version.
func (v pacman) CompareStr(other string) (int, error) { return v.Compare(newPacman(other)) }

// compareSegments compares segment by segment: runs of digits as numbers, runs of letters as text. A number is newer
// than letters, more separators are newer than fewer, and what is left decides at the end: letters are older
// than nothing ("1.5b" is before "1.5"), all else is newer.
func compareSegments(a, b string) int {
	for a != "" && b != "" {
		separatorsA, separatorsB := run(a, isSeparator), run(b, isSeparator)
		if a, b = a[separatorsA:], b[separatorsB:]; a == "" || b == "" {
			break
		}
		if order := cmp.Compare(separatorsA, separatorsB); order != 0 {
			return order
		}
		same := isLetter
		if isDigit(a[0]) {
			same = isDigit
		}
		segmentA, segmentB := a[:run(a, same)], b[:run(b, same)]
		if segmentB == "" { // one is a number, the other is not
			return cmp.Compare(rank(isDigit(a[0])), rank(isDigit(b[0])))
		}
		if isDigit(a[0]) {
			numberA, numberB := strings.TrimLeft(segmentA, "0"), strings.TrimLeft(segmentB, "0")
			if order := cmp.Or(cmp.Compare(len(numberA), len(numberB)), strings.Compare(numberA, numberB)); order != 0 {
				return order
			}
		} else if order := strings.Compare(segmentA, segmentB); order != 0 {
			return order
		}
		a, b = a[len(segmentA):], b[len(segmentB):]
	}
	switch {
	case a == "" && b == "":
		return 0
	case a == "" && !isLetter(b[0]), a != "" && isLetter(a[0]):
		return -1
	}
	return 1
}

// run is the length of the run of characters at the beginning of a text.
func run(text string, of func(byte) bool) int {
	for i := range len(text) {
		if !of(text[i]) {
			return i
		}
	}
	return len(text)
}

func isSeparator(c byte) bool { return !isDigit(c) && !isLetter(c) }

func rank(set bool) int {
	if set {
		return 1
	}
	return 0
}
