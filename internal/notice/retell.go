package notice

import "slices"

// Retell judges a notice that waits, and was made by a rule as it was, by the rule as it is now: it returns why it is
// no longer told, "" if it is. A notice goes out only if the rule as it is tells of the same subject, and names no
// device of a group that it does not see. Of devices that a notice does not list nobody knows the groups, so it does
// not.
func (r *Rule) Retell(was *Rule, n *Notice) string {
	switch {
	case !r.retellsEvent(n):
		return "the rule was changed before this was sent, and does not tell such events any more"
	case n.Omitted == nil && n.isOfFindings() && !r.tells(n.Severity):
		return "the rule was changed before this was sent, and does not tell this severity any more"
	case !r.retellsOmitted(was, n):
		return "the rule was changed before this was sent, and it is not known which of these it tells"
	case !slices.Equal(was.Products, r.Products) && len(n.Products) > 0 &&
		!slices.ContainsFunc(n.Products, func(p Product) bool { return r.wants(p.Vendor, p.Name) }):
		return "the rule was changed before this was sent, and does not tell of this software any more"
	case !slices.Equal(was.Groups, r.Groups) && len(r.Groups) > 0 && (n.DeviceCount > len(n.Devices) ||
		slices.ContainsFunc(n.Devices, func(d Device) bool { return !r.Sees(d.Group) })):
		return "the rule was changed before this was sent, and it has devices of groups that the rule does not tell of"
	}
	return ""
}

// isOfFindings reports whether it is about findings.
func (n *Notice) isOfFindings() bool {
	return n.Event == Finding || n.Event == Exploited || n.Event == Fixed
}

// retellsEvent reports whether the rule tells the event of a notice. A finding is told as one that is new, or as one
// that is exploited.
func (r *Rule) retellsEvent(n *Notice) bool {
	switch n.Event {
	case Finding, Exploited:
		return r.Has(Finding) || r.Has(Exploited) &&
			(n.CVECount > len(n.CVEs) || slices.ContainsFunc(n.CVEs, func(c CVE) bool { return c.Exploited || c.KEV }))
	case Exception:
		return r.Has(Exception) && (n.Exception == nil || !n.Exception.UntilTime.After(n.GeneratedTime.Add(r.ahead())))
	case More:
		return r.OfFindings()
	}
	return r.Has(n.Event)
}

// retellsOmitted reports whether the rule tells what a notice stands for that counts others, of which only the severity
// is known.
func (r *Rule) retellsOmitted(was *Rule, n *Notice) bool {
	if n.Omitted == nil {
		return true
	}
	for severity := range n.Omitted.BySeverity {
		if !r.tells(severity) {
			return false
		}
	}
	return slices.Equal(was.Groups, r.Groups) && slices.Equal(was.Products, r.Products) &&
		slices.Equal(was.Events, r.Events)
}

// SameTimes reports whether two rules send at the same times.
func (r *Rule) SameTimes(other *Rule) bool {
	same := (r.Quiet == nil) == (other.Quiet == nil) && (r.Quiet == nil || *r.Quiet == *other.Quiet)
	return same && r.Digest == other.Digest && r.Zone == other.Zone
}
