package render

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/plain"
)

const (
	// local0 is the facility of messages (RFC 5424, section 6.2.1).
	local0 = 16
	// listedInSyslog is how many devices, CVEs and products a message lists: receivers take 8,192 bytes of one (RFC
	// 5425, section 4.3.1).
	listedInSyslog = 8
)

// severityOf is the severity of RFC 5424, section 6.2.1: critical, error, warning, notice.
func severityOf(n *notice.Notice) int {
	switch {
	case n.Event == notice.Fixed || n.Event == notice.Test:
		return 5
	case n.Severity == "Critical":
		return 2
	case n.Severity == "High":
		return 3
	case n.Severity == "Low" || n.Severity == "None":
		return 5
	}
	return 4
}

// Syslog returns a frame (RFC 5425, section 4.3) with a message (RFC 5424) for each notice. The message is the JSON
// of a delivery with this notice alone. host is this machine's name.
func Syslog(d *notice.Delivery, host string, at time.Time) (frames []byte, err error) {
	for i := range d.Notices {
		n := d.Notices[i]
		n.Devices = n.Devices[:min(len(n.Devices), listedInSyslog)]
		n.CVEs = n.CVEs[:min(len(n.CVEs), listedInSyslog)]
		n.Products = n.Products[:min(len(n.Products), listedInSyslog)]
		data, err := json.Marshal(notice.NewDelivery(d.Organization, d.Rule, []notice.Notice{n}))
		if err != nil {
			return nil, fmt.Errorf("encoding a notice: %w", err)
		}
		// People read logs as they are, so a terminal must not obey what is in them. Only strings of JSON have what
		// Inline escapes, and it writes the escapes of JSON.
		text := plain.Inline(string(data))
		message := fmt.Appendf(nil, "<%d>1 %s %s muster - %s - \ufeff%s", local0*8+severityOf(&n),
			at.UTC().Format("2006-01-02T15:04:05.000Z"), header(host, 255), header(string(n.Event), 32), text)
		frames = append(strconv.AppendInt(frames, int64(len(message)), 10), ' ')
		frames = append(frames, message...)
	}
	return frames, nil
}

// header makes a field of a header: printable ASCII without spaces, or the nil value.
func header(text string, most int) string {
	clean := make([]byte, 0, len(text))
	for i := 0; i < len(text) && len(clean) < most; i++ {
		if c := text[i]; c > ' ' && c < 0x7f {
			clean = append(clean, c)
		}
	}
	if len(clean) == 0 {
		return "-"
	}
	return string(clean)
}
