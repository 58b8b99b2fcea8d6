package defender

import (
	"fmt"
	"time"
)

// ParseTime parses a time of a reply in either spelling: that of rows, and RFC 3339, which
// generatedTime, endOfSupportDate and the eventTimestamp of pages have. It is for clients: muster
// itself reads no replies.
func ParseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.DateTime, text); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading time %q: neither a row time nor RFC 3339", text)
	}
	return t.UTC(), nil
}
