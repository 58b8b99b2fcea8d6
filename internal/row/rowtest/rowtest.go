// Package rowtest writes rows as earlier versions of package row wrote them, for tests.
package rowtest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// Earlier returns rows of a dataset, or of its delta, in the form of version 1: times have random
// fractions that the present form does not show, and whole numbers have no fraction.
func Earlier(t *rapid.T, s *row.Shape, rows []byte) []byte {
	var out []byte
	for len(rows) > 0 {
		var scanned row.Row
		rest, err := s.Scan(&scanned, rows)
		if err != nil {
			t.Fatalf("scanning a %v row: %v", s.Dataset(), err)
		}
		out, rows = Write(out, s, Values(s, &scanned, func(k defender.Kind, value []byte) []byte {
			return EarlierValue(t, k, value)
		})), rest
	}
	return out
}

// Values lists the values of a row by column, nil for null, each changed by change.
func Values(s *row.Shape, scanned *row.Row, change func(defender.Kind, []byte) []byte) (values [][]byte) {
	for _, c := range defender.Columns(s.Dataset(), s.Delta()) {
		value := scanned.Value(c.Field)
		if value != nil {
			value = change(c.Kind, value)
		}
		values = append(values, value)
	}
	return values
}

// Write appends the row with these values.
func Write(dst []byte, s *row.Shape, values [][]byte) []byte {
	var members [][]byte
	for i, c := range defender.Columns(s.Dataset(), s.Delta()) {
		if values[i] != nil {
			members = append(members, fmt.Appendf(nil, `"%s":%s`, c.Field, values[i]))
		}
	}
	return fmt.Appendf(dst, "{%s}\n", bytes.Join(members, []byte(",")))
}

// EarlierValue returns a value of the present form as version 1 may have written it.
func EarlierValue(t *rapid.T, k defender.Kind, value []byte) []byte {
	switch k {
	case defender.KindTime, defender.KindMillis, defender.KindEvent:
		text := strings.Trim(string(value), `"`)
		if k == defender.KindMillis {
			text += fmt.Sprintf("%04d", rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 9_999)).Draw(t, "ticks"))
		} else {
			text += fmt.Sprintf(".%07d", rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 9_999_999)).Draw(t, "ticks"))
		}
		return strconv.AppendQuote(nil, strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
	case defender.KindNumber:
		return bytes.TrimSuffix(value, []byte(".0"))
	}
	return value
}
