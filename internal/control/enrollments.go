package control

import (
	"net/http"
	"time"
)

// EnrollmentRequest is the body of POST /v1/enrollments.
type EnrollmentRequest struct {
	Name string `json:"name"`
	// LifetimeSeconds is how long the secret is good: a day if absent.
	LifetimeSeconds *int64 `json:"lifetimeSeconds,omitempty"`
	// Count is for how many devices: 1 if absent.
	Count *int64 `json:"count,omitempty"`
	// Group is the RBAC group that they are in where no rule matches.
	Group string `json:"group,omitempty"`
	// Adopt takes devices that are known, have no credential, and are in the
	// group or in none.
	Adopt bool `json:"adopt,omitempty"`
	// Trust is what of a device's identity counts whenever it says it: name,
	// platform, tags. Without it they count as they were at first.
	Trust []string `json:"trust,omitempty"`
}

// Enrollment is an enrolment as managers see it.
type Enrollment struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Group       string    `json:"group,omitempty"`
	Adopt       bool      `json:"adopt"`
	Trust       []string  `json:"trust"`
	Count       int64     `json:"count"`
	Used        int64     `json:"used"`
	CreatedTime time.Time `json:"createdTime"`
	ExpiresTime time.Time `json:"expiresTime"`
	// Active tells whether the secret can still be traded.
	Active bool `json:"active"`
}

// CreatedEnrollment is a new enrolment, with what a device trades.
type CreatedEnrollment struct {
	Enrollment
	TenantID string `json:"tenantId"`
	Secret   string `json:"secret"`
}

// EnrollmentList is the reply to GET /v1/enrollments.
type EnrollmentList struct {
	Enrollments []Enrollment `json:"enrollments"`
}

// Enrolling is the body of POST /v1/enroll.
type Enrolling struct {
	// Secret is that of an enrolment.
	Secret string `json:"secret"`
	Device struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name"`
	} `json:"device"`
	// Random is 32 random bytes in base64url, of which the client's secret is
	// made. A device that missed the reply asks again with the same.
	Random string `json:"random,omitempty"`
}

// Enrolled is the reply: what the device asks for tokens with.
type Enrolled struct {
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	DeviceID     string `json:"deviceId"`
}

const enrollmentsPath = "/v1/enrollments"

// ListEnrollments lists enrolments.
func ListEnrollments() Request[EnrollmentList] { return get[EnrollmentList](enrollmentsPath) }

// CreateEnrollment makes a secret that devices trade for credentials.
func CreateEnrollment(e EnrollmentRequest) Request[CreatedEnrollment] {
	return send[CreatedEnrollment](http.MethodPost, enrollmentsPath, e)
}

// RemoveEnrollment ends an enrolment.
func RemoveEnrollment(id string) Request[Nothing] { return remove(at(enrollmentsPath, id)) }

// Enroll trades an enrolment's secret for a credential of a device. It asks for
// no token.
func Enroll(e Enrolling) Request[Enrolled] { return send[Enrolled](http.MethodPost, "/v1/enroll", e) }
