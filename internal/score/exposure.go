package score

import (
	"math"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
)

// Load is the load of some findings, in ten-thousandths. Loads are added.
type Load int64

// unit is the load of a device whose exposure is 100 (1 - 1/e), about 63.
const unit = 10_000

// The loads of findings without a known exploit, by severity. An unrated one has a score of zero, or
// neither a score nor a word.
const (
	criticalLoad Load = 200
	highLoad     Load = 70
	mediumLoad   Load = 20
	lowLoad      Load = 5
	unratedLoad  Load = 5
)

// exploitFactor multiplies the load of a finding for which an exploit is known, of any level.
const exploitFactor = 5

// Of returns the load of findings, counted by severity; exploited counts those of them for which an
// exploit is known.
func Of(findings, exploited counts.Severities) Load {
	return of(findings) + (exploitFactor-1)*of(exploited)
}

func of(n counts.Severities) Load {
	return criticalLoad*Load(n.Critical) + highLoad*Load(n.High) + mediumLoad*Load(n.Medium) + lowLoad*Load(n.Low) +
		unratedLoad*Load(n.Unrated)
}

// Exposure returns the exposure of a device with a load: from 0, for no load, to 100.
func (l Load) Exposure() float64 {
	if l <= 0 {
		return 0
	}
	return -100 * math.Expm1(-float64(l)/unit)
}

// The least exposures of two levels; they are Microsoft's.
const (
	leastMedium = 30
	leastHigh   = 70
)

// Level returns the exposureLevel of a device with a load.
func (l Load) Level() string { return LevelOf(l.Exposure()) }

// LevelOf returns the level of an exposure.
func LevelOf(exposure float64) string {
	switch {
	case exposure >= leastHigh:
		return defender.ExposureHigh
	case exposure >= leastMedium:
		return defender.ExposureMedium
	case exposure > 0:
		return defender.ExposureLow
	}
	return defender.ExposureNone
}

// Fleet sums up the exposures of devices. The zero Fleet has no devices.
type Fleet struct {
	Devices int64
	// Load is the sum of the devices' loads.
	Load Load
	sum  float64
}

// Add adds a device.
func (f *Fleet) Add(l Load) {
	f.Devices++
	f.Load += l
	f.sum += l.Exposure()
}

// Join adds the devices of another fleet.
func (f *Fleet) Join(other Fleet) {
	f.Devices += other.Devices
	f.Load += other.Load
	f.sum += other.sum
}

// Exposure returns the mean exposure of the devices; 0 without devices.
func (f Fleet) Exposure() float64 {
	if f.Devices == 0 {
		return 0
	}
	return f.sum / float64(f.Devices)
}

// Share returns the part of the fleet's exposure that findings with a load are to blame for: in
// proportion to the fleet's load. The shares of all findings add up to its exposure.
func (f Fleet) Share(of Load) float64 {
	if f.Load <= 0 {
		return 0
	}
	return f.Exposure() * float64(of) / float64(f.Load)
}
