package trust

// Enrolment is the part of an enrolment that decides about a device.
type Enrolment struct {
	// Adopts says that the enrolment accepts known devices. Group is where it puts devices; 0 for
	// none.
	Adopts bool
	Group  int64
}

// Applicant is what is known of a device that wants to enrol.
type Applicant struct {
	// Known says that the device exists, Group is its group.
	Known bool
	Group int64
	// Enrolled says that it has a credential.
	Enrolled bool
	// Accepted says that a manager allowed it to enrol.
	Accepted bool
}

// Admits reports whether the enrolment admits a device that cannot prove an earlier enrolment.
func (e Enrolment) Admits(a Applicant) bool {
	switch {
	case a.Enrolled:
		return false
	case !a.Known, a.Accepted:
		return true
	}
	return e.Adopts && (a.Group == 0 || a.Group == e.Group)
}
