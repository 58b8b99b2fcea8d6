package row

import (
	"bytes"
	"time"
)

// rowTime is the format of times in rows: UTC, without a zone, with up to seven digits of fraction
// without trailing zeros (contract.md, section 4).
const rowTime = "2006-01-02 15:04:05.9999999"

// Timestamp is a time in the spelling of rows, such as 2020-11-03 10:13:34.847. It is rendered
// once and then copied; equal times are equal by ==.
type Timestamp struct {
	text   [len(rowTime)]byte
	length uint8
}

// NewTimestamp renders t, truncated to 100 ns. Years are limited to 1 to 9999.
func NewTimestamp(t time.Time) Timestamp {
	var buf [2 * len(rowTime)]byte // AppendFormat needs room for digits that it drops
	return copyTimestamp(fourDigitYear(t).AppendFormat(buf[:0], rowTime))
}

// copyTimestamp makes a Timestamp from text that was checked before.
func copyTimestamp(text []byte) Timestamp {
	var s Timestamp
	s.length = uint8(copy(s.text[:], text))
	return s
}

// Append appends the timestamp to dst, without quotes.
func (s Timestamp) Append(dst []byte) []byte {
	return append(dst, s.text[:s.length]...)
}

// String returns the timestamp as rows spell it.
func (s Timestamp) String() string {
	return string(s.text[:s.length])
}

// Time returns the time in UTC; the zero time for the zero Timestamp.
func (s Timestamp) Time() time.Time {
	t, err := time.Parse(rowTime, s.String())
	if err != nil { // only the zero Timestamp
		return time.Time{}
	}
	return t
}

// Compare orders timestamps by time.
func (s Timestamp) Compare(t Timestamp) int {
	return bytes.Compare(s.text[:s.length], t.text[:t.length])
}

// fourDigitYear returns t in UTC, moved to the nearest time with a year of four digits.
func fourDigitYear(t time.Time) time.Time {
	t = t.UTC()
	switch {
	case t.Year() < 1:
		return time.Time{}
	case t.Year() > 9999:
		return time.Date(9999, 12, 31, 23, 59, 59, 999_999_900, time.UTC)
	}
	return t
}

// timestampLength returns the length of the row time at the beginning of text; 0 if there is none.
func timestampLength(text []byte) int {
	const seconds = len(time.DateTime) // the length without a fraction
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
	return fractionEnd(text, seconds)
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
// seven digits and the last is not 0.
func fractionEnd(text []byte, i int) int {
	end := i + 1
	for end < len(text) && end < len(rowTime) && isDigit(text[end]) {
		end++
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
