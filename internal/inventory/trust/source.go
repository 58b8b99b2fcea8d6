package trust

import "fmt"

// Writer is who a source of a device belongs to.
type Writer int

// The writers, as they are stored.
const (
	// OfNobody is a source from before writers were known, or of a device that
	// was adopted.
	OfNobody Writer = 0
	// OfCredential is a source that the device's credential wrote.
	OfCredential Writer = 1
	// OfOthers is a source that somebody else wrote.
	OfOthers Writer = 2
)

// NewSource is the writer of a source that the sender writes first.
func (s *Sender) NewSource() Writer {
	if s.Role == Own {
		return OfCredential
	}
	return OfOthers
}

// MayReplace tells whether a sender who may write reports of a device may write
// a source that belongs to a writer already, and whom it belongs to then.
func (s *Sender) MayReplace(source string, w Writer) (then Writer, err error) {
	switch {
	case s.Role == Nobody:
		return w, nobody
	case w == OfCredential && (s.Role == Fleet || s.Role == Scoped):
		return w, refusal(fmt.Sprintf("the source %q is the device's own: its credential wrote it, and that or a manager may replace it", source))
	case w == OfOthers && s.Role == Own:
		return w, refusal(fmt.Sprintf("the source %q was written by others, not by this device", source))
	case w == OfNobody && s.Role == Own:
		return OfCredential, nil
	}
	return w, nil
}
