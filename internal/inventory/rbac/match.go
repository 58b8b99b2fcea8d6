package rbac

import "github.com/muster-project/muster/internal/inventory"

// folded is a device whose strings are folded. called is what the condition
// "device" may mean besides the id: the name, unless it has the form of an id,
// since a device called like another one's id is not that one.
type folded struct {
	inventory.Device
	called string
}

func foldDevice(d inventory.Device) folded {
	tags := make([]string, len(d.Tags))
	for i, tag := range d.Tags {
		tags[i] = fold(tag)
	}
	f := folded{Device: inventory.Device{ID: fold(d.ID), Name: fold(d.Name), OSPlatform: fold(d.OSPlatform), Tags: tags}}
	if !inventory.IsDeviceID(f.Name) {
		f.called = f.Name
	}
	return f
}

// matcher is a rule, ready to be asked. A nil pattern is no condition.
type matcher struct {
	group               int
	device              string
	name, tag, platform *pattern
}

func compile(rule Rule, group int) matcher {
	return matcher{
		group: group, device: fold(rule.Device),
		name: newPattern(rule.Name), tag: newPattern(rule.Tag), platform: newPattern(rule.Platform),
	}
}

// meets tells whether a device meets all conditions.
func (m *matcher) meets(d folded) bool {
	return (m.device == "" || m.device == d.ID || m.device == d.called) &&
		m.platform.match(d.OSPlatform) && m.name.match(d.Name) && m.tagged(d.Tags)
}

func (m *matcher) tagged(tags []string) bool {
	if m.tag == nil {
		return true
	}
	for _, tag := range tags {
		if m.tag.match(tag) {
			return true
		}
	}
	return false
}

// exactly is a condition without wildcards, folded.
type exactly struct {
	of   attribute
	text string
}

// attribute is what of a device a condition is about.
type attribute int

const (
	ofDevice attribute = iota
	ofName
	ofTag
	ofPlatform
)

// exactly returns the condition by which the rule is found in a map, the one
// that the fewest devices meet; false if all are patterns.
func (m *matcher) exactly() (exactly, bool) {
	switch {
	case m.device != "":
		return exactly{ofDevice, m.device}, true
	case m.name.isLiteral():
		return exactly{ofName, m.name.text}, true
	case m.tag.isLiteral():
		return exactly{ofTag, m.tag.text}, true
	case m.platform.isLiteral():
		return exactly{ofPlatform, m.platform.text}, true
	}
	return exactly{}, false
}
