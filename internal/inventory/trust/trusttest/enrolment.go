package trusttest

import (
	"slices"
	"time"
)

// Entry is the result of an enrolment.
type Entry int

// The results, by status.
const (
	Enrolls   Entry = 201
	BadSecret Entry = 401
	IsKnown   Entry = 409
)

// Enroll trades the secret of an enrolment for a device's credential; again says that the same
// reply was given before.
func (o *Organization) Enroll(e *Enrolment, id, name, random, client string, now time.Time) (entry Entry, again bool) {
	if c, has := o.Credentials[id]; has && random != "" && c.Random == random {
		return Enrolls, true
	}
	if e.Left == 0 || !now.Before(e.Expires) {
		return BadSecret, false
	}
	if _, has := o.Credentials[id]; has {
		return IsKnown, false
	}
	if d := o.Devices[id]; d != nil {
		if !o.admits(e, d, now) {
			return IsKnown, false
		}
		o.admit(e, d)
	}
	e.Left--
	o.Credentials[id] = Enrolled{Client: client, Name: name, Random: random, Group: e.Group,
		TrustName: e.TrustName, TrustPlatform: e.TrustPlatform, TrustTags: e.TrustTags}
	return Enrolls, false
}

// admits reports whether a known device without a credential is admitted.
func (o *Organization) admits(e *Enrolment, d *Device, now time.Time) bool {
	if now.Before(d.Admitted) {
		return true
	}
	number, named := o.number(e.Group)
	return e.Adopt && (d.Group() == 0 || named && d.Group() == number)
}

// admit admits a known device.
func (o *Organization) admit(e *Enrolment, d *Device) {
	d.Admitted = time.Time{}
	if !d.hasCredentialSource() {
		for name, s := range d.Sources {
			s.Writer = Unowned
			d.Sources[name] = s
		}
	}
	if d.Group() == 0 && d.Named == "" {
		d.Named = e.Group
		d.Wanted = o.wanted(d)
	}
}

// week is how long a manager's decision holds.
const week = 7 * 24 * time.Hour

// Accept lets a device enrol once, by a manager's decision.
func (o *Organization) Accept(id string, now time.Time) int {
	d := o.Devices[id]
	if d == nil {
		return 404
	}
	if _, has := o.Credentials[id]; has {
		return 409
	}
	d.Admitted = now.Add(week)
	return 204
}

// Reset removes a device's credential.
func (o *Organization) Reset(id string, now time.Time) int {
	if _, has := o.Credentials[id]; !has {
		return 404
	}
	delete(o.Credentials, id)
	if d := o.Devices[id]; d != nil {
		d.Admitted = now.Add(week)
	}
	return 204
}

// Remove forgets a device.
func (o *Organization) Remove(id string) int {
	if o.Devices[id] == nil {
		return 404
	}
	delete(o.Devices, id)
	delete(o.Credentials, id)
	return 204
}

// Confirm makes a device's claims its identity, if they are those that the manager saw.
func (o *Organization) Confirm(id string, seen Claims) int {
	d := o.Devices[id]
	switch {
	case d == nil:
		return 404
	case d.Claims.none() || !d.Claims.equal(seen):
		return 409
	}
	if c := d.Claims; c.Name != nil {
		d.Name = *c.Name
	}
	if c := d.Claims; c.Platform != nil {
		d.Platform = *c.Platform
	}
	if c := d.Claims; c.Tags != nil {
		d.Tags = c.Tags
	}
	d.Claims, d.Rank = Claims{}, 1
	d.Wanted = o.wanted(d)
	return 204
}

func (c Claims) equal(other Claims) bool {
	same := func(a, b *string) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
	return same(c.Name, other.Name) && same(c.Platform, other.Platform) && (c.Tags == nil) == (other.Tags == nil) &&
		slices.Equal(c.Tags, other.Tags)
}
