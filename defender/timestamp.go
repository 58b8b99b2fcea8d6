package defender

import (
	"bytes"
	"fmt"
	"time"
)

// rowTime is how rows spell times: UTC, no zone, up to seven digits of fraction
// without trailing zeros (contract.md, section 4).
const rowTime = "2006-01-02 15:04:05.9999999"

// Timestamp is a time as rows spell it, such as 2020-11-03 10:13:34.847. It is
// rendered once and then copied; equal times are equal by ==.
type Timestamp struct {
	text   [len(rowTime)]byte
	length uint8
}

// NewTimestamp renders t, cut down to 100 ns. Years are held between 1 and 9999.
func NewTimestamp(t time.Time) Timestamp {
	var buf [2 * len(rowTime)]byte // AppendFormat needs room for digits that it drops again
	return copyTimestamp(fourDigitYear(t).AppendFormat(buf[:0], rowTime))
}

// ParseTimestamp reads back what a Timestamp spells, and nothing else.
func ParseTimestamp(text string) (Timestamp, error) {
	if n, ok := timestampLength([]byte(text)); !ok || n != len(text) {
		return Timestamp{}, fmt.Errorf("reading row time %q: want the form 2020-11-03 10:13:34.847", text)
	}
	return copyTimestamp([]byte(text)), nil
}

// copyTimestamp takes text as a Timestamp; text was checked before.
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
	if err != nil { // the zero Timestamp alone
		return time.Time{}
	}
	return t
}

// Compare orders timestamps by time.
func (s Timestamp) Compare(t Timestamp) int {
	return bytes.Compare(s.text[:s.length], t.text[:t.length])
}

// ParseTime reads a time of a reply in any of its spellings: as rows write it,
// and in RFC 3339, as generatedTime, endOfSupportDate and the eventTimestamp
// of pages are.
func ParseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.DateTime, text); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading time %q: neither a row time nor RFC 3339", text)
	}
	return t.UTC(), nil
}

// fourDigitYear returns t in UTC, moved to the nearest time whose year has a
// spelling of four digits.
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

// timestampLength returns how many bytes of text the row time at its head
// takes. Where there is none it returns the offset of the first wrong byte.
func timestampLength(text []byte) (int, bool) {
	const pattern = "0000-00-00 00:00:00"
	for i := range len(pattern) {
		if i == len(text) {
			return i, false
		}
		if wrong := pattern[i] == '0' && !isDigit(text[i]) || pattern[i] != '0' && text[i] != pattern[i]; wrong {
			return i, false
		}
	}
	if at, ok := validClock(text); !ok {
		return at, false
	}
	return fractionEnd(text, len(pattern))
}

// validClock checks the ranges of a row time whose digits are in place. Where
// one is left it returns the offset of that number.
func validClock(text []byte) (int, bool) {
	number := func(i int) int { return int(text[i]-'0')*10 + int(text[i+1]-'0') }
	year, month, day := number(0)*100+number(2), number(5), number(8)
	switch {
	case year == 0:
		return 0, false
	case month < 1 || month > 12:
		return 5, false
	case day < 1 || day > 28 && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day:
		return 8, false
	case number(11) > 23:
		return 11, false
	case number(14) > 59:
		return 14, false
	case number(17) > 59:
		return 17, false
	}
	return len(text), true
}

// fractionEnd returns where a fraction of one to seven digits that begins at i
// ends, or i where there is none. A last digit of 0 is wrong.
func fractionEnd(text []byte, i int) (int, bool) {
	if i == len(text) || text[i] != '.' {
		return i, true
	}
	end := i + 1
	for end < len(text) && end < len(rowTime) && isDigit(text[end]) {
		end++
	}
	if text[end-1] == '.' || text[end-1] == '0' {
		return end - 1, false
	}
	return end, true
}

// isDigit tells whether c is a decimal digit.
func isDigit(c byte) bool {
	return c-'0' <= 9
}
