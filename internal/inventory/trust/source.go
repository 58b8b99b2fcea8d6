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
	switch s.Role {
	case Manager:
		return w, nil
	case Fleet, Scoped:
		if w == OfNobody || w == OfOthers {
			return w, nil
		}
		return w, refusal(fmt.Sprintf("the source %q is the device's own: its credential wrote it, and that or a manager may replace it", source))
	case Own:
		if w == OfNobody || w == OfCredential {
			return OfCredential, nil
		}
		return w, refusal(fmt.Sprintf("the source %q was written by others, not by this device", source))
	}
	return w, nobody
}
