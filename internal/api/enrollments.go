package api

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
)

// The bounds of an enrolment.
const (
	minEnrollment = time.Minute
	maxEnrollment = 365 * 24 * time.Hour
	maxEnrolled   = 1_000_000 // devices
)

// enrollmentRequest is the body of POST /v1/enrollments.
type enrollmentRequest struct {
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

// enrollment is an enrolment as managers see it.
type enrollment struct {
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

func describeEnrollment(e *store.Enrollment, now time.Time) enrollment {
	return enrollment{ID: e.ID, Name: e.Name, Group: e.NamedGroup, Adopt: e.Adopts, Trust: e.Trusts.TrustWords(), Count: e.MaxUses, Used: e.Uses,
		CreatedTime: e.Created, ExpiresTime: e.Expires, Active: !e.Over(now)}
}

// createdEnrollment is a new enrolment, with what a device trades.
type createdEnrollment struct {
	enrollment
	TenantID string `json:"tenantId"`
	Secret   string `json:"secret"`
}

// enrollmentList is the reply to GET /v1/enrollments.
type enrollmentList struct {
	Enrollments []enrollment `json:"enrollments"`
}

var (
	createsEnrollment = description{
		summary: "Makes a secret that devices trade for credentials of their own",
		takes:   []payload{jsonOf[enrollmentRequest](0, "what it is good for")},
		gives:   []payload{jsonOf[createdEnrollment](http.StatusCreated, "the secret is shown this once")},
		fails:   []int{http.StatusConflict},
	}
	listsEnrollments = description{
		summary: "Enrolments, without their secrets",
		gives:   []payload{jsonOf[enrollmentList](http.StatusOK, "newest first")},
	}
	removesEnrollment = description{
		summary: "Ends an enrolment; devices keep the credentials that they have",
		gives:   []payload{nothing(http.StatusNoContent, "its secret is worth nothing any more")},
		fails:   []int{http.StatusNotFound},
	}
)

// enrollments let devices in.
type enrollments struct {
	store *store.Store
	clock func() time.Time
}

// createEnrollment is POST /v1/enrollments. The secret is in the reply, and
// nowhere else.
func (n *enrollments) createEnrollment(w *response, r *request) error {
	var asked enrollmentRequest
	if err := readObject(w, r, &asked); err != nil {
		return err
	}
	secret, proof, err := auth.NewSecret(rand.Reader, n.clock(), time.Time{})
	if err != nil {
		return err
	}
	e := store.Enrollment{ID: uuid.NewString(), Organization: r.caller.Organization, Name: asked.Name, Hash: proof.Hash,
		NamedGroup: asked.Group, Adopts: asked.Adopt, Created: n.clock().UTC().Truncate(time.Millisecond)}
	if err := asked.bound(&e); err != nil {
		return err
	}
	if err := (&naming{store: n.store, caller: &r.caller}).check(r.Context(), asked.Group); err != nil {
		return err
	}
	if err := n.store.AddEnrollment(r.Context(), e); err != nil {
		if errors.Is(err, store.ErrTooMany) {
			return refuse(http.StatusConflict, "", "%v: remove some", err)
		}
		return err
	}
	w.note(slog.String("enrollment", e.ID), slog.Int64("count", e.MaxUses), slog.Time("expires", e.Expires))
	return w.json(http.StatusCreated, createdEnrollment{describeEnrollment(&e, e.Created), e.Organization, secret})
}

// bound sets how long an enrolment lasts, and for how many devices, within the
// limits.
func (a *enrollmentRequest) bound(e *store.Enrollment) error {
	lifetime, count := int64(24*60*60), int64(1)
	if a.LifetimeSeconds != nil {
		lifetime = *a.LifetimeSeconds
	}
	if a.Count != nil {
		count = *a.Count
	}
	switch {
	case !isLabel(a.Name):
		return invalid("name: is %q, must be 1 to %d printable characters", clip(a.Name), maxLabel)
	case lifetime < int64(minEnrollment.Seconds()) || lifetime > int64(maxEnrollment.Seconds()):
		return invalid("lifetimeSeconds: is %d, must be %.0f to %.0f", lifetime, minEnrollment.Seconds(), maxEnrollment.Seconds())
	case count < 1 || count > maxEnrolled:
		return invalid("count: is %d, must be 1 to %d", count, maxEnrolled)
	}
	trusts, err := trust.ParseTrust(a.Trust)
	if err != nil {
		return invalid("trust: %v", err)
	}
	e.Trusts = trusts
	e.Expires, e.MaxUses = e.Created.Add(time.Duration(lifetime)*time.Second), count
	return nil
}

// listEnrollments is GET /v1/enrollments: the newest first, and those that ended
// within the last month.
func (n *enrollments) listEnrollments(w *response, r *request) error {
	all, err := n.store.Enrollments(r.Context(), r.caller.Organization)
	if err != nil {
		return err
	}
	reply := enrollmentList{[]enrollment{}}
	for i := range all {
		reply.Enrollments = append(reply.Enrollments, describeEnrollment(&all[i], n.clock()))
	}
	return w.json(http.StatusOK, reply)
}

// removeEnrollment is DELETE /v1/enrollments/{id}: nobody can trade its secret
// any more. Devices that did keep their credentials.
func (n *enrollments) removeEnrollment(w *response, r *request) error {
	if err := n.store.RemoveEnrollment(r.Context(), r.caller.Organization, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
