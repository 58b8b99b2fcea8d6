package rbac

import "github.com/muster-project/muster/internal/inventory"

// folded is a device in the form that rules are compared with. called is what the condition
// "device" is compared with besides the id: the name, unless it has the form of an id, because a
// device named like another one's id is not that device.
type folded struct {
	id, called     string
	name, platform text
	tags           []text
}

func foldDevice(d inventory.Device) *folded {
	f := &folded{id: fold(d.ID), name: newText(d.Name), platform: newText(d.OSPlatform), tags: make([]text, len(d.Tags))}
	for i, tag := range d.Tags {
		f.tags[i] = newText(tag)
	}
	if !inventory.IsDeviceID(f.name.folded) {
		f.called = f.name.folded
	}
	return f
}

// matcher is a compiled rule. A nil pattern is no condition.
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

// meets reports whether a device meets all conditions. It returns false once the work is used up.
func (m *matcher) meets(d *folded, w *work) bool {
	w.left--
	return (m.device == "" || m.device == d.id || m.device == d.called) &&
		m.platform.match(&d.platform, w) && m.name.match(&d.name, w) && m.tagged(d.tags, w) && !w.isOver()
}

func (m *matcher) tagged(tags []text, w *work) bool {
	if m.tag == nil {
		return true
	}
	w.left -= len(tags)
	for i := range tags {
		if m.tag.match(&tags[i], w) {
			return true
		}
		if w.isOver() {
			break
		}
	}
	return false
}

// exactly is a condition without wildcards, folded.
type exactly struct {
	of   attribute
	text string
}

// attribute is the attribute of a device that a condition is about.
type attribute int

const (
	ofDevice attribute = iota
	ofName
	ofTag
	ofPlatform
)

// exactly returns the condition by which the rule is found in a map, the one that the fewest
// devices meet; false if all have wildcards.
func (m *matcher) exactly() (exactly, bool) {
	switch {
	case m.device != "":
		return exactly{ofDevice, m.device}, true
	case m.name.isLiteral():
		return exactly{ofName, m.name.head}, true
	case m.tag.isLiteral():
		return exactly{ofTag, m.tag.head}, true
	case m.platform.isLiteral():
		return exactly{ofPlatform, m.platform.head}, true
	}
	return exactly{}, false
}
