package notice

import (
	"cmp"
	"maps"
	"slices"
)

// collector makes the notices of one rule.
type collector struct {
	rule         *Rule
	step         *Step
	subjects     map[subjectKey]*subject
	lost, silent listed
}

// notices makes the notices of the subjects, the worst first, MaxNotices at most, and one for the rest.
func (c *collector) notices() (all []Notice) {
	subjects := slices.SortedFunc(maps.Values(c.subjects), func(a, b *subject) int {
		return cmp.Or(compareCVEs(&a.worst, &b.worst), cmp.Compare(a.key.vendor, b.key.vendor),
			cmp.Compare(a.key.name, b.key.name), cmp.Compare(a.key.event, b.key.event))
	})
	for i, s := range subjects {
		if i == MaxNotices {
			return append(all, c.rest(subjects[i:]))
		}
		all = append(all, c.noticeOf(s))
	}
	return all
}

// noticeOf makes the notice of a subject.
func (c *collector) noticeOf(s *subject) Notice {
	n := c.step.newNotice(c.rule, s.key.event, s.key.cve, s.key.vendor, s.key.name)
	n.Severity = cmp.Or(s.worst.Severity, "None")
	cves := slices.SortedFunc(maps.Values(s.cves), func(a, b CVE) int { return compareCVEs(&a, &b) })
	n.CVEs, n.CVECount = cves[:min(len(cves), MaxListed)], len(cves)
	products := slices.SortedFunc(maps.Keys(s.products), func(a, b Product) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Name, b.Name))
	})
	n.Products, n.ProductCount = products[:min(len(products), MaxListed)], len(products)
	n.Devices, n.DeviceCount = s.devices.first, s.devices.count
	if s.reasons != (Reasons{}) {
		n.Reasons = &s.reasons
	}
	n.Title = s.title()
	return n
}

// rest makes the notice that stands for those of more subjects.
func (c *collector) rest(subjects []*subject) Notice {
	n := c.step.newNotice(c.rule, More)
	n.Omitted = &Omitted{Notices: len(subjects), BySeverity: map[string]int{}}
	for _, s := range subjects {
		n.Omitted.BySeverity[cmp.Or(s.worst.Severity, "None")]++
	}
	n.Severity = cmp.Or(subjects[0].worst.Severity, "None")
	n.Title = n.Omitted.title()
	return n
}

// ofDevices makes a notice about devices.
func (c *collector) ofDevices(e Event, devices *listed) Notice {
	n := c.step.newNotice(c.rule, e)
	n.Devices, n.DeviceCount = devices.first, devices.count
	n.Title = plural(devices.count, "device") + " assessed less than before"
	if e == Silent {
		n.Title = plural(devices.count, "device") + " silent for a week"
	}
	return n
}
