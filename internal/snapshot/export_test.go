package snapshot

// ParseSheet and AppendSheet are the form of sheets without the file.
var (
	ParseSheet  = parseSheet
	AppendSheet = (*Sheet).append
)

// Limits of fragments and segments, in raw bytes.
const (
	FragmentRaw = fragmentRaw
	SegmentRaw  = segmentRaw
)
