package benchmark

// verdict is the result of a check for a device.
type verdict uint8

const (
	// unknown: the check cannot decide; there is no result.
	unknown verdict = iota
	notApplicable
	nonCompliant
	compliant
)

func (v verdict) String() string {
	return [...]string{"silent", "not applicable", "non-compliant", "compliant"}[v]
}

// decision is the verdict of a check, and why it has none.
type decision struct {
	verdict verdict
	reason  string // if the verdict is unknown
	// cause and told are the reason without what differs from device to device.
	cause, told string
}

// unite joins the decisions about the running and the configured state. What runs decides, unless it is fine and
// the next start changes that. What says nothing of the configured state is no objection to what runs.
func (running decision) unite(configured decision) decision {
	switch {
	case running.verdict == notApplicable, running.verdict == nonCompliant:
		return running
	case configured.verdict == nonCompliant:
		return configured
	}
	return running
}
