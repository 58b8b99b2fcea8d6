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

// What one sender may send is bounded in number, beside bytes (design.md,
// section 8). No setting switches these off. A caller has no rate: while others
// wait it gets its share of what can be stored (package store), and while nobody
// does, everything.
const (
	// maxReports is how many reports a body may have.
	maxReports = 10_000
	// deviceReports is how many reports of one device a body may have, and how
	// many may come at once; as many a minute may follow.
	deviceReports = 256
	// maxReporting is how many devices are remembered; that of the one unseen the
	// longest is forgotten for another's.
	maxReporting = 16_384
)

// Why reports are refused, for metrics.
const (
	forBody    = "body_reports"
	forDevice  = "device_reports"
	forRate    = "device_rate"
	forSources = "device_sources"
	forQueue   = "queue"
	forStop    = "stop"
)

// countReports yields the reports of a body, as many as one may have.
func countReports(reports iter.Seq2[*inventory.Report, error]) iter.Seq2[*inventory.Report, error] {
	return func(yield func(*inventory.Report, error) bool) {
		n := 0
		for report, err := range reports {
			if n++; err == nil && n > maxReports {
				report, err = nil, limited(forBody, "the body has more than %d reports, and none of them was stored: send them in several", maxReports)
			}
			if !yield(report, err) {
				return
			}
		}
	}
}

// limited is the refusal of a body that has more of something than it may.
func limited(by, format string, args ...any) *edge.Failure {
	f := edge.Refuse(http.StatusRequestEntityTooLarge, "", format, args...)
	f.Limit = by
	return f
}

// deviceRates hold the reports of each device to deviceReports, each sender's
// apart: what one sends of a device that it may not even see must not keep the
// device's own reports out.
type deviceRates struct {
	mu   sync.Mutex
	seen *edge.Recent[reporting, bucket]
}

// reporting is a device of which a caller of an organization reports, by its id
// where a report says it, else by the id that follows from its name.
type reporting struct{ organization, caller, device string }

// bucket is what a device may still report.
type bucket struct {
	*rate.Limiter
	// refused says that the newest reports were.
	refused bool
}

func newDeviceRates() *deviceRates {
	return &deviceRates{seen: edge.NewRecent[reporting, bucket](maxReporting, time.Minute)}
}

// admit counts the reports of a body that is otherwise in order, or refuses all
// of them. What is refused counts for nothing.
func (d *deviceRates) admit(c *auth.Caller, batch []reports.Incoming, now time.Time) error {
	counts := map[reporting]int{}
	var devices []reporting // in the order of their first reports
	for i, in := range batch {
		device := reporting{c.Organization, c.ID, cmp.Or(c.Device, in.Device.ID, inventory.DeriveID("", in.Device.Name))}
		if counts[device]++; counts[device] == 1 {
			devices = append(devices, device)
		}
		if counts[device] > deviceReports {
			return limited(forDevice, "report %d: the body has more than %d of the device %q, and nothing of it was stored: only the newest of a source counts",
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
		f := edge.TooMany(wait, "the device %s has reported too often, and nothing of this body was stored: %d reports at once, and as many a minute, are taken",
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
