package demo

import (
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
)

const day = 24 * time.Hour

// past is what happens in the days before today.
type past struct {
	fleet fleet.Fleet
	days  int // before today that snapshots are made of
}

// simulated returns the fleet of a demonstration that ends at a time. Its devices and their changes are the same each
// time.
func simulated(devices, days int, now time.Time) fleet.Fleet {
	changing := min(1, max(0.4, 4/float64(devices))) // of a few devices most change, so that there is something to show
	begun := now.Add(-time.Duration(days)*day - time.Minute)
	return fleet.Fleet{Seed: 1, Devices: devices, Begun: begun.UTC(), Interval: day, Changing: changing}
}

// after returns the day at which so many sixths of the past are over; at least the first.
func (p *past) after(sixths int) int { return max(1, p.days*sixths/6) }

// lively tells whether the fleet has so many devices that some may come and go.
func (p *past) lively() bool { return p.fleet.Devices >= 8 }

// present tells whether a device reports on a day.
func (p *past) present(i, n int) bool {
	devices := p.fleet.Devices
	switch {
	case !p.lively():
		return true
	case i == devices/8: // removed
		return n <= p.after(3)
	case i == devices/4: // silent
		return n <= p.after(2)
	case i >= devices-devices/10:
		return n > i%max(1, p.days)
	}
	return true
}

// uncovered is the report of a device with a distribution of which the sample has no advisories.
func uncovered(now time.Time) *inventory.Report {
	r := &inventory.Report{Time: now.Add(-time.Minute).UTC(), Source: "collect", Device: inventory.Device{
		ID:   inventory.DeriveID("demo", "appliance-0001.corp.example.com"),
		Name: "appliance-0001.corp.example.com", OSPlatform: "Linux",
		OSVersion: "3.20.3", OSArchitecture: "x64", Tags: []string{"appliance"}}}
	for _, p := range []string{"busybox@1.36.1-r29", "musl@1.2.5-r0", "openssl@3.3.2-r0", "dropbear@2024.85-r0"} {
		r.Software = append(r.Software, inventory.Software{PURL: "pkg:apk/alpine/" + p + "?distro=alpine-3.20.3"})
	}
	return r
}
