package odata

import (
	"cmp"
	"strings"
	"time"
)

// Value is what a row has in a field. The zero Value is null.
type Value struct {
	set    bool
	text   string  // of Text and Enum
	number float64 // of Number; of Bool 1 for true
	time   time.Time
	texts  []string
}

// OfText returns the value of a Text or Enum.
func OfText(text string) Value { return Value{set: true, text: text} }

// OfNumber returns the value of a Number. Whole numbers are exact up to 2^53.
func OfNumber(n float64) Value { return Value{set: true, number: n} }

// OfBool returns the value of a Bool.
func OfBool(b bool) Value {
	v := Value{set: true}
	if b {
		v.number = 1
	}
	return v
}

// OfTime returns the value of a Time.
func OfTime(t time.Time) Value { return Value{set: true, time: t} }

// OfTexts returns the value of Texts. The list is not copied.
func OfTexts(list []string) Value { return Value{set: true, texts: list} }

// IsNull tells whether the value is null.
func (v Value) IsNull() bool { return !v.set }

// Row is a row of a list: it gives the value of each field of its Schema by the field's number. The
// value must be of the field's type, or null.
type Row interface {
	Value(field int) Value
}

// compare orders two values of a field, neither of which is null. An Enum with listed values has
// their order, and comparable is false for others.
func (f *Field) compare(a, b Value) (order int, comparable bool) {
	switch f.Type {
	case Number, Bool:
		return cmp.Compare(a.number, b.number), true
	case Time:
		return a.time.Compare(b.time), true
	case Enum:
		if len(f.Values) == 0 {
			return strings.Compare(f.folded(a.text), f.folded(b.text)), true
		}
		x, y := f.rank(a.text), f.rank(b.text)
		return x - y, x >= 0 && y >= 0
	}
	return strings.Compare(a.text, b.text), true
}

// equal tells whether two values of a field, neither of which is null, are the same.
func (f *Field) equal(a, b Value) bool {
	switch f.Type {
	case Number, Bool:
		return a.number == b.number
	case Time:
		return a.time.Equal(b.time)
	}
	return f.folded(a.text) == f.folded(b.text)
}
