package api

import (
	"net/http"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/reports"
)

var (
	admitsDevice = edge.Description{
		Summary: "Lets a device that is known and has no credential be enrolled, once, within a week",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "it may be enrolled")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	acceptsClaims = edge.Description{
		Summary: "Makes what a device claims its identity",
		Takes:   []edge.Payload{edge.JSONOf[control.Claims](0, "the claims, as the device shows them")},
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "they count, and the organization's rules apply to them")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	removesCredential = edge.Description{
		Summary: "Takes a device's credential away, until it is enrolled again",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "it is taken away")},
		Fails:   []int{http.StatusNotFound},
	}
)

// admitDevice is PUT /v1/devices/{id}/admission: the device may be enrolled once,
// within a week.
func (d *devices) admitDevice(w *edge.Response, r *edge.Request) error {
	if err := d.visible(r); err != nil {
		return err
	}
	if err := d.enrollments.Admit(r.Context(), r.Caller.Organization, r.PathValue("id"), d.clock()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// acceptClaims is PUT /v1/devices/{id}/claims: what the device claims becomes its
// identity. The body is the claims as the manager saw them.
func (d *devices) acceptClaims(w *edge.Response, r *edge.Request) error {
	var seen control.Claims
	if err := edge.ReadObject(w, r, &seen); err != nil {
		return err
	}
	if err := d.store.AcceptClaims(r.Context(), r.Caller.Organization, r.PathValue("id"), reports.Claims(seen)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removeCredential is DELETE /v1/devices/{id}/credential: the device reports no
// more until it is enrolled again. What is known of it stays.
func (d *devices) removeCredential(w *edge.Response, r *edge.Request) error {
	if err := d.enrollments.RemoveCredential(r.Context(), r.Caller.Organization, r.PathValue("id"), d.clock()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
