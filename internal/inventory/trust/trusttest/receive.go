package trusttest

import "time"

// Receive takes the reports of one body, or none of them. own returns the id that the program gave
// to a report, by its number, if the model only knows that the id is new.
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

// target finds the device of a report, or returns the id of a new one.
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

// unnamed returns the device for a name that the sender does not find: a new one, one that was
// renamed, or one that has moved to another group.
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
	case there != nil && there.Rank == 1 && s.unlimited(), there != nil && there.Rank == 3 &&
		s.Role == Scoped && s.sees(there.Group()):
		return there, id, Taken
	case there != nil, enrolled && !(s.unlimited() && fold(credential.Name) == fold(r.Name)):
		return nil, own(), Taken
	}
	return nil, id, Taken
}
