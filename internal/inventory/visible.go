package inventory

import "unicode"

// IsVisible reports whether a character is visible in place: letters, marks, digits, punctuation,
// symbols and plain spaces are. Format characters (direction, joiners, tags), controls, line
// separators, unassigned characters, and letters and marks that show nothing (Unicode's
// Default_Ignorable_Code_Point) are not.
func IsVisible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsGraphic(r) && r != brailleBlank &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
