package trusttest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Role is the row of the table that a sender is in.
type Role int

// The rows, and those who may send no reports.
const (
	Nobody Role = iota
	Manager
	Fleet
	Scoped
	Own
)

// Sender is who sends a report.
type Sender struct {
	Role   Role
	Groups []int64 // of Scoped
	Device string  // of Own
}

func (s Sender) unlimited() bool { return s.Role == Manager || s.Role == Fleet }

// sees tells whether a sender sees the devices of a group.
func (s Sender) sees(group int64) bool {
	return s.unlimited() || s.Role == Scoped && slices.Contains(s.Groups, group)
}

// Writer is who wrote a source.
type Writer int

// The writers.
const (
	Unowned Writer = iota // nobody: the device was adopted
	Credential
	Others
)

// Source is one source of a device, by its writer and what it said last.
type Source struct {
	Writer  Writer
	Content string
}

// Claims are what a device said of itself that does not count yet; a nil
// field was not said.
type Claims struct {
	Name, Platform *string
	Tags           []string
}

func (c Claims) none() bool { return c.Name == nil && c.Platform == nil && c.Tags == nil }

// Device is one device of an organization.
type Device struct {
	ID, Name, Platform string
	Tags               []string
	Version, Arch      string
	Rank               int
	Named              string // the group that its reports named
	Wanted             int64  // where rules and Named want it, as of its last report or a generation
	Pinned             int64  // where the newest generation put it; nothing until Placed
	Placed, Hidden     bool
	Seen               time.Time
	Sources            map[string]Source
	Claims             Claims
	Admitted           time.Time // until when it may be enrolled; zero for never
}

// Group is the group that the device is in at the moment.
func (d *Device) Group() int64 {
	if d.Placed && !d.Hidden {
		return d.Pinned
	}
	return d.Wanted
}

func (d *Device) clone() *Device {
	c := *d
	c.Sources = maps.Clone(d.Sources)
	return &c
}

// hasCredentialSource tells whether a credential wrote a source of the device.
func (d *Device) hasCredentialSource() bool {
	for _, s := range d.Sources {
		if s.Writer == Credential {
			return true
		}
	}
	return false
}

// Rule is a rule of groups. What is empty is not asked for; Prefix is how the
// name begins.
type Rule struct{ Group, Device, Prefix, Tag, Platform string }

// Enrolment is an enrolment as its manager made it.
type Enrolment struct {
	Group                               string
	Adopt                               bool
	TrustName, TrustPlatform, TrustTags bool
	Left                                int
	Expires                             time.Time
}

// Enrolled is a device's credential.
type Enrolled struct {
	Client, Name, Random                string
	Group                               string
	TrustName, TrustPlatform, TrustTags bool
}

// Organization is all that decides in one organization.
type Organization struct {
	Numbers     map[string]int64 // of all groups that ever were, by lower-case name
	Current     []string         // lower-case names of those that rules mention
	Rules       []Rule
	Devices     map[string]*Device
	Credentials map[string]Enrolled // by device
	Enrolments  map[string]*Enrolment
}

// New returns an organization without anything.
func New() *Organization {
	return &Organization{Numbers: map[string]int64{}, Devices: map[string]*Device{}, Credentials: map[string]Enrolled{},
		Enrolments: map[string]*Enrolment{}}
}

// clone copies the organization, as far as a report may change it.
func (o *Organization) clone() *Organization {
	c := *o
	c.Devices = map[string]*Device{}
	for id, d := range o.Devices {
		c.Devices[id] = d.clone()
	}
	return &c
}

// fold is what names are compared by.
func fold(s string) string { return strings.ToLower(s) }

// number is the number of a group, by a name that means one.
func (o *Organization) number(name string) (number int64, there bool) {
	if fold(name) == "none" || fold(name) == "unassigned" {
		return 0, true
	}
	number, there = o.Numbers[fold(name)]
	return number, there
}

// wanted is the group that a device is in by rules and the group it named.
func (o *Organization) wanted(d *Device) int64 {
	for _, r := range o.Rules {
		if r.meets(d) {
			return o.Numbers[fold(r.Group)]
		}
	}
	if !slices.Contains(o.Current, fold(d.Named)) {
		return 0
	}
	return o.Numbers[fold(d.Named)]
}

// meets tells whether a rule places a device: of rank 3 its id alone is read.
func (r Rule) meets(d *Device) bool {
	if d.Rank == 3 {
		return r.Prefix == "" && r.Tag == "" && r.Platform == "" && r.Device == d.ID
	}
	has := func(tag string) bool { return fold(tag) == fold(r.Tag) }
	return (r.Device == "" || r.Device == d.ID || fold(r.Device) == fold(d.Name) && !isID(d.Name)) &&
		strings.HasPrefix(fold(d.Name), fold(r.Prefix)) &&
		(r.Tag == "" || slices.ContainsFunc(d.Tags, has)) &&
		(r.Platform == "" || fold(r.Platform) == fold(d.Platform))
}

// isID tells whether a name has the form of an id.
func isID(name string) bool {
	return len(name) == 40 && strings.Trim(fold(name), "0123456789abcdef") == ""
}

// Publish is what a generation does to devices, at a time.
func (o *Organization) Publish(now time.Time) {
	for id, d := range o.Devices {
		d.Wanted = o.wanted(d)
		silent := now.Sub(d.Seen)
		switch {
		case silent > 180*24*time.Hour:
			delete(o.Devices, id)
		case silent > 30*24*time.Hour:
			d.Placed, d.Hidden = true, true
		default:
			d.Placed, d.Hidden, d.Pinned = true, false, d.Wanted
		}
	}
}
