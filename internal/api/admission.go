package api

import (
	"net/http"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/reports"
)

var (
	admitsDevice = edge.Description{
		Summary: "Allows a known device without a credential to enrol, once, within a week",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "the device may enrol")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	acceptsClaims = edge.Description{
		Summary: "Accepts the identity that a device claims",
		Takes:   []edge.Payload{edge.JSONOf[control.Claims](0, "the claims, as shown with the device")},
		Gives: []edge.Payload{edge.NoBody(http.StatusNoContent,
			"the claims are accepted, and the organization's rules apply to them")},
		Fails: []int{http.StatusNotFound, http.StatusConflict},
	}
	removesCredential = edge.Description{
		Summary: "Revokes a device's credential, until it enrols again",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "the credential is revoked")},
		Fails:   []int{http.StatusNotFound},
	}
)

// admitDevice is PUT /v1/devices/{id}/admission: the device may enrol once, within a week.
func (d *devices) admitDevice(w *edge.Response, r *edge.Request) error {
	if err := d.visible(r, r.PathValue("id")); err != nil {
		return err
	}
	if err := d.enrollments.Admit(r.Context(), r.Caller.Organization, r.PathValue("id"), d.clock()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// acceptClaims is PUT /v1/devices/{id}/claims: what the device claims becomes its identity. The
// body has the claims as the manager saw them.
func (d *devices) acceptClaims(w *edge.Response, r *edge.Request) error {
	var seen control.Claims
	if err := edge.ReadObject(w, r, &seen); err != nil {
		return err
	}
	if err := d.store.AcceptClaims(r.Context(), r.Caller.Organization, r.PathValue("id"),
		reports.Claims(seen)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removeCredential is DELETE /v1/devices/{id}/credential: the device cannot report until it enrols
// again. What is known about it stays.
func (d *devices) removeCredential(w *edge.Response, r *edge.Request) error {
	if err := d.enrollments.RemoveCredential(r.Context(), r.Caller.Organization,
		r.PathValue("id"), d.clock()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
