package collect

import (
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory"
)

var (
	// ErrNoName says that the machine's name is neither given nor found.
	ErrNoName = errors.New("the machine's name is unknown: give one")
	// ErrNothing says that a root folder holds nothing that could be collected.
	ErrNothing = errors.New("no package database and no settings of a Linux machine found")
	// ErrOS says that Config.OS is not of the form ID:VERSION.
	ErrOS = errors.New("operating system is not ID:VERSION, as in ubuntu:18.04")

	errNoIdentity = errors.New("the report has none, for what it is made of could not be read: it is of the device of that name")
)

// Config says what to collect.
type Config struct {
	// Root is the folder that holds the "/" of a Linux machine. Empty: the
	// machine we run on.
	Root string
	// Name overrides the device's name. Empty: its host name, with the domain
	// when the machine's own files know it.
	Name string
	// OS overrides a Linux machine's os-release as "ID:VERSION_ID"
	// ("ubuntu:18.04"). Empty: os-release is read.
	OS string
	// Time bounds how long it may take. What could not be read by then is absent,
	// with a warning. Zero: DefaultTime.
	Time time.Duration
	// Version is that of the program, which the report names as its collector.
	Version string
	// Now is the report's time. Zero: the report carries none, and whoever
	// receives it sets the time of receipt.
	Now time.Time
}

// Source names this package's reports among those of a device.
const Source = "collect"

// Warning is something that could not be read. The report lacks it and is
// otherwise good.
type Warning struct {
	What string // a path on the machine, or what was to be found out
	Err  error
}

func (w Warning) String() string { return fmt.Sprintf("reading %s: %v", w.What, w.Err) }

// newReport is the part of a report that is the same on every system.
func newReport(config Config) *inventory.Report {
	collector := inventory.Collector{Name: inventory.OwnCollector, Version: config.Version}
	return &inventory.Report{Time: config.Now, Source: Source, Collector: collector}
}

// unidentified warns of a report that has no device id.
func unidentified(report *inventory.Report) []Warning {
	if report.Device.ID != "" {
		return nil
	}
	return []Warning{{What: "device id", Err: errNoIdentity}}
}
