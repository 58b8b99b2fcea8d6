package version

import "strings"

// PadFour returns a version as Windows writes file versions, with four parts: "3.3.1" becomes
// "3.3.1.0". A version with more parts, or that is not dotted numbers, stays as it is.
func PadFour(v string) string {
	const parts = 4
	dots := strings.Count(v, ".")
	if dots >= parts-1 || !dottedNumbers(v) {
		return v
	}
	return v + strings.Repeat(".0", parts-1-dots)
}

func dottedNumbers(v string) bool {
	for number := range strings.SplitSeq(v, ".") {
		if number == "" || span(number, isDigit) != len(number) {
			return false
		}
	}
	return true
}
