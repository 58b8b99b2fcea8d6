package trusttest

import "slices"

// create makes a device from its first report.
func (o *Organization) create(s Sender, r Report, id string) (*Device, []string, Refusal) {
	d := &Device{ID: id, Name: r.Name, Platform: r.Platform, Tags: r.Tags, Rank: 1, Named: r.Group,
		Sources: map[string]Source{}}
	var left []string
	switch s.Role {
	case Scoped:
		if d.Named == "" {
			d.Named = o.nameOf(s.Groups[0])
		}
		d.Rank, d.Tags = 3, nil
		if !s.sees(o.wanted(d)) {
			return nil, nil, WouldLeave
		}
		left = o.identify(s, d, r)
	case Own:
		credential := o.Credentials[id]
		d.Rank, d.Name, d.Named, d.Tags = 2, credential.Name, credential.Group, nil
		left = o.identify(s, d, r)
	}
	d.Version, d.Arch = r.Version, r.Arch
	return d, left, Taken
}

// counts returns which fields of a known device's identity a sender decides.
func (o *Organization) counts(s Sender, d *Device) (name, platform, tags, group bool) {
	switch s.Role {
	case Manager, Fleet:
		return true, true, true, true
	case Scoped:
		return false, d.Rank == 3, false, false
	}
	c := o.Credentials[s.Device]
	return c.TrustName, c.TrustPlatform || d.Platform == "", c.TrustTags, false
}

// identify applies a report to a known device, as far as its sender decides, and lists the fields
// that were left out.
func (o *Organization) identify(s Sender, d *Device, r Report) (left []string) {
	name, platform, tags, group := o.counts(s, d)
	var claims Claims
	switch {
	case r.Name == d.Name:
	case name:
		if s.Role == Own && fold(r.Name) != fold(d.Name) {
			d.Rank = 2
		}
		d.Name = r.Name
	default:
		left, claims.Name = append(left, "name"), &r.Name
	}
	switch {
	case r.Platform == "" || r.Platform == d.Platform:
	case platform:
		d.Platform = r.Platform
	default:
		left, claims.Platform = append(left, "osPlatform"), &r.Platform
	}
	switch {
	case r.Tags == nil || slices.Equal(r.Tags, d.Tags):
	case tags:
		d.Tags = r.Tags
	default:
		left, claims.Tags = append(left, "tags"), r.Tags
	}
	switch {
	case r.Group == "" || fold(r.Group) == fold(d.Named):
	case group:
		d.Named = r.Group
	case !o.isIn(d, r.Group):
		left = append(left, "rbacGroup")
	}
	if s.unlimited() && r.ID != "" {
		d.Rank = 1
	}
	if s.Role == Own {
		d.Claims = claims
	}
	if s.Role != Scoped || !d.hasCredentialSource() {
		d.settle(r)
	}
	return left
}

// settle takes the version and the architecture, if given.
func (d *Device) settle(r Report) {
	if r.Version != "" {
		d.Version = r.Version
	}
	if r.Arch != "" {
		d.Arch = r.Arch
	}
}

// write applies a report's content to its source, if the sender may write it.
func (d *Device) write(s Sender, r Report) Refusal {
	source, known := d.Sources[r.Source]
	kind := Others
	if s.Role == Own {
		kind = Credential
	}
	switch {
	case !known:
		source.Writer = kind
	case s.Role == Own && source.Writer == Others:
		return NotOfACredential
	case (s.Role == Fleet || s.Role == Scoped) && source.Writer == Credential:
		return OfACredential
	case s.Role == Own:
		source.Writer = Credential
	}
	if r.Content != "" { // otherwise nothing is written, and there is no new source
		source.Content = r.Content
		d.Sources[r.Source] = source
	}
	return Taken
}

// isIn reports whether a device is in the group with a name.
func (o *Organization) isIn(d *Device, group string) bool {
	number, there := o.number(group)
	return there && number == d.Group()
}

// nameOf returns the name of a group; "" for no group.
func (o *Organization) nameOf(number int64) string {
	for name, n := range o.Numbers {
		if n == number {
			return name
		}
	}
	return ""
}
