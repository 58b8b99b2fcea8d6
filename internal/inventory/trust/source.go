package trust

import "fmt"

// Writer says to whom a source of a device belongs.
type Writer int

// The writers, as they are stored.
const (
	// OfNobody is a source from before writers were stored, or of an adopted device.
	OfNobody Writer = 0
	// OfCredential is a source that the device's credential wrote.
	OfCredential Writer = 1
	// OfOthers is a source that another sender wrote.
	OfOthers Writer = 2
)

// NewSource returns the writer of a new source from the sender.
func (s *Sender) NewSource() Writer {
	if s.Role == Own {
		return OfCredential
	}
	return OfOthers
}

// MayReplace reports whether a sender who may write reports of a device may write an existing
// source, and to whom it then belongs.
func (s *Sender) MayReplace(source string, w Writer) (then Writer, err error) {
	switch s.Role {
	case Manager:
		return w, nil
	case Fleet, Scoped:
		if w == OfNobody || w == OfOthers {
			return w, nil
		}
		return w, refusal(fmt.Sprintf("the source %q was written by the device's own credential: only that or a manager may replace it", source))
	case Own:
		if w == OfNobody || w == OfCredential {
			return OfCredential, nil
		}
		return w, refusal(fmt.Sprintf("the source %q was written by others, not by this device", source))
	}
	return w, nobody
}
