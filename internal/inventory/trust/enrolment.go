package trust

// Enrolment is what is asked when a device trades the secret of an enrolment.
type Enrolment struct {
	// Adopts tells that the enrolment takes known devices, and Group is the
	// group it puts devices in, 0 for none.
	Adopts bool
	Group  int64
}

// Applicant is what is known of a device that wants to be enrolled.
type Applicant struct {
	// Known tells that there is such a device, and Group is where it is.
	Known bool
	Group int64
	// Enrolled tells that it has a credential.
	Enrolled bool
	// Accepted tells that a manager said that it may be enrolled.
	Accepted bool
}

// Admits tells whether the enrolment lets a device in that does not prove that
// it was let in before.
func (e Enrolment) Admits(a Applicant) bool {
	switch {
	case a.Enrolled:
		return false
	case !a.Known, a.Accepted:
		return true
	}
	return e.Adopts && (a.Group == 0 || a.Group == e.Group)
}
