package trusttest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// Report is one report, as far as it decides.
type Report struct {
	ID, Name, Platform, Version, Arch, Group, Source string
	Tags                                             []string // nil says nothing of them
	Content                                          string   // "" is no section
}

// Reply is what is said of a report that was taken.
type Reply struct {
	Device     string
	NotCounted []string
}

// Refusal is why a report was not taken.
type Refusal string

// The refusals. Each has one wording, whatever is there.
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

// Status is the status of a refusal.
func (r Refusal) Status() int {
	switch r {
	case Taken:
		return 202
	case Ambiguous, NeedsGroup, NoSuchGroup:
		return 400
	}
	return 403
}

// Receive takes the reports of one body, or none of them. own returns the id
// that the program gave to the report of a number, where the model knows
// nothing but that it is a new one.
func (o *Organization) Receive(s Sender, reports []Report, now time.Time, own func(i int) string) ([]Reply, Refusal) {
	if s.Role == Nobody {
		return nil, NoPermission
	}
	next := o.clone()
	for _, r := range reports {
		if why := next.mayName(s, r.Group); why != Taken {
			return nil, why
		}
	}
	var replies []Reply
	for i, r := range reports {
		reply, why := next.take(s, r, now, func() string { return own(i) })
		if why != Taken {
			return nil, why
		}
		replies = append(replies, reply)
	}
	*o = *next
	return replies, Taken
}

// Without is the organization as a sender has it that does not see all of it.
func (o *Organization) Without(s Sender) *Organization {
	seen := o.clone()
	for id, d := range o.Devices {
		if !s.sees(d.Group()) {
			delete(seen.Devices, id)
		}
	}
	return seen
}

// mayName tells whether a report of the sender may name a group.
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

// take takes one report.
func (o *Organization) take(s Sender, r Report, now time.Time, own func() string) (Reply, Refusal) {
	d, id, why := o.target(s, r, own)
	if why != Taken {
		return Reply{}, why
	}
	var reply Reply
	if d == nil {
		if d, reply.NotCounted, why = o.create(s, r, id); why != Taken {
			return Reply{}, why
		}
		o.Devices[id] = d
	} else {
		reply.NotCounted = o.identify(s, d, r)
	}
	if why := d.write(s, r); why != Taken {
		return Reply{}, why
	}
	d.Seen, d.Wanted = now, o.wanted(d)
	reply.Device = d.ID
	return reply, Taken
}

// target finds the device that a report is of, or says the id of a new one.
func (o *Organization) target(s Sender, r Report, own func() string) (*Device, string, Refusal) {
	switch {
	case s.Role == Own && r.ID != "" && r.ID != s.Device:
		return nil, "", OtherDevice
	case s.Role == Own:
		return o.Devices[s.Device], s.Device, Taken
	case r.ID != "":
		d := o.Devices[r.ID]
		if s.Role == Scoped && (d == nil || !s.sees(d.Group())) {
			return nil, "", UnseenID
		}
		return d, r.ID, Taken
	}
	for rank := 1; rank <= 3; rank++ {
		switch found := o.named(s, r, rank); {
		case len(found) > 1:
			return nil, "", Ambiguous
		case len(found) == 1:
			return found[0], found[0].ID, Taken
		}
	}
	return o.unnamed(s, r, own)
}

// named lists the devices of a rank that a sender finds by the name of a report.
func (o *Organization) named(s Sender, r Report, rank int) (found []*Device) {
	if rank == 3 && s.unlimited() {
		return nil
	}
	group, limited := o.number(r.Group)
	for _, d := range o.Devices {
		if d.Rank == rank && fold(d.Name) == fold(r.Name) && s.sees(d.Group()) && !(rank == 3 && limited && d.Group() != group) {
			found = append(found, d)
		}
	}
	return found
}

// unnamed is the device of a name that the sender does not find: a new one,
// one that was renamed, or one that is in another group by now.
func (o *Organization) unnamed(s Sender, r Report, own func() string) (*Device, string, Refusal) {
	id := DeriveID(r.Name)
	if s.Role == Scoped {
		group, why := o.placeOf(s, r)
		if why != Taken {
			return nil, "", why
		}
		id = DeriveGroupID(group, r.Name)
	}
	there := o.Devices[id]
	credential, enrolled := o.Credentials[id]
	switch {
	case there != nil && there.Rank == 1 && s.unlimited(), there != nil && there.Rank == 3 && s.Role == Scoped && s.sees(there.Group()):
		return there, id, Taken
	case there != nil, enrolled && !(s.unlimited() && fold(credential.Name) == fold(r.Name)):
		return nil, own(), Taken
	}
	return nil, id, Taken
}

// placeOf is the group in which a limited sender makes a device.
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

// DeriveID is the id that follows from a name.
func DeriveID(name string) string { return digest("name\x00" + fold(name)) }

// DeriveGroupID is the id that follows from a group and a name.
func DeriveGroupID(group int64, name string) string {
	return digest("group\x00" + strconv.FormatInt(group, 10) + "\x00" + fold(name))
}

func digest(text string) string {
	sum := sha256.Sum256([]byte("muster device id\x00" + text))
	return hex.EncodeToString(sum[:20])
}
