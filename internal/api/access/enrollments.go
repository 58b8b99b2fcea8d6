package access

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/enrollment"
	"github.com/muster-project/muster/internal/store/organization"
)

// The limits of an enrolment.
const (
	minEnrollment = time.Minute
	maxEnrollment = 365 * 24 * time.Hour
	maxEnrolled   = 1_000_000 // devices
)

func describeEnrollment(e *enrollment.Enrollment, now time.Time) control.Enrollment {
	return control.Enrollment{ID: e.ID, Name: e.Name, Group: e.NamedGroup, Adopt: e.Adopts, Trust: e.Trusts.TrustWords(),
		Count: e.MaxUses, Used: e.Uses,
		CreatedTime: e.Created, ExpiresTime: e.Expires, Active: !e.Over(now)}
}

var (
	createsEnrollment = edge.Description{
		Summary: "Makes a secret that devices exchange for their own credentials",
		Takes:   []edge.Payload{edge.JSONOf[control.EnrollmentRequest](0, "the enrolment")},
		Gives:   []edge.Payload{edge.JSONOf[control.CreatedEnrollment](http.StatusCreated, "the secret is shown only here")},
		Fails:   []int{http.StatusConflict},
	}
	listsEnrollments = edge.Description{
		Summary: "Enrolments, without their secrets",
		Gives:   []edge.Payload{edge.JSONOf[control.EnrollmentList](http.StatusOK, "newest first")},
	}
	removesEnrollment = edge.Description{
		Summary: "Ends an enrolment; devices keep their credentials",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "its secret no longer works")},
		Fails:   []int{http.StatusNotFound},
	}
)

// enrollments handles enrolments.
type enrollments struct {
	store         *enrollment.Store
	organizations *organization.Store
	clock         func() time.Time
}

// createEnrollment is POST /v1/enrollments. Only the reply shows the secret.
func (n *enrollments) createEnrollment(w *edge.Response, r *edge.Request) error {
	var asked control.EnrollmentRequest
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	secret, proof, err := auth.NewSecret(rand.Reader, n.clock(), time.Time{})
	if err != nil {
		return err
	}
	e := enrollment.Enrollment{ID: uuid.NewString(), Organization: r.Caller.Organization,
		Name: asked.Name, Hash: proof.Hash,
		NamedGroup: asked.Group, Adopts: asked.Adopt, Created: n.clock().UTC().Truncate(time.Millisecond)}
	if err := bound(&asked, &e); err != nil {
		return err
	}
	if err := auth.NewNaming(n.organizations, &r.Caller).Check(r.Context(), asked.Group); err != nil {
		return err
	}
	if err := n.store.Add(r.Context(), e); err != nil {
		if errors.Is(err, database.ErrTooMany) {
			return edge.Refuse(http.StatusConflict, "", "%v: remove some", err)
		}
		return err
	}
	w.Note(slog.String("enrollment", e.ID), slog.Int64("count", e.MaxUses), slog.Time("expires", e.Expires))
	return w.JSON(http.StatusCreated, control.CreatedEnrollment{Enrollment: describeEnrollment(&e, e.Created),
		TenantID: e.Organization, Secret: secret})
}

// bound sets the lifetime and the number of devices of an enrolment, within the limits.
func bound(a *control.EnrollmentRequest, e *enrollment.Enrollment) error {
	lifetime, count := int64(24*60*60), int64(1)
	if a.LifetimeSeconds != nil {
		lifetime = *a.LifetimeSeconds
	}
	if a.Count != nil {
		count = *a.Count
	}
	switch {
	case !isLabel(a.Name):
		return edge.Invalid("name: is %q, must be 1 to %d printable characters", edge.Clip(a.Name), maxLabel)
	case lifetime < int64(minEnrollment.Seconds()) || lifetime > int64(maxEnrollment.Seconds()):
		return edge.Invalid("lifetimeSeconds: is %d, must be %.0f to %.0f", lifetime,
			minEnrollment.Seconds(), maxEnrollment.Seconds())
	case count < 1 || count > maxEnrolled:
		return edge.Invalid("count: is %d, must be 1 to %d", count, maxEnrolled)
	}
	trusts, err := trust.ParseTrust(a.Trust)
	if err != nil {
		return edge.Invalid("trust: %v", err)
	}
	e.Trusts = trusts
	e.Expires, e.MaxUses = e.Created.Add(time.Duration(lifetime)*time.Second), count
	return nil
}

// listEnrollments is GET /v1/enrollments: the newest first, without those that ended more than a
// month ago.
func (n *enrollments) listEnrollments(w *edge.Response, r *edge.Request) error {
	all, err := n.store.All(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	reply := control.EnrollmentList{Enrollments: []control.Enrollment{}}
	for i := range all {
		reply.Enrollments = append(reply.Enrollments, describeEnrollment(&all[i], n.clock()))
	}
	return w.JSON(http.StatusOK, reply)
}

// removeEnrollment is DELETE /v1/enrollments/{id}: its secret stops working. Devices that used it
// keep their credentials.
func (n *enrollments) removeEnrollment(w *edge.Response, r *edge.Request) error {
	if err := n.store.Remove(r.Context(), r.Caller.Organization, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
