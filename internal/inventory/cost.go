package inventory

// The largest memory for a document while it is taken in, in bytes per part of its text. The
// figures are measured (sbom/memory_test.go checks them for all shapes): a text and its copies in
// the decoder, in canonical form and in between; strings that are not ASCII become three times as
// long when they are normalised; everything in brackets may become an entry of software, a
// component and its products; everything after a comma a path, a fact or a hotfix. A row of a table
// becomes an entry, too, and costs a quarter of that.
const (
	costBase   = 64 << 10
	costByte   = 5
	costWide   = 7
	costValue  = 1 << 10
	costItem   = 96
	mostValues = 2 * MaxSoftware
	mostItems  = maxListedPaths
)

// Cost returns about how many bytes of memory are needed at most to decode a report or SBOM in any
// form, to normalise it and to make documents from it. It reads the text once and is fast compared
// with that.
func Cost(text []byte) int64 {
	var values, items, wide, rows int64
	for _, c := range text {
		switch {
		case c >= 0x80:
			wide++
		case c == '{', c == '<':
			values++
		case c == ',':
			items++
		case c == '\n':
			rows++
		}
	}
	return costBase + costByte*int64(len(text)) + costWide*wide + costValue*min(max(values, rows/4), mostValues) +
		costItem*min(items, mostItems)
}
