package control

import (
	"net/http"
	"time"
)

// EnrollmentRequest is the body of POST /v1/enrollments.
type EnrollmentRequest struct {
	Name string `json:"name"`
	// LifetimeSeconds is how long the secret is valid; a day if absent.
	LifetimeSeconds *int64 `json:"lifetimeSeconds,omitempty"`
	// Count is how many devices may enrol; 1 if absent.
	Count *int64 `json:"count,omitempty"`
	// Group is the RBAC group of the devices, unless a rule matches.
	Group string `json:"group,omitempty"`
	// Adopt also enrols known devices that have no credential and are in the group or in none.
	Adopt bool `json:"adopt,omitempty"`
	// Trust lists the parts of its identity that a device may change by itself: name,
	// platform, tags. Otherwise the first name and platform stay.
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
	// Active tells whether the secret is still valid.
	Active bool `json:"active"`
}

// CreatedEnrollment is a new enrolment, with its secret.
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
	// Secret is the secret of an enrolment.
	Secret string `json:"secret"`
	Device struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name"`
	} `json:"device"`
	// Random is 32 random bytes in base64url, from which the client's secret is made. A device
	// that missed the reply asks again with the same.
	Random string `json:"random,omitempty"`
}

// Enrolled is the reply: the device's credential.
type Enrolled struct {
	TenantID     string `json:"tenantId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	DeviceID     string `json:"deviceId"`
}

const enrollmentsPath = "/v1/enrollments"

// ListEnrollments lists enrolments.
func ListEnrollments() Request[EnrollmentList] { return get[EnrollmentList](enrollmentsPath) }

// CreateEnrollment makes a secret that devices exchange for credentials.
func CreateEnrollment(e EnrollmentRequest) Request[CreatedEnrollment] {
	return send[CreatedEnrollment](http.MethodPost, enrollmentsPath, e)
}

// RemoveEnrollment ends an enrolment.
func RemoveEnrollment(id string) Request[Nothing] { return remove(at(enrollmentsPath, id)) }

// Enroll exchanges an enrolment's secret for a credential of a device. It needs no token.
func Enroll(e Enrolling) Request[Enrolled] { return send[Enrolled](http.MethodPost, "/v1/enroll", e) }
