package api

import (
	"cmp"
	"iter"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/reports"
)

// The limits on what one sender may send, besides bytes (design.md, section 8). No setting disables
// them. A caller has no rate: while others wait it gets its share of what can be stored (package
// store), otherwise everything.
const (
	// maxReports is how many reports a body may have.
	maxReports = 10_000
	// deviceReports is how many reports of one device a body may have, and how many may come at
	// once; as many a minute may follow.
	deviceReports = 256
	// maxReporting is how many devices are remembered; beyond it the least recently seen is
	// forgotten.
	maxReporting = 16_384
)

// The limits that reports are refused for, for metrics.
const (
	forBody    = "body_reports"
	forDevice  = "device_reports"
	forRate    = "device_rate"
	forSources = "device_sources"
	forQueue   = "queue"
	forStop    = "stop"
)

// countReports yields the reports of a body, up to maxReports.
func countReports(reports iter.Seq2[*inventory.Report, error]) iter.Seq2[*inventory.Report, error] {
	return func(yield func(*inventory.Report, error) bool) {
		n := 0
		for report, err := range reports {
			if n++; err == nil && n > maxReports {
				report, err = nil, limited(forBody,
					"the body has more than %d reports, and none was stored: send them in several bodies", maxReports)
			}
			if !yield(report, err) {
				return
			}
		}
	}
}

// limited returns the error of a body that exceeds a limit.
func limited(by, format string, args ...any) *edge.Failure {
	f := edge.Refuse(http.StatusRequestEntityTooLarge, "", format, args...)
	f.Limit = by
	return f
}

// deviceRates limit the reports of each device to deviceReports, for each sender separately:
// reports of a sender that may not even see a device must not block the device's own reports.
type deviceRates struct {
	mu   sync.Mutex
	seen *edge.Recent[reporting, bucket]
}

// reporting is a device that a caller of an organization reports: its id from the report, else
// the id that follows from its name.
type reporting struct{ organization, caller, device string }

// bucket counts what a device may still report.
type bucket struct {
	*rate.Limiter
	// refused: the newest reports were refused.
	refused bool
}

func newDeviceRates() *deviceRates {
	return &deviceRates{seen: edge.NewRecent[reporting, bucket](maxReporting, time.Minute)}
}

// admit counts the reports of a body that is otherwise valid, or refuses all of them. Refused
// reports do not count.
func (d *deviceRates) admit(c *auth.Caller, batch []reports.Incoming, now time.Time) error {
	counts := map[reporting]int{}
	var devices []reporting // in order of their first reports
	for i, in := range batch {
		device := reporting{c.Organization, c.ID, cmp.Or(c.Device, in.Device.ID, inventory.DeriveID("", in.Device.Name))}
		if counts[device]++; counts[device] == 1 {
			devices = append(devices, device)
		}
		if counts[device] > deviceReports {
			return limited(forDevice, "report %d: the body has more than %d reports of the device %q, and nothing was stored: only the newest report of a source counts",
				i+1, deviceReports, edge.Clip(cmp.Or(in.Device.Name, in.Device.ID)))
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, device := range devices {
		b := d.bucket(device, now)
		wait := edge.UntilHas(b.Limiter, counts[device], now)
		if wait == 0 {
			continue
		}
		f := edge.TooMany(wait, "the device %s has reported too often, and nothing of this body was stored: %d reports at once, and as many a minute, are accepted",
			edge.Clip(device.device), deviceReports)
		f.Quiet, f.Limit, b.refused = b.refused, forRate, true
		return f
	}
	for _, device := range devices {
		b := d.bucket(device, now)
		b.AllowN(now, counts[device])
		b.refused = false
	}
	return nil
}

func (d *deviceRates) bucket(device reporting, now time.Time) *bucket {
	b := d.seen.At(device, now)
	if b.Limiter == nil {
		b.Limiter = rate.NewLimiter(deviceReports/rate.Limit(time.Minute.Seconds()), deviceReports)
	}
	return b
}
