package control

import (
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/muster-project/muster/internal/inventory"
)

// Received is the reply to reports.
type Received struct {
	Accepted int             `json:"accepted"`
	Reports  []ReceivedEntry `json:"reports"`
}

// ReceivedEntry names one report that was accepted.
type ReceivedEntry struct {
	ID       string `json:"id"`
	DeviceID string `json:"deviceId"`
	// NotCounted are members of the device that were ignored, because the sender may not
	// change them and they differ from what the device has.
	NotCounted []string `json:"notCounted,omitempty"`
	// Results counts the rules of a document in XCCDF by the word for their result. Only pass, fixed, fail and
	// notapplicable became configurations.
	Results map[string]int `json:"results,omitempty"`
}

// Receipt tells what became of a report.
type Receipt struct {
	ID           string    `json:"id"`
	DeviceID     string    `json:"deviceId"`
	Source       string    `json:"source"`
	ReceivedTime time.Time `json:"receivedTime"`
	// Changed tells whether it contained anything new.
	Changed bool `json:"changed"`
	// Snapshot is the number of the first snapshot that includes it; null before.
	Snapshot *int64 `json:"snapshot"`
}

// Reports is a body of reports in one format.
type Reports struct {
	Format inventory.Format
	// Body is opened for every attempt.
	Body    func() (io.ReadCloser, error)
	Gzipped bool
	// Device is the device of a document that does not name one.
	Device inventory.Device
}

const reportsPath = "/v1/reports"

// SendReports sends reports. They are durable when the server has replied.
func SendReports(r Reports) Request[Received] {
	query := url.Values{}
	for name, value := range map[string]string{"deviceName": r.Device.Name, "deviceId": r.Device.ID,
		"osPlatform": r.Device.OSPlatform,
		"osVersion":  r.Device.OSVersion, "osArchitecture": r.Device.OSArchitecture} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return Request[Received]{Call{Method: http.MethodPost, Path: reportsPath, Query: query,
		Body: r.Body, ContentType: r.Format.MediaType(), Gzipped: r.Gzipped}}
}
