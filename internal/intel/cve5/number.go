package cve5

import (
	"bytes"
	"strconv"
	"strings"

	order "github.com/muster-project/muster/internal/version"
)

// numbersOf returns the numbers of a dotted version up to the first part that is none; at most 8.
func numbersOf(text string) []int {
	var numbers []int
	for part := range strings.SplitSeq(plain(text), ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || len(numbers) == 8 {
			break
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// dotted joins numbers to a version.
func dotted(numbers ...int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ".")
}

// isBefore reports whether version a is older than b.
func isBefore(a, b string) bool { return bytes.Compare(order.Key(a), order.Key(b)) < 0 }
