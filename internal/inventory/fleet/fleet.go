// Package fleet simulates the devices of an organization: Windows, macOS and Linux machines with
// realistic software, settings and paths, for the demonstration, for benchmarks and for tests.
//
// A device is a function of the fleet's seed, its number, and the number of steps that have
// passed. Nothing is stored, so a fleet of any size costs nothing until a report is made, and
// reports can be made in any order:
//
//	number ──▶ role ──▶ products of the role's tables ──▶ state ──▶ Report
//	                                            changes of each step ─▲
//
// Some devices keep up with updates and some do not. How far a device is behind is drawn once and
// influences the versions of everything on it, so that findings gather on neglected devices as in
// reality. A step changes a share of the devices, each by one to three changes: a product or the
// operating system is upgraded, something is installed or removed, a setting is toggled.
//
// The tables name real products at real versions, chosen so that the sample of intelligence
// (package intel/sample) finds about 262 vulnerabilities per device. Paths, users and identifiers
// differ from device to device; domain, users and hosts do not exist.
package fleet

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/inventory"
)

// Fleet is a simulated organization. Equal fields give equal fleets.
type Fleet struct {
	Seed uint64
	// Devices is the number of devices.
	Devices int
	// Begun is the time of the reports of step 0.
	Begun time.Time
	// Interval is the time between steps; zero is a day.
	Interval time.Duration
	// Changing is the share of the devices that one step changes, from 0 to 1.
	Changing float64
}

// day is the default Interval.
const day = 24 * time.Hour

// Report makes the report of device i, counted from 0, after a number of steps. The report is in
// normal form (inventory.Report.Normalize) and belongs to the caller. Time and memory grow only
// with the number of the device's changes.
func (f Fleet) Report(i, step int) *inventory.Report {
	d := f.device(i)
	s := d.begin()
	for n := 1; n <= step; n++ {
		if f.Changes(i, n) {
			d.change(s, n)
		}
	}
	r := d.report(s)
	r.Time = f.time(step)
	if err := r.Normalize(r.Time); err != nil {
		panic("fleet: " + err.Error()) // the tables are wrong; tests check their limits
	}
	return r
}

// time returns the time of the reports of a step.
func (f Fleet) time(step int) time.Time {
	interval := f.Interval
	if interval == 0 {
		interval = day
	}
	return f.Begun.Add(time.Duration(step) * interval).UTC()
}

// Changes reports whether a step changes device i: whether its report differs from that of the
// step before in more than the time.
func (f Fleet) Changes(i, step int) bool {
	return step > 0 && roll(f.Seed, topicStep, i, step).Float64() < f.Changing
}

// All yields the reports of all devices after a number of steps.
func (f Fleet) All(step int) iter.Seq[*inventory.Report] {
	return func(yield func(*inventory.Report) bool) {
		for i := range f.Devices {
			if !yield(f.Report(i, step)) {
				return
			}
		}
	}
}

// Changed yields the reports of the devices that a step changes.
func (f Fleet) Changed(step int) iter.Seq[*inventory.Report] {
	return func(yield func(*inventory.Report) bool) {
		for i := range f.Devices {
			if f.Changes(i, step) && !yield(f.Report(i, step)) {
				return
			}
		}
	}
}

func (f Fleet) device(i int) *device {
	r := roll(f.Seed, topicIdentity, i)
	role := &roles[pattern[i%len(pattern)]]
	given, family := one(r, givenNames), one(r, familyNames)
	d := &device{
		host: host{seed: f.Seed, number: i, user: given + "." + family + strconv.Itoa(i+1),
			distribution: &role.distribution},
		role: role, name: fmt.Sprintf("%s-%04d%s", role.prefix, i+1, domain), lag: math.Pow(r.Float64(), neglect),
	}
	d.account = fmt.Sprintf("S-1-5-21-%d-%d-%d-%d", 1000000000+f.Seed%1000000000, 2718281828, 3141592653, 1100+i)
	d.tags = []string{role.tag, "site:" + one(r, sites)}
	if d.lag < 0.03 {
		d.tags = append(d.tags, "pilot")
	}
	return d
}
