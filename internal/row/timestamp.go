package row

import (
	"bytes"
	"time"

	"github.com/muster-project/muster/defender"
)

const (
	// wholeSeconds and milliseconds are the two forms of times in rows: UTC, without a zone
	// (contract.md, section 4).
	wholeSeconds = "2006-01-02 15:04:05"
	milliseconds = "2006-01-02 15:04:05.000"

	mostDigits = 7 // of a fraction in rows of version 1
)

// Timestamp is a time of rows, in milliseconds. It is rendered once and then copied, in whole or
// without its fraction; equal times are equal by ==.
type Timestamp struct {
	text [len(milliseconds)]byte
}

// NewTimestamp renders t, cut to milliseconds. Years are limited to 1 to 9999.
func NewTimestamp(t time.Time) (s Timestamp) {
	var buf [2 * len(milliseconds)]byte // AppendFormat needs room for digits that it drops
	copy(s.text[:], fourDigitYear(t).AppendFormat(buf[:0], milliseconds))
	return s
}

// timestampOf makes a Timestamp from a time of a row of any version, of which digits beyond
// milliseconds are cut.
func timestampOf(text []byte) (s Timestamp) {
	copy(s.text[:], "0001-01-01 00:00:00.000")
	copy(s.text[:], text)
	return s
}

// Append appends the timestamp to dst as values of kind k spell it, without quotes: with three
// digits of fraction for KindMillis, else without a fraction.
func (s *Timestamp) Append(dst []byte, k defender.Kind) []byte {
	if k == defender.KindMillis {
		return append(dst, s.text[:]...)
	}
	return append(dst, s.text[:len(wholeSeconds)]...)
}

// String returns the timestamp in whole seconds; "" for the zero Timestamp.
func (s Timestamp) String() string {
	if s == (Timestamp{}) {
		return ""
	}
	return string(s.text[:len(wholeSeconds)])
}

// Time returns the time in UTC; the zero time for the zero Timestamp.
func (s Timestamp) Time() time.Time {
	t, err := time.Parse(milliseconds, string(s.text[:]))
	if err != nil { // only the zero Timestamp
		return time.Time{}
	}
	return t
}

// Day returns the UTC day, in days since 1970.
func (s Timestamp) Day() int64 {
	year := 100*twoDigits(s.text[:], 0) + twoDigits(s.text[:], 2)
	at := time.Date(year, time.Month(twoDigits(s.text[:], 5)), twoDigits(s.text[:], 8), 0, 0, 0, 0, time.UTC)
	return at.Unix() / (24 * 60 * 60)
}

// Compare orders timestamps by time.
func (s Timestamp) Compare(t Timestamp) int {
	return bytes.Compare(s.text[:], t.text[:])
}

// fourDigitYear returns t in UTC, moved to the nearest time with a year of four digits.
func fourDigitYear(t time.Time) time.Time {
	t = t.UTC()
	switch {
	case t.Year() < 1:
		return time.Time{}
	case t.Year() > 9999:
		return time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
	}
	return t
}

// timestampLength returns the length of the row time at the beginning of text; 0 if there is none.
// Rows of version 1 have up to seven digits of fraction without trailing zeros, whatever the kind.
func timestampLength(k defender.Kind, text []byte) int {
	const seconds = len(wholeSeconds)
	if len(text) < seconds || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':' {
		return 0
	}
	century, year := twoDigits(text, 0), twoDigits(text, 2)
	if century > 99 || year > 99 || !validDay(century*100+year, twoDigits(text, 5), twoDigits(text, 8)) {
		return 0
	}
	if twoDigits(text, 11) > 23 || twoDigits(text, 14) > 59 || twoDigits(text, 17) > 59 {
		return 0
	}
	if len(text) == seconds || text[seconds] != '.' {
		return seconds
	}
	return fractionEnd(k, text, seconds)
}

// twoDigits returns the number of the two digits at text[i]; 100 if they are not digits.
func twoDigits(text []byte, i int) int {
	tens, ones := text[i]-'0', text[i+1]-'0'
	if tens > 9 || ones > 9 {
		return 100
	}
	return int(tens)*10 + int(ones)
}

// validDay reports whether the day exists.
func validDay(year, month, day int) bool {
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return day <= 28 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// fractionEnd returns the end of the fraction whose point is at text[i]; 0 unless it has one to
// seven digits and the last is not 0, or three digits if the kind has them.
func fractionEnd(k defender.Kind, text []byte, i int) int {
	end := i + 1
	for end < len(text) && end <= i+mostDigits && isDigit(text[end]) {
		end++
	}
	if k == defender.KindMillis && end == len(milliseconds) {
		return end
	}
	if text[end-1] == '.' || text[end-1] == '0' {
		return 0
	}
	return end
}

// isDigit reports whether c is a decimal digit.
func isDigit(c byte) bool {
	return c-'0' <= 9
}
