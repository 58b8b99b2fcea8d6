package trusttest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Role is a sender's row in the table.
type Role int

// The rows, and the sender who may send no reports.
const (
	Nobody Role = iota
	Manager
	Fleet
	Scoped
	Own
)

// Sender is the sender of a report.
type Sender struct {
	Role   Role
	Groups []int64 // of Scoped
	Device string  // of Own
}

func (s Sender) unlimited() bool { return s.Role == Manager || s.Role == Fleet }

// sees reports whether a sender sees the devices of a group.
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

// Source is one source of a device, with its writer and its newest content.
type Source struct {
	Writer  Writer
	Content string
}

// Claims are what a device said of itself that does not count yet; a nil field was not given.
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
	Wanted             int64  // its group by rules and Named, as of its last report or a generation
	Pinned             int64  // its group in the newest generation; valid if Placed
	Placed, Hidden     bool
	Seen               time.Time
	Sources            map[string]Source
	Claims             Claims
	Admitted           time.Time // until when it may be enrolled; zero for never
}

// Group returns the device's current group.
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

// hasCredentialSource reports whether a credential wrote a source of the device.
func (d *Device) hasCredentialSource() bool {
	for _, s := range d.Sources {
		if s.Writer == Credential {
			return true
		}
	}
	return false
}

// Rule is a rule of groups. Empty fields are no condition; Prefix is the beginning of the name.
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

// Organization is everything that decides in one organization.
type Organization struct {
	Numbers     map[string]int64 // of all groups that ever existed, by lower-case name
	Current     []string         // lower-case names of those that rules mention
	Rules       []Rule
	Devices     map[string]*Device
	Credentials map[string]Enrolled // by device
	Enrolments  map[string]*Enrolment
}

// New returns an empty organization.
func New() *Organization {
	return &Organization{Numbers: map[string]int64{}, Devices: map[string]*Device{}, Credentials: map[string]Enrolled{},
		Enrolments: map[string]*Enrolment{}}
}

// clone copies the parts of the organization that a report may change.
func (o *Organization) clone() *Organization {
	c := *o
	c.Devices = map[string]*Device{}
	for id, d := range o.Devices {
		c.Devices[id] = d.clone()
	}
	return &c
}

// fold returns the form in which names are compared.
func fold(s string) string { return strings.ToLower(s) }

// number returns the number of a group by its name.
func (o *Organization) number(name string) (number int64, there bool) {
	if fold(name) == "none" || fold(name) == "unassigned" {
		return 0, true
	}
	number, there = o.Numbers[fold(name)]
	return number, there
}

// wanted returns the group of a device by the rules and the group it named.
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

// meets reports whether a rule places a device: for rank 3 only the id counts.
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

// isID reports whether a name has the form of an id.
func isID(name string) bool {
	return len(name) == 40 && strings.Trim(fold(name), "0123456789abcdef") == ""
}

// Publish applies the effects of a generation at a time to devices.
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
