package odata

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// literal returns the value that a token is for a field, null aside; false if it is of another
// type.
func (f *Field) literal(t token) (Value, bool) {
	if t.kind != quotedToken && t.kind != bareToken && !(f.Type == Bool && t.kind == nameToken) {
		return Value{}, false
	}
	switch f.Type {
	case Text, Enum, Texts:
		return OfText(t.text), true
	case Number:
		n, err := strconv.ParseFloat(strings.TrimSpace(t.text), 64)
		return OfNumber(n), err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
	case Bool:
		yes := strings.EqualFold(t.text, "true")
		return OfBool(yes), yes || strings.EqualFold(t.text, "false")
	case Time:
		at, ok := ParseTime(t.text)
		return OfTime(at), ok
	}
	return Value{}, false
}

// layouts are the spellings of a time: as RFC 3339 has it, with any fraction, also in lower case;
// as rows write it; a date alone. Without a zone they are in UTC.
var layouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", time.DateTime,
	time.DateOnly, "2006-01-02Z07:00"}

// ParseTime reads a time in any spelling that filters accept, with its zone or in UTC.
func ParseTime(text string) (time.Time, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// literalText returns the value as a filter spells it.
func (f *Field) literalText(v Value) string {
	if v.IsNull() {
		return "null"
	}
	switch f.Type {
	case Number:
		return strconv.FormatFloat(v.number, 'f', -1, 64)
	case Bool:
		return strconv.FormatBool(v.number == 1)
	case Time:
		return v.time.Format(time.RFC3339Nano)
	}
	return quote(v.text)
}
