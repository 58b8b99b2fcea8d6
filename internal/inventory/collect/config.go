package collect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

var (
	// ErrNoName says that the machine's name was neither given nor found.
	ErrNoName = errors.New("the machine's name is unknown: give one")
	// ErrNothing says that a root folder contains nothing to collect.
	ErrNothing = errors.New("no package database and no settings of a Linux machine found")
	// ErrRoot says that the root folder cannot be opened.
	ErrRoot = errors.New("opening the root folder")
	// ErrOS says that Config.OS does not have the form ID:VERSION.
	ErrOS = errors.New("operating system is not ID:VERSION, as in ubuntu:18.04")

	errMac        = errors.New("this program reads no disks of Macs: muster collect and agents on macOS do")
	errNoIdentity = errors.New("the report has no device id, because its inputs could not be read: the server finds the device by its name")
)

// MacReader reads the settings of a Mac from its disk, which is the root.
type MacReader func(context.Context, *disk.Tree, Config, *os.Root) (*inventory.Report, []Warning, error)

// Config says what to collect.
type Config struct {
	// Root is the folder with the "/" of a Linux machine or a Mac. Empty: this machine.
	Root string
	// Mac reads the settings of a Mac's disk (MacDisks). Nil: only a program for macOS does, so that others stay small.
	Mac MacReader
	// Name overrides the device's name. Empty: its host name, with the domain if the machine's own
	// files have it.
	Name string
	// Fallback is the name of a Linux machine that has none, such as a container image. Its report has no
	// id then, unless the machine has one.
	Fallback string
	// OS overrides a Linux machine's os-release as "ID:VERSION_ID"
	// ("ubuntu:18.04"). Empty: os-release is read.
	OS string
	// Time bounds the time for collecting. What could not be read by then is absent, with a
	// warning. Zero: DefaultTime.
	Time time.Duration
	// Libraries also looks for libraries: inside products, in the program folders of a Windows machine; packages of
	// languages on a Linux machine (package language).
	Libraries bool
	// Extensions also lists extensions of browsers and editors, in the folders of all users (package extension).
	Extensions bool
	// UserNames keeps the names of users in paths, which MaskPath replaces otherwise.
	UserNames bool
	// Version is the version of this program, which the report gives for its collector.
	Version string
	// Now is the report's time. Zero: the report has none, and the receiver sets the time of
	// receipt.
	Now time.Time
}

// Source distinguishes this package's reports from others about a device.
const Source = "collect"

// Warning is something that could not be read. The report is good, but lacks it.
type Warning struct {
	What string // a path on the machine, or a description
	Err  error
}

func (w Warning) String() string { return fmt.Sprintf("reading %s: %v", w.What, w.Err) }

// newReport makes the part of a report that is the same on every system.
func newReport(config Config) *inventory.Report {
	collector := inventory.Collector{Name: inventory.OwnCollector, Version: config.Version}
	return &inventory.Report{Time: config.Now, Source: Source, Collector: collector}
}

// unidentified returns a warning for a report without a device id.
func unidentified(report *inventory.Report) []Warning {
	if report.Device.ID != "" {
		return nil
	}
	return []Warning{{What: "device id", Err: errNoIdentity}}
}
