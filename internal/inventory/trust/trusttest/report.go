package trusttest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Report is the part of a report that decides.
type Report struct {
	ID, Name, Platform, Version, Arch, Group, Source string
	Tags                                             []string // nil: not given
	Content                                          string   // "": no section
}

// Reply is the reply to an accepted report.
type Reply struct {
	Device     string
	NotCounted []string
}

// Refusal is the reason why a report was refused.
type Refusal string

// The refusals. The wording does not depend on what exists.
const (
	Taken            Refusal = ""
	NoPermission     Refusal = "no permission to send"
	ForeignGroup     Refusal = "names a group that is not the sender's"
	NoSuchGroup      Refusal = "names a group that is not there"
	NeedsGroup       Refusal = "must name one of several groups"
	WouldLeave       Refusal = "would not be in a group of the sender"
	UnseenID         Refusal = "an id that the sender does not see"
	OtherDevice      Refusal = "a credential of another device"
	Ambiguous        Refusal = "two devices have the name"
	OfACredential    Refusal = "a source that a credential wrote"
	NotOfACredential Refusal = "a source that no credential wrote"
)

// Status returns the HTTP status of a refusal.
func (r Refusal) Status() int {
	switch r {
	case Taken:
		return 202
	case Ambiguous, NeedsGroup, NoSuchGroup:
		return 400
	}
	return 403
}

// Without returns the organization as seen by a sender who does not see all of it.
func (o *Organization) Without(s Sender) *Organization {
	seen := o.clone()
	for id, d := range o.Devices {
		if !s.sees(d.Group()) {
			delete(seen.Devices, id)
		}
	}
	return seen
}

// mayName reports whether a report of the sender may name a group.
func (o *Organization) mayName(s Sender, group string) Refusal {
	if group == "" {
		return Taken
	}
	number, there := o.number(group)
	switch {
	case s.Role == Own && (fold(group) != fold(o.Credentials[s.Device].Group)):
		return ForeignGroup
	case s.Role == Scoped && !(there && s.sees(number)):
		return ForeignGroup
	case s.unlimited() && !there:
		return NoSuchGroup
	}
	return Taken
}

// named lists the devices of a rank that a sender finds by the name in a report.
func (o *Organization) named(s Sender, r Report, rank int) (found []*Device) {
	if rank == 3 && s.unlimited() {
		return nil
	}
	group, limited := o.number(r.Group)
	for _, d := range o.Devices {
		if d.Rank == rank && fold(d.Name) == fold(r.Name) && s.sees(d.Group()) &&
			!(rank == 3 && limited && d.Group() != group) {
			found = append(found, d)
		}
	}
	return found
}

// placeOf returns the group in which a limited sender makes a device.
func (o *Organization) placeOf(s Sender, r Report) (int64, Refusal) {
	if number, named := o.number(r.Group); named {
		return number, Taken
	}
	switch len(s.Groups) {
	case 1:
		return s.Groups[0], Taken
	}
	return 0, NeedsGroup
}

// DeriveID returns the id that follows from a name.
func DeriveID(name string) string { return digest("name\x00" + fold(name)) }

// DeriveGroupID returns the id that follows from a group and a name.
func DeriveGroupID(group int64, name string) string {
	return digest("group\x00" + strconv.FormatInt(group, 10) + "\x00" + fold(name))
}

func digest(text string) string {
	sum := sha256.Sum256([]byte("muster device id\x00" + text))
	return hex.EncodeToString(sum[:20])
}
