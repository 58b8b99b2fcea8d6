package inventory

import "unicode"

// IsVisible tells whether a character can be seen where it stands: letters,
// marks, digits, punctuation, symbols and plain spaces. Format characters
// (direction, joiners, tags), controls, separators of lines, what is not
// assigned, and the letters and marks that show nothing (Unicode's
// Default_Ignorable_Code_Point) are not.
func IsVisible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsGraphic(r) && r != brailleBlank &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
